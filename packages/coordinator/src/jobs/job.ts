import type { Clock } from "@commonhold/core/clock.ts";
import type { Sleep } from "@commonhold/runtime/sleep.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";

/** What moves slower than this in a second gets nowhere: a chunk alone would take minutes. */
export const THROTTLE_BYTES_PER_SECOND_MIN = 64 * 1024;

export type JobState = "idle" | "running" | "paused";

/** What an operator holds a job to; what is not given is as it was configured. */
export interface JobThrottle {
  readonly bytesPerSecond?: number;
  readonly concurrent?: number;
}

/** What an operator decided about a job; it outlives a restart. */
export interface JobSettings {
  readonly isPaused: boolean;
  readonly throttle: JobThrottle | undefined;
}

export interface JobProgress {
  readonly done: number;
  /** Where it is known. */
  readonly total?: number;
  /** What is counted: "chunks", "files". */
  readonly unit: string;
}

/** Times are in milliseconds since 1970. */
export interface JobRun {
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** Why it failed, where it did. */
  readonly failure: string | undefined;
}

export interface JobStatus {
  readonly name: string;
  readonly description: string;
  readonly state: JobState;
  readonly intervalMs: number;
  readonly lastRun: JobRun | undefined;
  readonly nextRunAtMs: number | undefined;
  /** Of the run under way. */
  readonly progress: JobProgress | undefined;
  /** undefined for a job that has nothing to throttle. */
  readonly throttle: JobThrottle | undefined;
}

/** Periodic work of the coordinator. */
export interface Job {
  readonly name: string;
  readonly canThrottle: boolean;
  status(): JobStatus;
  /** Runs once now (or joins the run under way and then runs once more); a paused one does not. A test steps a job with it. */
  runNow(): Promise<void>;
  /** Begins the periodic runs. */
  start(): void;
  /** Ends them: aborts the run under way and waits for it. */
  stop(): Promise<void>;
  settings(): JobSettings;
  /** A pause aborts the run under way. */
  configure(settings: JobSettings): void;
  /** Called whenever its status has changed. */
  onChanged(listener: () => void): void;
}

export interface JobContext {
  readonly signal: AbortSignal;
  readonly progress: (progress: JobProgress) => void;
}

export interface JobOptions {
  readonly name: string;
  /** A sentence for people. */
  readonly description: string;
  readonly intervalMs: number;
  readonly run: (context: JobContext) => Promise<void>;
  /** For a job that goes on between its runs, and one that can be throttled. */
  readonly onConfigured?: (settings: JobSettings) => void;
  readonly canThrottle?: boolean;
}

export interface JobDeps {
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly logger: Pick<Logger, "error">;
}

/** Never two runs at once; a failed run is logged and the next comes as planned. */
export function createJob(deps: JobDeps, options: JobOptions): Job {
  return new PeriodicJob(deps, options);
}

class PeriodicJob implements Job {
  readonly #deps: JobDeps;
  readonly #options: JobOptions;
  readonly #ending = new AbortController();
  readonly #listeners: (() => void)[] = [];
  #pause = new AbortController();
  #settings: JobSettings = { isPaused: false, throttle: undefined };
  #periodic: Promise<void> | undefined;
  #running: Promise<void> | undefined;
  #again: Promise<void> | undefined;
  #lastRun: JobRun | undefined;
  #nextRunAtMs: number | undefined;
  #progress: JobProgress | undefined;

  constructor(deps: JobDeps, options: JobOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  get canThrottle(): boolean {
    return this.#options.canThrottle ?? false;
  }

  status(): JobStatus {
    const { name, description, intervalMs } = this.#options;
    const { isPaused, throttle } = this.#settings;
    const state = this.#running === undefined ? "idle" : "running";
    return {
      name,
      description,
      state: isPaused ? "paused" : state,
      intervalMs,
      lastRun: this.#lastRun,
      nextRunAtMs: isPaused ? undefined : this.#nextRunAtMs,
      progress: this.#progress,
      throttle: this.canThrottle ? (throttle ?? {}) : undefined,
    };
  }

  runNow(): Promise<void> {
    if (this.#ending.signal.aborted || this.#settings.isPaused) return Promise.resolve();
    if (this.#running !== undefined) {
      this.#again ??= this.#running.then(() => {
        this.#again = undefined;
        return this.runNow();
      });
      return this.#again;
    }
    this.#running = this.#once().finally(() => {
      this.#running = undefined;
      this.#progress = undefined;
      this.#changed();
    });
    this.#changed();
    return this.#running;
  }

  start(): void {
    this.#periodic ??= this.#repeat();
  }

  async stop(): Promise<void> {
    this.#ending.abort(new Error(`${this.name} stops`));
    await this.#running;
    await this.#again;
    await this.#periodic;
  }

  settings(): JobSettings {
    return this.#settings;
  }

  configure(settings: JobSettings): void {
    this.#settings = settings;
    if (settings.isPaused) this.#pause.abort(new Error(`${this.name} is paused`));
    else if (this.#pause.signal.aborted) this.#pause = new AbortController();
    this.#options.onConfigured?.(settings);
    this.#changed();
  }

  onChanged(listener: () => void): void {
    this.#listeners.push(listener);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  async #repeat(): Promise<void> {
    const { clock, sleep } = this.#deps;
    const { signal } = this.#ending;
    while (!signal.aborted) {
      this.#nextRunAtMs = clock.nowMs() + this.#options.intervalMs;
      await sleep(this.#options.intervalMs, signal);
      if (!signal.aborted) await this.runNow();
    }
  }

  async #once(): Promise<void> {
    const { clock, logger } = this.#deps;
    const startedAtMs = clock.nowMs();
    const signal = AbortSignal.any([this.#ending.signal, this.#pause.signal]);
    let failure: string | undefined;
    try {
      await this.#options.run({
        signal,
        progress: (progress) => {
          this.#progress = progress;
          this.#changed();
        },
      });
    } catch (error) {
      if (signal.aborted) return;
      failure = error instanceof Error ? error.message : String(error);
      logger.error({ err: error, job: this.name }, "periodic work failed");
    }
    this.#lastRun = { startedAtMs, endedAtMs: clock.nowMs(), failure };
  }
}
