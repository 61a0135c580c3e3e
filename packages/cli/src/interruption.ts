/** Ctrl-C and SIGTERM come twice where a launcher passes them on; only a later one means "now". */
const ECHO_MS = 1_000;
/** How long a command may take to put things in order. */
const GRACE_MS = 5_000;

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** The reason of an aborted signal: someone pressed Ctrl-C, or asked the process to end. */
export class Interrupted extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super("interrupted");
    this.name = "Interrupted";
    this.exitCode = exitCode;
  }
}

/** A signal that is aborted by the first Ctrl-C; a second one ends the process at once. */
export function abortOnInterrupt(): { readonly signal: AbortSignal; readonly dispose: () => void } {
  const controller = new AbortController();
  let firstAtMs: number | undefined;
  const listeners = Object.entries(EXIT_CODES).map(([name, exitCode]) => {
    const listener = () => {
      if (firstAtMs === undefined) {
        firstAtMs = performance.now();
        controller.abort(new Interrupted(exitCode));
        setTimeout(() => process.exit(exitCode), GRACE_MS).unref();
      } else if (performance.now() - firstAtMs > ECHO_MS) {
        process.exit(exitCode);
      }
    };
    process.on(name, listener);
    return () => process.off(name, listener);
  });
  return {
    signal: controller.signal,
    dispose: () => {
      for (const remove of listeners) remove();
    },
  };
}
