import type { Clock } from "@commonhold/core/clock.ts";
import type { Random } from "@commonhold/core/random.ts";
import type { Sleep } from "@commonhold/runtime/sleep.ts";
import type { Scrub } from "./scrub.ts";

const DAY_MS = 24 * 3600 * 1000;
/** Timers cannot wait for weeks, and the wall clock may be set meanwhile. */
const LOOK_MS = 3600 * 1000;
/** After a start, so that nodes that are started together do not all read their disks at once. */
const RESUME_MS_MAX = 60_000;
/** After a pass that failed. */
const RETRY_MS = LOOK_MS;
/** The part of the interval by which a pass may come sooner or later. */
const SPREAD = 0.1;

export interface ScrubScheduleDeps {
  readonly scrub: Pick<Scrub, "state" | "isInterrupted" | "resume" | "start" | "plan" | "finished">;
  readonly sleep: Sleep;
  readonly clock: Clock;
  readonly random: Random;
}

/** Has the disk reread again and again: goes on with a pass that a stop broke off, and begins one when it is due. */
export class ScrubSchedule {
  readonly #deps: ScrubScheduleDeps;
  readonly #intervalMs: number;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;

  /** @param options.intervalDays 0: a pass begins only when it is asked for */
  constructor(deps: ScrubScheduleDeps, options: { readonly intervalDays: number }) {
    this.#deps = deps;
    this.#intervalMs = options.intervalDays * DAY_MS;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { scrub, sleep, random } = this.#deps;
    const { signal } = this.#stopping;
    if (scrub.isInterrupted) {
      await sleep(Math.round(RESUME_MS_MAX * random.fraction()), signal);
      await this.#pass();
    }
    if (this.#intervalMs === 0) {
      if (scrub.state.nextAtMs !== undefined) await scrub.plan(undefined);
      return;
    }
    while (!signal.aborted) {
      await this.#ensurePlan();
      const waitMs = this.#dueInMs();
      if (waitMs > 0) await sleep(Math.min(waitMs, LOOK_MS), signal);
      else await this.#pass();
    }
  }

  /** A node that never scrubbed begins somewhere within an interval, as does one whose clock or settings changed. */
  async #ensurePlan(): Promise<void> {
    const { scrub, random } = this.#deps;
    const { nextAtMs } = scrub.state;
    const latestMs = this.#nowMs() + this.#intervalMs * (1 + SPREAD);
    if (nextAtMs !== undefined && nextAtMs <= latestMs) return;
    await this.#plan(this.#intervalMs * random.fraction());
  }

  async #pass(): Promise<void> {
    const { scrub, random } = this.#deps;
    if (this.#stopping.signal.aborted) return;
    scrub.resume();
    await scrub.finished();
    if (this.#intervalMs === 0 || this.#stopping.signal.aborted) return;
    const afterMs = this.#intervalMs * (1 - SPREAD + 2 * SPREAD * random.fraction());
    await this.#plan(scrub.isInterrupted ? Math.min(RETRY_MS, afterMs) : afterMs);
  }

  #plan(inMs: number): Promise<void> {
    return this.#deps.scrub.plan(Math.round(this.#nowMs() + inMs));
  }

  #dueInMs(): number {
    return (this.#deps.scrub.state.nextAtMs ?? 0) - this.#nowMs();
  }

  #nowMs(): number {
    return this.#deps.clock.nowMs();
  }
}
