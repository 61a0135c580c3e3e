import type { Logger } from "@commonhold/runtime/logger.ts";

export interface Loop {
  /** Runs once now (or joins the run under way and then runs once more). A test steps a loop with it. */
  runNow(): Promise<void>;
  /** Begins the periodic runs. */
  start(): void;
  /** Ends them: aborts the run under way and waits for it. */
  stop(): Promise<void>;
}

export interface LoopOptions {
  readonly name: string;
  readonly intervalMs: number;
  readonly run: (signal: AbortSignal) => Promise<void>;
}

/** Periodic work: never two runs at once; a failed run is logged and the next comes as planned. */
export function createLoop(deps: { readonly logger: Logger }, options: LoopOptions): Loop {
  const ending = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let again: Promise<void> | undefined;

  const once = async (): Promise<void> => {
    try {
      await options.run(ending.signal);
    } catch (error) {
      if (!ending.signal.aborted) deps.logger.error({ err: error, loop: options.name }, "periodic work failed");
    }
  };

  const runNow = (): Promise<void> => {
    if (ending.signal.aborted) return Promise.resolve();
    if (running !== undefined) {
      again ??= running.then(() => {
        again = undefined;
        return runNow();
      });
      return again;
    }
    running = once().finally(() => {
      running = undefined;
    });
    return running;
  };

  const plan = (): void => {
    timer = setTimeout(() => {
      void runNow().then(() => {
        if (!ending.signal.aborted) plan();
      });
    }, options.intervalMs);
  };

  return {
    runNow,
    start: plan,
    stop: async () => {
      ending.abort(new Error(`${options.name} stops`));
      clearTimeout(timer);
      await running;
      await again;
    },
  };
}
