import { stat } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "@commonhold/core/app-error.ts";
import { listWebFiles, type WebFile } from "./web-files.ts";

/** The entry that every build has. */
export const PAGE = "index.html";

/** The built web app as it is now: another build may be put in its place at any time. */
export interface WebFolder {
  /** Addresses below the root, as it was last looked at. */
  names(): readonly string[];
  /** The file at such an address, as it was last looked at. */
  find(name: string): WebFile | undefined;
  /** Looks whether there is another build; requests that come meanwhile wait for the same look. */
  lookAgain(): Promise<void>;
}

/**
 * What changes with a build: a folder that is put in the place of another has an inode of its own, one whose entries
 * change a time of its own. Looking at these is as good as reading them all, and costs next to nothing.
 */
const TOLD_BY = ["", "assets", PAGE] as const;

/** @throws AppError INVALID_CONFIG where there is no page, Error of the file system where it cannot be read */
export async function openWebFolder(folder: string): Promise<WebFolder> {
  let marks = await marksOf(folder);
  let files = await listWebFiles(folder);
  if (!files.has(PAGE)) {
    throw new AppError("INVALID_CONFIG", `there is no ${PAGE} in "${folder}": build the web app`);
  }
  let looking: Promise<void> | undefined;

  async function look(): Promise<void> {
    // Read before the files: what changes while these are listed is seen by the next look.
    const now = await marksOf(folder);
    if (now === marks) return;
    const found = await listWebFiles(folder).catch(() => undefined);
    // It is just being put there.
    if (found?.has(PAGE) !== true) return;
    files = found;
    marks = now;
  }

  return {
    names: () => [...files.keys()],
    find: (name) => files.get(name),
    lookAgain: () => {
      looking ??= look().finally(() => {
        looking = undefined;
      });
      return looking;
    },
  };
}

async function marksOf(folder: string): Promise<string> {
  const stats = await Promise.all(
    TOLD_BY.map((name) => stat(join(folder, name), { bigint: true }).catch(() => undefined)),
  );
  return stats.map((found) => (found === undefined ? "none" : `${found.ino}/${found.mtimeNs}`)).join(" ");
}
