import { watchParent } from "commonhold/network/watch-parent.ts";

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
/** One Ctrl-C arrives several times where npm and launchers pass it on; only a later one means "now". */
const ECHO_MS = 1000;

/** The reason of an aborted signal. */
export class Interrupted extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super("interrupted");
    this.exitCode = exitCode;
  }
}

/**
 * A signal that the first Ctrl-C aborts, so that processes are stopped and files removed; a second one ends this process
 * at once, upon which those that it started end by themselves.
 */
export function abortOnInterrupt(): AbortSignal {
  const controller = new AbortController();
  let firstAtMs: number | undefined;
  const interrupt = (exitCode: number): void => {
    if (firstAtMs !== undefined && performance.now() - firstAtMs > ECHO_MS) process.exit(exitCode);
    firstAtMs ??= performance.now();
    controller.abort(new Interrupted(exitCode));
  };
  for (const [name, exitCode] of Object.entries(EXIT_CODES)) process.on(name, () => interrupt(exitCode));
  // Asked to end, npm ends the shell that it ran us in and tells us nothing.
  if (process.env["npm_lifecycle_event"] !== undefined) watchParent(() => interrupt(EXIT_CODES.SIGTERM));
  return controller.signal;
}
