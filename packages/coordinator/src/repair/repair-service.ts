import type { NodeStatus } from "@commonhold/core/failure/node-status.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import type { ChunkRecord } from "@commonhold/core/repair/chunk-record.ts";
import { type ChunkHealth, judgeChunk } from "@commonhold/core/repair/judge-chunk.ts";
import type { JobThrottle } from "../jobs/job.ts";
import type { UnrepairableReason } from "./plan-copy.ts";
import { type Brake, brakeOf, isHeldBack } from "./repair-brake.ts";
import type { RepairCensus } from "./repair-census.ts";
import type { RepairDeps, SweepFindings } from "./repair-deps.ts";
import { RepairDispatcher } from "./repair-dispatcher.ts";
import { RepairFindings } from "./repair-findings.ts";
import { RepairLimits } from "./repair-limits.ts";
import { REPAIR_DEFAULTS, type RepairOptions } from "./repair-options.ts";
import { RepairQueue } from "./repair-queue.ts";
import { RepairRate } from "./repair-rate.ts";
import { countQueue, type RepairStatus } from "./repair-status.ts";
import { sweepChunks, walkChunks } from "./repair-sweep.ts";
import type { StatusChange } from "./repair-nodes.ts";
import { RepairWorker } from "./repair-worker.ts";
import { SurplusDrop } from "./surplus-drop.ts";
import { countByReason } from "./unrepairable-chunks.ts";

const UNREPAIRABLE_SHOWN = 100;
/** How long what was found of the brake is taken as still true. */
const BRAKE_MS = 1_000;

/**
 * Keeps every chunk at the copies that were promised: hears of nodes that come and go, sweeps through all chunks from
 * time to time, and has workers copy what is missing, the most endangered first, within limits.
 */
export class RepairService {
  readonly #deps: RepairDeps & SweepFindings;
  readonly #options: RepairOptions;
  readonly #queue: RepairQueue;
  readonly #limits: RepairLimits;
  readonly #worker: RepairWorker;
  readonly #surplus: SurplusDrop;
  readonly #findings: RepairFindings;
  readonly #dispatcher: RepairDispatcher;
  readonly #rate: RepairRate;
  readonly #ending = new AbortController();
  /** Nodes whose chunks are to be looked through, and the status for which. */
  readonly #toScan = new Map<NodeId, NodeStatus>();
  #scanning: Promise<void> | undefined;
  #sweeping: Promise<RepairCensus> | undefined;
  #flushing: Promise<void> | undefined;
  #braking: { readonly brake: Brake | undefined; readonly atMs: number } | undefined;
  #census: RepairCensus | undefined;
  #repairedCopies = 0;
  #repairedBytes = 0;
  readonly #listeners: (() => void)[] = [];

