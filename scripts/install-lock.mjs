// Plain JavaScript that Node.js 20 runs: it lets one start at a time install.
import { createHash, randomUUID } from "node:crypto";
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 200;
/** No installation takes this long; a lock older than this was left behind. */
const LOCK_AGE_MS_MAX = 15 * 60_000;

/**
 * Runs `work` while no other process runs one for the same folder. A lock left by a process that has died is taken
 * over. The lock stands outside of the folder, since installing replaces much of that.
 */
export async function withInstallLock(folder, work) {
  const path = join(
    tmpdir(),
    `commonhold-install-${createHash("sha256").update(folder).digest("hex").slice(0, 16)}.lock`,
  );
  const release = () => rmSync(path, { force: true });
  await takeLock(path);
  process.once("exit", release);
  try {
    return await work();
  } finally {
    process.removeListener("exit", release);
    release();
  }
}

async function takeLock(path) {
  let told = false;
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: "wx" });
      return;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    if (isLeftBehind(path)) {
      removeIfLeftBehind(path);
      continue;
    }
    if (!told) process.stderr.write("Waiting for another start that is installing…\n");
    told = true;
    await sleep(POLL_MS);
  }
}

/** Moves the lock aside before looking at it again, so that of several who find it dead each removes only dead ones. */
function removeIfLeftBehind(path) {
  const aside = `${path}.${randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (error.code === "ENOENT") return;
    throw error;
  }
  if (isLeftBehind(aside)) rmSync(aside, { force: true });
  else renameSync(aside, path);
}

function isLeftBehind(path) {
  try {
    if (statSync(path).mtimeMs < Date.now() - LOCK_AGE_MS_MAX) return true;
    const pid = Number(readFileSync(path, "utf8"));
    // A lock just being made is still empty.
    return pid > 0 && !isAlive(pid);
  } catch (error) {
    if (error.code === "ENOENT") return false;
    throw error;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
