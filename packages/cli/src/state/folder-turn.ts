import { setTimeout as wait } from "node:timers/promises";
import { hasCode } from "@commonhold/core/app-error.ts";
import { type DataFolder, openDataFolder } from "@commonhold/runtime/data-folder.ts";

const WAIT_MS_MAX = 20_000;
const POLL_MS = 50;

/**
 * Runs `action` while this process alone has the folder, waiting for others to leave it.
 * @throws AppError ALREADY_RUNNING when another process keeps it for too long
 */
export async function inTurn<T>(folder: string, action: () => Promise<T>): Promise<T> {
  const held = await openWhenFree(folder);
  try {
    return await action();
  } finally {
    await held.release();
  }
}

async function openWhenFree(folder: string): Promise<DataFolder> {
  for (let waitedMs = 0; ; waitedMs += POLL_MS) {
    try {
      return await openDataFolder(folder);
    } catch (error) {
      if (!hasCode(error, "ALREADY_RUNNING") || waitedMs >= WAIT_MS_MAX) throw error;
      await wait(POLL_MS);
    }
  }
}
