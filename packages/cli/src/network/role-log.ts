import { mkdirSync, openSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";

const LOG_BYTES_MAX = 10 * 1024 * 1024;

/** Opens a log for appending; one that has grown large becomes `FILE.1`, and the one before it goes. */
export function openRoleLog(path: string, bytesMax: number = LOG_BYTES_MAX): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > bytesMax) renameSync(path, `${path}.1`);
  return openSync(path, "a", 0o600);
}
