import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Root may, also the root of a user namespace. */
export const MAY_MOUNT = process.platform === "linux" && process.getuid?.() === 0;

/**
 * Skips the test, with the reason and what to do about it, where this user may not mount disks. Root always may: a
 * mount that fails for root fails the test.
 */
export function requireMounting(skip: (reason: string) => never): void {
  if (MAY_MOUNT) return;
  const reason =
    "NOT TESTED: full and read-only disks need a Linux user that may mount them. Run as root, or in a namespace: " +
    "unshare -rm npm test -- e2e/full-disk.test.ts e2e/unusable-folder.test.ts";
  process.stderr.write(`${reason}\n`);
  skip(reason);
}

/** A real file system of a small size, in memory, that a test can fill and empty again. */
export class SmallDisk {
  readonly folder: string;

  /** @param inodesMax files and folders that it can hold */
  constructor(folder: string, sizeBytes: number, inodesMax = 10_000) {
    mkdirSync(folder, { recursive: true });
    const options = `size=${sizeBytes},nr_inodes=${inodesMax},mode=0700`;
    execFileSync("mount", ["-t", "tmpfs", "-o", options, "commonhold-test", folder]);
    this.folder = folder;
  }

  #ballast(): string {
    return join(this.folder, "ballast");
  }

  /** Takes all the room there is. */
  fill(): void {
    for (const bytes of [1_000_000, 4096]) this.#fillBy(bytes);
  }

  /** Makes so many files that there can be no other. */
  fillInodes(): void {
    mkdirSync(this.#many());
    for (let number = 0; statfsSync(this.folder).ffree > 0; number++)
      writeFileSync(join(this.#many(), `${number}`), "");
  }

  /** Makes room again. */
  empty(): void {
    rmSync(this.#ballast(), { force: true });
    rmSync(this.#many(), { recursive: true, force: true });
  }

  /** Fails while a process has one of its files open for writing. */
  remount(mode: "ro" | "rw"): void {
    execFileSync("mount", ["-o", `remount,${mode}`, this.folder]);
  }

  /** Must be called whatever happens, or the mount outlives the test. */
  unmount(): void {
    // Lazily: a process that died a moment ago may still be giving its files back.
    if (existsSync(this.folder)) execFileSync("umount", ["-l", this.folder]);
  }

  #many(): string {
    return join(this.folder, "many");
  }

  #fillBy(bytes: number): void {
    try {
      for (;;) writeFileSync(this.#ballast(), Buffer.alloc(bytes), { flag: "a" });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    }
  }
}
