import { existsSync } from "node:fs";
import { usageError } from "../../usage.ts";

export interface PutTarget {
  readonly paths: readonly string[];
  /** Where they go in the storage: "" or a path that ends with "/". */
  readonly folder: string;
  /** In place of the only file's name. */
  readonly name: string | undefined;
}

/**
 * What of `put FILE... [FOLDER/NAME]` is to be stored, and where it goes: the last of several words is a place where it
 * has a slash in it and is nothing on this machine.
 * @throws AppError INVALID_REQUEST
 */
export function putTarget(words: readonly string[]): PutTarget {
  const last = words.at(-1)!;
  const isPlace = words.length > 1 && last.includes("/") && !existsSync(last);
  if (!isPlace) return { paths: words, folder: "", name: undefined };
  const paths = words.slice(0, -1);
  const place = last.replace(/^\/+/, "");
  if (place === "" || place.endsWith("/")) return { paths, folder: place, name: undefined };
  if (paths.length > 1)
    throw usageError(`"${last}" is no file here; to store several files in a folder, write "${last}/"`);
  const slash = place.lastIndexOf("/");
  return { paths, folder: place.slice(0, slash + 1), name: place.slice(slash + 1) };
}
