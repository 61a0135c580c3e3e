import { mkdir, stat } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
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
  const clean = cleanPart(filename.split("/").at(-1) ?? "", platform);
  return clean === "" || clean === "." || clean === ".." ? "download" : clean;
}

/** The path to save a stored file under with its folders: each part a plain name, so that none leads out or up. */
export function localPath(filename: string, platform: NodeJS.Platform = process.platform): string {
  const parts = filename.split("/").map((part) => cleanPart(part, platform));
  const folders = parts.slice(0, -1).filter((part) => part !== "" && part !== ".");
  return [...folders.map((part) => (part === ".." ? "__" : part)), localName(filename, platform)].join("/");
}

function cleanPart(part: string, platform: NodeJS.Platform): string {
  return (platform === "win32" ? part.replace(WINDOWS_FORBIDDEN, "_") : part).replace(/\p{Cc}/gu, "_");
}

export interface SaveRequest {
  /** What was given with -o. */
  readonly output: string | undefined;
  readonly force: boolean;
  /** Whether the folders in the names are made; then the output is a folder. */
  readonly keepFolders?: boolean;
}

/**
 * Where to save each of these files.
 * @throws AppError FILE_EXISTS where something would be replaced without `force`; INVALID_REQUEST
 */
export async function saveTargets(filenames: readonly string[], request: SaveRequest): Promise<readonly string[]> {
  const { output = ".", force, keepFolders = false } = request;
  const kind = await kindOf(output);
  const isFolder = keepFolders || kind === "folder" || output.endsWith("/") || output.endsWith(sep);
  if (!isFolder && filenames.length > 1) {
    throw usageError(`-o ${output} is no folder, and ${filenames.length} files cannot be one: name a folder`);
  }
  if (isFolder && kind === "file") throw usageError(`-o ${output} is a file: name a folder`);
  const targets = isFolder
    ? filenames.map((filename) => resolve(join(output, keepFolders ? localPath(filename) : localName(filename))))
    : [resolve(output)];
  refuseCollisions(targets);
  if (!force) for (const target of targets) await refuseExisting(target);
  for (const folder of isFolder ? new Set([resolve(output), ...targets.map((target) => dirname(target))]) : []) {
    await mkdir(folder, { recursive: true }).catch((error: unknown) => {
      throw storageError(`making the folder ${folder}`, error);
    });
  }
  return targets;
}

function refuseCollisions(targets: readonly string[]): void {
  const seen = new Set<string>();
  for (const target of targets) {
    if (seen.has(target))
      throw usageError(`two of these files would be saved as ${target}: fetch them one by one with -o`);
    seen.add(target);
  }
  const folders = new Set<string>();
  for (const target of targets) {
    for (let folder = dirname(target); !folders.has(folder); folder = dirname(folder)) folders.add(folder);
  }
  const both = targets.find((target) => folders.has(target));
  if (both !== undefined)
    throw usageError(`${both} would be a file and a folder: fetch that file by itself, elsewhere with -o`);
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
    const code = (error as NodeJS.ErrnoException).code;
    // Below a file there is nothing either; making the folder tells what is wrong.
    if (code === "ENOENT" || code === "ENOTDIR") return "nothing";
    throw storageError(`looking at ${path}`, error);
  }
}
