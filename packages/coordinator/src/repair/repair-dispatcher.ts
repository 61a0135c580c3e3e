import type { Clock } from "@commonhold/core/clock.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import type { Random } from "@commonhold/core/random.ts";
import { type ChunkUrgency, judgeChunk } from "@commonhold/core/repair/judge-chunk.ts";
import type { Sleep } from "@commonhold/runtime/sleep.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import type { RepairFindings } from "./repair-findings.ts";
import type { RepairLimits } from "./repair-limits.ts";
import type { RepairNodes } from "./repair-nodes.ts";
import type { RepairOptions } from "./repair-options.ts";
import type { QueuedRepair, RepairQueue } from "./repair-queue.ts";
import type { RepairOutcome, RepairWorker } from "./repair-worker.ts";

const SLEEP_MS_MAX = 60_000;
/** Made once: an abort without a reason makes an error of its own each time, which costs more than all the rest. */
const WOKEN = "woken";
/** Part of a delay that chance decides, so that what failed together does not come again together. */
const JITTER = 0.5;
const DELAY_EXPONENT_MAX = 20;

export interface RepairDispatcherDeps {
  readonly queue: RepairQueue;
  readonly limits: RepairLimits;
  readonly worker: RepairWorker;
  readonly findings: RepairFindings;
  readonly nodes: Pick<RepairNodes, "standingOf">;
  /** Whether chunks of this urgency are to wait. */
  readonly isHeldBack: (urgency: ChunkUrgency) => boolean;
  /** A try has ended. */
  readonly onEnded: () => void;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly random: Random;
  readonly logger: Pick<Logger, "warn">;
}

/** Has the worker try chunk after chunk, as many at once as may be, and decides what becomes of each. */
export class RepairDispatcher {
  readonly #deps: RepairDispatcherDeps;
  readonly #options: Pick<RepairOptions, "retryMs" | "retryMsMax">;
  readonly #ending = new AbortController();
  readonly #working = new Map<ChunkName, Promise<void>>();
  #nap = new AbortController();
  #running: Promise<void> | undefined;
  #isPaused = false;

  constructor(deps: RepairDispatcherDeps, options: Pick<RepairOptions, "retryMs" | "retryMsMax">) {
    this.#deps = deps;
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#ending.abort(new Error("repair stops"));
    this.#nap.abort(WOKEN);
    await this.#running;
    await Promise.all(this.#working.values());
  }

  /** Something has changed: the queue is worth a look. */
  wake(): void {
    this.#nap.abort(WOKEN);
  }

  setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.wake();
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  isWorkingOn(name: ChunkName): boolean {
    return this.#working.has(name);
  }

  /** Whether nothing is being copied, and nothing could be begun now or in a moment. */
  get isIdle(): boolean {
    return this.#working.size === 0 && this.#deps.queue.asideCount === 0 && !this.#hasWork();
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      // Anew before the queue is read: what is added while it is read wakes the nap that follows.
      this.#nap = new AbortController();
      while (this.#mayBegin()) this.#begin(this.#deps.queue.take()!);
      if (!signal.aborted) await this.#deps.sleep(this.#napMs(), this.#nap.signal);
    }
  }

  /** What ends wakes it besides; while all hands are full, nothing else can help. */
  #napMs(): number {
    const { queue, limits } = this.#deps;
    if (this.#isFull()) return SLEEP_MS_MAX;
    return Math.max(1, limits.waitMs() || Math.min(SLEEP_MS_MAX, queue.nextDueMs() ?? SLEEP_MS_MAX));
  }

  #isFull(): boolean {
    return this.#working.size >= this.#deps.limits.concurrent;
  }

  #mayBegin(): boolean {
    return !this.#isFull() && this.#deps.limits.waitMs() === 0 && this.#hasWork();
  }

  #hasWork(): boolean {
    const { queue, isHeldBack } = this.#deps;
    if (this.#isPaused || this.#ending.signal.aborted || this.#running === undefined) return false;
    const next = queue.peek();
    return next !== undefined && !isHeldBack(next.entry.urgency);
  }

  #begin(queued: QueuedRepair): void {
    const { name } = queued.entry;
    const task = this.#work(queued).finally(() => {
      this.#nap.abort(WOKEN);
      this.#deps.onEnded();
    });
    this.#working.set(name, task);
  }

  async #work(queued: QueuedRepair): Promise<void> {
    const { name } = queued.entry;
    const { signal } = this.#ending;
    try {
      const outcome = await this.#deps.worker.work(name, signal);
      this.#working.delete(name);
      this.#settle(queued, outcome);
    } catch (error) {
      this.#working.delete(name);
      if (!signal.aborted) this.#settle(queued, { kind: "failed", error });
    }
  }

  #settle(queued: QueuedRepair, outcome: RepairOutcome): void {
    const { queue, findings, nodes, logger } = this.#deps;
    switch (outcome.kind) {
      case "nothing_to_do":
      case "copied":
      case "held_back":
        if (outcome.chunk === undefined) findings.forget(queued.entry.name);
        else
          findings.visit(
            outcome.chunk,
            judgeChunk(outcome.chunk, (id) => nodes.standingOf(id)),
          );
        return;
      case "impossible":
        findings.noteUnrepairable(outcome.chunk, outcome.health, outcome.reason);
        this.#again(queued);
        return;
      case "busy":
        queue.putAside(queued, outcome.nodeId);
        return;
      case "wait":
        queue.putLater(queued, outcome.ms);
        return;
      case "failed":
        logger.warn({ err: outcome.error, chunk: queued.entry.name }, "a chunk could not be repaired yet");
        this.#again(queued);
    }
  }

  #again({ entry, failures }: QueuedRepair): void {
    const { queue, random } = this.#deps;
    const { retryMs, retryMsMax } = this.#options;
    const delayMs = Math.min(retryMsMax, retryMs * 2 ** Math.min(failures, DELAY_EXPONENT_MAX));
    queue.putLater({ entry, failures: failures + 1 }, delayMs * (1 - JITTER * random.fraction()));
  }
}
