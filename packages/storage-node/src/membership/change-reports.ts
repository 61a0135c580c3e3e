import type { Clock } from "@commonhold/core/clock.ts";
import type { Sleep } from "@commonhold/runtime/sleep.ts";
import type { HeartbeatLoop } from "./heartbeat-loop.ts";

/** How long changes gather before they are reported. */
const GATHER_MS = 1000;
/** From one report that changes brought about to the next. */
const REPORT_INTERVAL_MS = 5000;

export interface ChangeReportsDeps {
  readonly heartbeat: Pick<HeartbeatLoop, "beatNow" | "state">;
  readonly sleep: Sleep;
  readonly clock: Clock;
}

/**
 * Has what a node holds reported soon after it changed: 1 s after the first change, and at most every 5 s. While the
 * coordinator is away this brings about nothing: the heartbeat's own next try tells the change.
 */
export class ChangeReports {
  readonly #deps: ChangeReportsDeps;
  readonly #stopping = new AbortController();
  #changed = false;
  #running = false;
  #reportedAtMs: number | undefined;

  constructor(deps: ChangeReportsDeps) {
    this.#deps = deps;
  }

  noteChange(): void {
    this.#changed = true;
    if (!this.#running && !this.#stopping.signal.aborted) void this.#run();
  }

  /** Ends the pause under way; a report under way ends with the heartbeat. */
  stop(): void {
    this.#stopping.abort();
  }

  async #run(): Promise<void> {
    const { heartbeat, sleep, clock } = this.#deps;
    const { signal } = this.#stopping;
    this.#running = true;
    try {
      while (this.#changed) {
        await sleep(this.#pauseMs(), signal);
        if (signal.aborted) return;
        this.#changed = false;
        if (heartbeat.state.failures > 0) continue;
        this.#reportedAtMs = clock.monotonicMs();
        await heartbeat.beatNow();
      }
    } finally {
      this.#running = false;
    }
  }

  #pauseMs(): number {
    if (this.#reportedAtMs === undefined) return GATHER_MS;
    return Math.max(GATHER_MS, this.#reportedAtMs + REPORT_INTERVAL_MS - this.#deps.clock.monotonicMs());
  }
}