  constructor(deps: RepairDeps & SweepFindings, options: Partial<RepairOptions> = {}) {
    this.#deps = deps;
    this.#options = { ...REPAIR_DEFAULTS, ...options };
    this.#queue = new RepairQueue(deps.clock, this.#options);
    this.#limits = new RepairLimits(deps.clock, this.#options, (nodeId) => this.#queue.release(nodeId));
    this.#rate = new RepairRate(deps.clock);
    this.#surplus = new SurplusDrop({ ...deps, survey: () => deps.placement.survey() }, this.#options);
    this.#worker = new RepairWorker(
      {
        ...deps,
        limits: this.#limits,
        isHeldBack: (urgency) => isHeldBack(this.#brake(), urgency),
        onCopied: ({ bytes }) => {
          this.#repairedCopies += 1;
          this.#repairedBytes += bytes;
          this.#rate.add(bytes);
        },
      },
      this.#options,
    );
    this.#findings = new RepairFindings(
      {
        queue: this.#queue,
        surplus: this.#surplus,
        needContext: () => this.#worker.needContext(),
      },
      this.#options,
    );
    this.#dispatcher = new RepairDispatcher(
      {
        ...deps,
        queue: this.#queue,
        limits: this.#limits,
        worker: this.#worker,
        findings: this.#findings,
        isHeldBack: (urgency) => isHeldBack(this.#brake(), urgency),
        onEnded: () => this.#onTryEnded(),
      },
      this.#options,
    );
  }

  /** Called whenever the status may have changed: very often while much is repaired. */
  onChanged(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Begins to repair, and to hear of nodes. */
  start(): void {
    this.#deps.nodes.onStatusChanged((change) => this.#onStatusChanged(change));
    this.#dispatcher.start();
  }

  /** Gives up what is under way; nothing is left half. */
  async stop(): Promise<void> {
    this.#ending.abort(new Error("repair stops"));
    await this.#dispatcher.stop();
    await this.#scanning;
    await this.#flushing;
    await this.#sweeping?.catch(() => undefined);
  }

  /** Looks through all chunks: what lacks copies is queued, what is too many is dropped. One at a time; a second call joins. */
  sweep(signal: AbortSignal, onProgress?: (seen: number) => void): Promise<RepairCensus> {
    this.#sweeping ??= this.#sweep(AbortSignal.any([signal, this.#ending.signal]), onProgress).finally(() => {
      this.#sweeping = undefined;
    });
    return this.#sweeping;
  }

  /** These chunks are not as they should be, as somebody found: they are judged anew, now. */
  async check(names: readonly ChunkName[]): Promise<void> {
    const { catalog, nodes } = this.#deps;
    for (let start = 0; start < names.length; start += this.#options.batch) {
      const found = await catalog.getMany(names.slice(start, start + this.#options.batch));
      for (const chunk of found.values())
        this.#visit(
          chunk,
          judgeChunk(chunk, (id) => nodes.standingOf(id)),
        );
    }
  }

  /** A node refused a copy that was meant for it: another shall have it. */
  async noteRefusal(nodeId: NodeId, names: readonly ChunkName[]): Promise<void> {
    this.#worker.noteRefusal(nodeId);
    await this.check(names);
  }

  configure(settings: { readonly isPaused: boolean; readonly throttle: JobThrottle | undefined }): void {
    this.#limits.setThrottle(settings.throttle ?? {});
    this.#dispatcher.setPaused(settings.isPaused);
    this.#changed();
  }

  /** Whether nothing is being copied, looked through, or due to be. */
  get isIdle(): boolean {
    const isLooking = this.#scanning !== undefined || this.#sweeping !== undefined;
    return this.#dispatcher.isIdle && !isLooking && this.#flushing === undefined;
  }

  /** Why a chunk on a draining node is not copied now; undefined where it may be, or was not tried yet. */
  whyNotCopied(name: ChunkName): UnrepairableReason | "repair_paused" | "repair_held_back" | undefined {
    if (this.#dispatcher.isPaused) return "repair_paused";
    if (isHeldBack(this.#brake(), "relocating")) return "repair_held_back";
    return this.#findings.unrepairable.get(name)?.reason;
  }

  status(): RepairStatus {
    const queue = countQueue(this.#queue);
    const underWay = this.#worker.underWay();
    const unrepairable = this.#findings.unrepairable.values();
    const bytesPerSecond = this.#rate.bytesPerSecond();
    const bytesLeft = queue.bytes + underWay.reduce((sum, { bytes }) => sum + bytes, 0);
    return {
      isPaused: this.#dispatcher.isPaused,
      isRunning: !this.#dispatcher.isIdle,
      brake: this.#brake(),
      census: this.#census,
      queue,
      underWay,
      repairedCopies: this.#repairedCopies,
      repairedBytes: this.#repairedBytes,
      bytesPerSecond,
      bytesLeft,
      secondsLeft: bytesPerSecond > 0 ? bytesLeft / bytesPerSecond : undefined,
      unrepairable: countByReason(unrepairable),
      unrepairableFirst: unrepairable.slice(0, UNREPAIRABLE_SHOWN),
    };
  }

  async #sweep(signal: AbortSignal, onProgress?: (seen: number) => void): Promise<RepairCensus> {
    const { catalog, onUnreferenced } = this.#deps;
    let unreferenced: ChunkName[] = [];
    this.#findings.beginSweep();
    const census = await sweepChunks(
      this.#deps,
      {
        read: (page) => catalog.page(page),
        visit: (chunk, health) => {
          if (!chunk.isReferenced) unreferenced.push(chunk.name);
          this.#visit(chunk, health);
        },
        onPage: async (seen) => {
          onProgress?.(seen);
          await this.#surplus.flush(signal);
          const names = unreferenced;
          unreferenced = [];
          if (names.length > 0) await onUnreferenced?.(names, signal);
        },
      },
      { ...this.#options, signal },
    );
    this.#findings.endSweep();
    this.#census = census;
    this.#changed();
    return census;
  }

  #visit(chunk: ChunkRecord, health: ChunkHealth): void {
    if (this.#dispatcher.isWorkingOn(chunk.name)) return;
    this.#findings.visit(chunk, health);
    this.#dispatcher.wake();
    if (health.urgency !== "whole") this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  #onStatusChanged({ nodeId, from, to }: StatusChange): void {
    // How it stands at the start is seen by the first sweep.
    if (from === undefined) return;
    this.#braking = undefined;
    if (to === "active") this.#queue.releaseAll();
    this.#toScan.set(nodeId, to);
    this.#scanning ??= this.#scanAll().finally(() => {
      this.#scanning = undefined;
    });
    this.#dispatcher.wake();
    this.#changed();
  }

  /** A sweep later finds what a scan that fails has missed. */
  async #scanAll(): Promise<void> {
    for (const [nodeId, status] of this.#toScan) {
      this.#toScan.delete(nodeId);
      try {
        await this.#scan(nodeId, status);
      } catch (error) {
        if (this.#ending.signal.aborted) return;
        this.#deps.logger.error({ err: error, node: nodeId }, "the chunks of a node could not be looked through");
      }
    }
  }

  async #scan(nodeId: NodeId, status: NodeStatus): Promise<void> {
    const { signal } = this.#ending;
    await walkChunks(
      this.#deps,
      {
        read: (page) => this.#deps.catalog.pageOfNode(nodeId, page),
        visit: (chunk, health) => {
          // A suspect may be back in a moment.
          if (status !== "suspect" || health.urgency === "critical") this.#visit(chunk, health);
        },
        onPage: async () => void (await this.#surplus.flush(signal)),
      },
      { ...this.#options, signal },
    );
  }

  /** What found no room in the queue is looked for as soon as there is room. */
  #sweepAfterOverflow(): void {
    if (this.#queue.size * 2 > this.#options.queuedMax || !this.#queue.takeOverflow()) return;
    this.sweep(this.#ending.signal).catch((error: unknown) => {
      if (!this.#ending.signal.aborted) this.#deps.logger.error({ err: error }, "a sweep failed");
    });
  }

  #onTryEnded(): void {
    this.#changed();
    this.#sweepAfterOverflow();
    const isDue =
      this.#surplus.waiting >= this.#options.batch || (this.#surplus.waiting > 0 && this.#dispatcher.isIdle);
    if (!isDue || this.#flushing !== undefined) return;
    this.#flushing = this.#flush().finally(() => {
      this.#flushing = undefined;
    });
  }

  async #flush(): Promise<void> {
    try {
      await this.#surplus.flush(this.#ending.signal);
    } catch (error) {
      if (!this.#ending.signal.aborted) this.#deps.logger.error({ err: error }, "copies too many could not be dropped");
    }
  }

  #brake(): Brake | undefined {
    const nowMs = this.#deps.clock.monotonicMs();
    if (this.#braking === undefined || nowMs - this.#braking.atMs >= BRAKE_MS) {
      const brake = brakeOf(this.#deps.nodes.attendance(), this.#options.brakeWindowMs);
      this.#braking = { brake, atMs: nowMs };
    }
    return this.#braking.brake;
  }
}
