import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export interface RealFile {
  readonly path: string;
  readonly name: string;
  readonly sizeBytes: number;
}

async function realFile(path: string): Promise<RealFile> {
  return { path, name: basename(path), sizeBytes: (await stat(path)).size };
}

/** Text, a picture, a lock file, compiled JavaScript: files as people have them, of this project itself. */
export async function realFiles(): Promise<readonly RealFile[]> {
  const named = ["README.md", "LICENSE", "package-lock.json", "docs/parts.svg", "node_modules/typescript/package.json"];
  const binaries = await largestFiles(join(ROOT, "node_modules/@biomejs"), 1);
  const bundles = await largestFiles(join(ROOT, "node_modules/@fastify/swagger-ui"), 2);
  return Promise.all([...named.map((name) => join(ROOT, name)), ...bundles, ...binaries].map(realFile));
}

/** A file that `realFiles` does not list, so that an owner of those has none of its chunks. */
export function unseenRealFile(): Promise<RealFile> {
  return realFile(join(ROOT, "ARCHITECTURE.md"));
}

/** The runtime itself: more than 100 MB of machine code. */
export function largeRealFile(): Promise<RealFile> {
  return realFile(process.execPath);
}

async function largestFiles(folder: string, count: number): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = await Promise.all(
    entries.filter((entry) => entry.isFile()).map((entry) => realFile(join(entry.parentPath, entry.name))),
  );
  return files
    .sort((a, b) => b.sizeBytes - a.sizeBytes || (a.path < b.path ? -1 : 1))
    .slice(0, count)
    .map((file) => file.path);
}

export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return hash.digest("hex");
}
