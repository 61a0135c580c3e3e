import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { Random } from "@commonhold/core/random.ts";
import type { Sleep } from "@commonhold/runtime/sleep.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import type { HeartbeatAnswer } from "./coordinator-api.ts";

/** Of many failures in a row, the first and then each of these is written to the log. */
const FAILURES_PER_LOG_LINE = 20;
/** So that nodes that started together do not report together for ever. */
const INTERVAL_JITTER = 0.05;

export interface HeartbeatLoopDeps {
  /** Makes one report and takes in the answer. */
  readonly beat: (signal: AbortSignal) => Promise<HeartbeatAnswer>;
  readonly sleep: Sleep;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export interface HeartbeatLoopOptions {
  /** Until the coordinator asks for another. */
  readonly intervalMs: number;
  readonly retryMsMin: number;
}

/** What is known from the latest reports. */
export interface HeartbeatState {
  readonly lastSuccessAtMs: number | undefined;
  readonly lastFailure: { readonly atMs: number; readonly error: AppError } | undefined;
  /** Failures since the last success. */
  readonly failures: number;
  readonly intervalMs: number;
  /** The latest answer: the node's status, its credits. */
  readonly answer: HeartbeatAnswer | undefined;
}

/** Reports to the coordinator for as long as the node runs, whatever happens to the coordinator. */
export class HeartbeatLoop {
  readonly #deps: HeartbeatLoopDeps;
  readonly #retryMsMin: number;
  readonly #stopping = new AbortController();
  #state: HeartbeatState;
  #running: Promise<void> | undefined;
  #pause = new AbortController();
  #requested: PromiseWithResolvers<void> | undefined;

  constructor(deps: HeartbeatLoopDeps, options: HeartbeatLoopOptions) {
    this.#deps = deps;
    this.#retryMsMin = options.retryMsMin;
    this.#state = {
      lastSuccessAtMs: undefined,
      lastFailure: undefined,
      failures: 0,
      intervalMs: options.intervalMs,
      answer: undefined,
    };
  }

  get state(): HeartbeatState {
    return this.#state;
  }

  /** Reports at once and then again and again. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves after a report that began after this call, or when the loop stops. Failures stand in `state`. */
  beatNow(): Promise<void> {
    if (this.#stopping.signal.aborted || this.#running === undefined) return Promise.resolve();
    this.#requested ??= Promise.withResolvers<void>();
    this.#pause.abort();
    return this.#requested.promise;
  }

  /** Gives up the report under way. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#pause.abort();
    await this.#running;
    this.#requested?.resolve();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const requested = this.#requested;
      this.#requested = undefined;
      await this.#beat(signal);
      requested?.resolve();
      this.#pause = new AbortController();
      if (this.#requested === undefined && !signal.aborted) {
        await this.#deps.sleep(this.#nextPauseMs(), this.#pause.signal);
      }
    }
  }

  async #beat(signal: AbortSignal): Promise<void> {
    try {
      const answer = await this.#deps.beat(signal);
      this.#onSuccess(answer);
    } catch (error) {
      if (!signal.aborted) this.#onFailure(error);
    }
  }

  #onSuccess(answer: HeartbeatAnswer): void {
    const { failures, answer: before } = this.#state;
    this.#state = {
      lastSuccessAtMs: this.#deps.clock.nowMs(),
      lastFailure: undefined,
      failures: 0,
      intervalMs: answer.heartbeat_interval_ms,
      answer,
    };
    if (failures > 0) this.#deps.logger.info({ failures }, "the coordinator answers again");
    if (answer.status !== before?.status) {
      this.#deps.logger.info({ status: answer.status }, "the coordinator's view of this node");
    }
  }

  #onFailure(failure: unknown): void {
    const error =
      failure instanceof AppError
        ? failure
        : new AppError("INTERNAL", "The report to the coordinator failed unexpectedly", { cause: failure });
    const before = this.#state.lastFailure?.error.code;
    this.#state = {
      ...this.#state,
      failures: this.#state.failures + 1,
      lastFailure: { atMs: this.#deps.clock.nowMs(), error },
    };
    if (before === error.code && this.#state.failures % FAILURES_PER_LOG_LINE !== 0) return;
    const fields = { err: error, failures: this.#state.failures };
    if (error.status === 401) {
      this.#deps.logger.error(
        fields,
        "the coordinator refuses this node's API key; if it stays so, register the node again with a new join token " +
          "(node init --rejoin); the node goes on trying",
      );
    } else if (error.status === 403) {
      this.#deps.logger.error(fields, "node and coordinator do not accept each other; the node goes on trying");
    } else {
      this.#deps.logger.warn(fields, "the coordinator was not told; the node goes on trying and serves meanwhile");
    }
  }

  /** The interval with a little jitter; after failures a pause that doubles up to the interval, with half as jitter. */
  #nextPauseMs(): number {
    const { failures, intervalMs } = this.#state;
    const chance = this.#deps.random.fraction();
    if (failures === 0) return Math.round(intervalMs * (1 - INTERVAL_JITTER + 2 * INTERVAL_JITTER * chance));
    const backoffMs = Math.min(intervalMs, this.#retryMsMin * 2 ** Math.min(failures - 1, 30));
    return Math.round(backoffMs * (0.5 + 0.5 * chance));
  }
}
