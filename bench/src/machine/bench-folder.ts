import { cp, mkdir, mkdtemp, readdir, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const PREFIX = "commonhold-bench-";
/** Left free, so that the machine's other programs do not run out of it. */
const SPARE_BYTES = 2_000_000_000;

/** A folder for all that a run writes. */
export interface BenchFolder {
  readonly path: string;
  /** @throws Error where the disk has less room than that and a little more */
  requireRoom(bytes: number): Promise<void>;
  /** Keeps a copy of a folder of logs after the run. @returns where */
  keepLogs(logs: string): Promise<string>;
  remove(): Promise<void>;
}

/**
 * Makes the folder in `base`, by default the system's for temporary files, and removes those of earlier runs that were
 * killed before they could.
 */
export async function openBenchFolder(base: string = tmpdir()): Promise<BenchFolder> {
  const parent = resolve(base);
  await mkdir(parent, { recursive: true });
  for (const name of await readdir(parent)) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) await rm(join(parent, name), { recursive: true, force: true });
  }
  const path = await mkdtemp(join(parent, `${PREFIX}${process.pid}-`));
  return {
    path,
    requireRoom: async (bytes) => {
      const { bavail, bsize } = await statfs(path);
      if (bavail * bsize >= bytes + SPARE_BYTES) return;
      const gigabytes = (count: number) => (count / 1e9).toFixed(1);
      throw new Error(
        `${parent} has ${gigabytes(bavail * bsize)} GB free where ${gigabytes(bytes + SPARE_BYTES)} GB are needed: ` +
          "name a folder on another disk with --data, or run less",
      );
    },
    keepLogs: async (logs) => {
      const kept = await mkdtemp(join(parent, `${PREFIX}logs-`));
      await cp(logs, kept, { recursive: true });
      return kept;
    },
    remove: () => rm(path, { recursive: true, force: true }),
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
