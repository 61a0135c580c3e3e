import { readdir } from "node:fs/promises";
import { extname, join, relative, sep } from "node:path";

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".webmanifest": "application/manifest+json",
};
const FILES_MAX = 1000;

/** The compressed copies that the build puts beside a file, the smallest first. */
const ENCODINGS = [
  ["br", ".br"],
  ["gzip", ".gz"],
] as const;

export interface WebFile {
  readonly path: string;
  readonly mediaType: string;
  readonly encoded: readonly { readonly encoding: string; readonly path: string }[];
}

/**
 * What the built web app consists of: address below the root, and which file it is. Their content stays on disk.
 * @throws Error of the file system where `folder` cannot be read
 */
export async function listWebFiles(folder: string): Promise<ReadonlyMap<string, WebFile>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = new Set<string>();
  for (const entry of entries.slice(0, FILES_MAX)) {
    if (entry.isFile()) names.add(relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"));
  }
  const files = new Map<string, WebFile>();
  for (const name of names) {
    const mediaType = MEDIA_TYPES[extname(name)];
    if (mediaType === undefined) continue;
    const encoded = ENCODINGS.filter(([, suffix]) => names.has(`${name}${suffix}`)).map(([encoding, suffix]) => ({
      encoding,
      path: join(folder, `${name}${suffix}`),
    }));
    files.set(name, { path: join(folder, name), mediaType, encoded });
  }
  return files;
}
