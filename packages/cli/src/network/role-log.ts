import { copyFileSync, mkdirSync, openSync, renameSync, rmSync, statSync, truncateSync } from "node:fs";
import { dirname } from "node:path";

export interface RoleLogLimits {
  readonly bytesMax: number;
  /** How often its size is looked at. */
  readonly checkMs: number;
}

/** Whoever reaches a coordinator can make it log: a busy one grows by some 10 MB a second, which these bound. */
export const ROLE_LOG_LIMITS: RoleLogLimits = { bytesMax: 10 * 1024 * 1024, checkMs: 2_000 };

/** Opens a log for appending; one that has grown large becomes `FILE.1`, and the one before it goes. */
export function openRoleLog(path: string, bytesMax: number = ROLE_LOG_LIMITS.bytesMax): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (sizeOf(path) > bytesMax) renameSync(path, `${path}.1`);
  return openSync(path, "a", 0o600);
}

/**
 * Keeps the log of a running role within its limit: what it holds is copied to `FILE.1` and the file emptied, as
 * its writer has it open and appends. Lines that are written in between are lost.
 */
export function limitRoleLog(path: string, limits: RoleLogLimits = ROLE_LOG_LIMITS): { readonly stop: () => void } {
  const timer = setInterval(() => {
    try {
      if (sizeOf(path) <= limits.bytesMax) return;
      keepCopy(path);
      truncateSync(path);
    } catch {
      // The file was taken away: the role's next start makes a new one.
    }
  }, limits.checkMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

function keepCopy(path: string): void {
  try {
    copyFileSync(path, `${path}.1`);
  } catch {
    // There is no room for it: all the more reason to empty the file.
    rmSync(`${path}.1`, { force: true });
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
