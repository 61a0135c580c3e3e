import type { Clock } from "@commonhold/core/clock.ts";
import type { Logger } from "./logger.ts";
import { systemClock } from "./system-clock.ts";

export type Closer = () => Promise<void> | void;

export interface ShutdownOptions {
  readonly logger: Logger;
  /** The time that each closer gets, unless it is added with its own. */
  readonly graceMs: number;
  /** Ends the process; `process.exit` by default. */
  readonly exit?: (code: number) => void;
  readonly clock?: Clock;
}

export interface Shutdown {
  /** Aborted when stopping begins, so that long calls end. */
  readonly signal: AbortSignal;
  /** Something to close on the way out. Closers run one after another, the last added first; late ones at once. */
  add(name: string, close: Closer, options?: { readonly graceMs?: number }): void;
  /** Stops on SIGINT, SIGTERM and SIGHUP, and then ends the process: with 0 after a clean stop, 1 otherwise. */
  installSignals(): void;
  /** Runs all closers once; further calls get the same promise. True where every one succeeded in its time. */
  stop(reason: string): Promise<boolean>;
}

const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
type StopSignal = keyof typeof SIGNALS;

/** One Ctrl-C arrives several times where npm and launchers pass it on; only a later one means "now". */
const ECHO_MS = 1000;

interface Step {
  readonly name: string;
  readonly close: Closer;
  readonly graceMs: number;
}

/** What a role does on its way out. A closer that fails or takes too long is logged, and the next one runs. */
export function createShutdown(options: ShutdownOptions): Shutdown {
  const { logger, exit = (code: number) => process.exit(code), clock = systemClock } = options;
  const steps: Step[] = [];
  const stopping = new AbortController();
  let stopped: Promise<boolean> | undefined;
  let done = false;

  async function runSteps(reason: string): Promise<boolean> {
    logger.info({ reason }, "Stopping");
    stopping.abort();
    let clean = true;
    // What a start still under way adds meanwhile is closed too.
    for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
      clean = (await runStep(step, logger)) && clean;
    }
    done = true;
    logger.info({ clean }, "Stopped");
    return clean;
  }

  function stop(reason: string): Promise<boolean> {
    // Begins a tick later, so that what listens to `signal` may call stop() as well.
    stopped ??= Promise.resolve().then(() => runSteps(reason));
    return stopped;
  }

  function add(name: string, close: Closer, { graceMs = options.graceMs }: { readonly graceMs?: number } = {}): void {
    const step = { name, close, graceMs };
    if (done) void runStep(step, logger);
    else steps.push(step);
  }

  return {
    signal: stopping.signal,
    add,
    stop,
    installSignals: () => listenForSignals({ logger, clock, stop, exit }),
  };
}

interface SignalDeps {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly stop: (reason: string) => Promise<boolean>;
  readonly exit: (code: number) => void;
}

function listenForSignals({ logger, clock, stop, exit }: SignalDeps): void {
  let firstAtMs: number | undefined;
  function onSignal(signal: StopSignal): void {
    const nowMs = clock.monotonicMs();
    if (firstAtMs === undefined) {
      firstAtMs = nowMs;
      void stop(signal).then((clean) => exit(clean ? 0 : 1));
    } else if (nowMs - firstAtMs > ECHO_MS) {
      logger.warn({ signal }, "Second signal: ending at once");
      exit(128 + SIGNALS[signal]);
    }
  }
  for (const signal of Object.keys(SIGNALS) as StopSignal[]) process.on(signal, onSignal);
}

async function runStep(step: Step, logger: Logger): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<"time up">((resolve) => {
    timer = setTimeout(resolve, step.graceMs, "time up");
  });
  try {
    const outcome = await Promise.race([Promise.resolve(step.close()), timeUp]);
    if (outcome !== "time up") return true;
    logger.error({ closer: step.name, graceMs: step.graceMs }, "Gave up waiting for a closer");
  } catch (error) {
    logger.error({ closer: step.name, err: error }, "A closer failed");
  } finally {
    clearTimeout(timer);
  }
  return false;
}
