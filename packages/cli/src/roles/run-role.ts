import { AppError } from "@commonhold/core/app-error.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import { createShutdown } from "@commonhold/runtime/shutdown.ts";
import { keepFilesPrivate } from "./private-files.ts";
import type { RoleMessage } from "./role-message.ts";

/** The role itself knows how long each of its parts may take to stop; this is the limit of all of it. */
const STOP_MS_MAX = 100_000;
/** After a failed start: for what is still open to close by itself. */
const FAILED_MS_MAX = 1_000;
const EXIT_INTERNAL = 70;

export interface RunningRole {
  readonly logger: Logger;
  /** Where it is reached on this machine. */
  readonly url: string;
  /** True where it ended well. */
  stop(): Promise<boolean>;
}

/** Whether another process of Commonhold started this one, and says for it what there is to say. */
export function isSupervised(): boolean {
  return process.send !== undefined;
}

/**
 * Runs a role in this process until a signal comes, or the process that started it is gone: a channel to that one
 * closes however it ends.
 * @param start what it throws is told to the process that started this one, and thrown; this process ends then, with
 * the error's exit code, whatever a half-made role has left open
 */
export async function runRole(title: string, start: () => Promise<RunningRole>): Promise<never> {
  process.title = title;
  keepFilesPrivate();
  let whenAlone = (): void => process.exit(1);
  const onDisconnect = (): void => whenAlone();
  if (process.send !== undefined) {
    process.on("disconnect", onDisconnect);
    if (!process.connected) whenAlone();
  }
  const role = await start().catch(async (error: unknown) => {
    exitSoon(error);
    await tellParent({ kind: "failed", error: recordOf(error) });
    // The channel to the parent keeps this process alive for as long as somebody listens to it.
    process.off("disconnect", onDisconnect);
    throw error;
  });
  // The role logs its stopping itself.
  const logger = role.logger.child({}, { level: "warn" });
  const shutdown = createShutdown({ logger, graceMs: STOP_MS_MAX });
  shutdown.add(title, async () => {
    if (!(await role.stop())) throw new AppError("INTERNAL", `${title} did not stop cleanly`);
    await tellParent({ kind: "stopped" });
  });
  shutdown.installSignals();
  whenAlone = () => {
    void shutdown.stop("the process that started this one is gone").then((clean) => process.exit(clean ? 0 : 1));
  };
  await tellParent({ kind: "ready", url: role.url });
  return new Promise<never>(() => undefined);
}

/** Lets whoever reports the error set the exit code, and the process end by itself where it can. */
function exitSoon(error: unknown): void {
  setTimeout(() => {
    process.exit(process.exitCode ?? (error instanceof AppError ? error.exitCode : EXIT_INTERNAL));
  }, FAILED_MS_MAX).unref();
}

/** Resolves when the message is on its way; a parent that is gone is no reason to fail. */
function tellParent(message: RoleMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send(message, () => resolve());
  });
}

function recordOf(error: unknown) {
  if (error instanceof AppError) return error.toRecord();
  return { code: "INTERNAL", message: error instanceof Error ? error.message : String(error) } as const;
}
