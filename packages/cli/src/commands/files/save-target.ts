import { mkdir, stat } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import { storageError } from "@commonhold/client/node/storage-error.ts";
import { AppError } from "@commonhold/core/app-error.ts";
import { usageError } from "../../usage.ts";

/** What a Windows file name may not hold. */
const WINDOWS_FORBIDDEN = /[\\/:*?"<>|]/g;

/**
 * The name to save a stored file under: only the last part of its name, so that a name chosen by someone else can
 * never lead out of the folder.
 */
export function localName(filename: string, platform: NodeJS.Platform = process.platform): string {
  const last = filename.split("/").at(-1) ?? "";
  const clean = (platform === "win32" ? last.replace(WINDOWS_FORBIDDEN, "_") : last).replace(/\p{Cc}/gu, "_");
  return clean === "" || clean === "." || clean === ".." ? "download" : clean;
}

export interface SaveRequest {
  /** What was given with -o. */
  readonly output: string | undefined;
  readonly force: boolean;
}

/**
 * Where to save each of these files.
 * @throws AppError FILE_EXISTS where something would be replaced that nobody named; INVALID_REQUEST
 */
export async function saveTargets(filenames: readonly string[], request: SaveRequest): Promise<readonly string[]> {
  const { output = "." } = request;
  const kind = await kindOf(output);
  const isFolder = kind === "folder" || output.endsWith("/") || output.endsWith(sep);
  if (!isFolder && filenames.length > 1) {
    throw usageError(`-o ${output} is no folder, and ${filenames.length} files cannot be one: name a folder`);
  }
  if (!isFolder) return [resolve(output)];
  await mkdir(output, { recursive: true }).catch((error: unknown) => {
    throw storageError(`making the folder ${output}`, error);
  });
  const targets = filenames.map((filename) => resolve(join(output, localName(filename))));
  const twice = targets.find((target, index) => targets.indexOf(target) !== index);
  if (twice !== undefined)
    throw usageError(`two of these files would be saved as ${twice}: fetch them one by one with -o`);
  for (const target of targets) if (!request.force) await refuseExisting(target);
  return targets;
}

async function refuseExisting(target: string): Promise<void> {
  if ((await kindOf(target)) === "nothing") return;
  throw new AppError(
    "FILE_EXISTS",
    `${target} is there already: save it elsewhere with -o, or replace it with --force`,
  );
}

async function kindOf(path: string): Promise<"file" | "folder" | "nothing"> {
  try {
    return (await stat(path)).isDirectory() ? "folder" : "file";
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "nothing";
    throw storageError(`looking at ${path}`, error);
  }
}
