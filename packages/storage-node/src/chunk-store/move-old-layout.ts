import { join } from "node:path";
import type { ChunkName } from "@commonhold/core/ids.ts";
import type { ChunkFiles } from "./chunk-files.ts";
import type { DurableFolders } from "./durable-folders.ts";
import { belongsIn, chunkPath, leafFolder, type StoreLayout } from "./store-layout.ts";

const OLD_BRANCH = /^[0-9a-f]{2}$/;

export interface MoveDeps {
  readonly files: ChunkFiles;
  readonly folders: DurableFolders;
  readonly layout: StoreLayout;
}

/**
 * Moves chunks from `chunks/ab/cd`, where the first nodes kept them, to `chunks/a/b`. May be stopped at any point: what
 * is left is moved at the next start. Files that are no chunks stay, with their folders.
 * @returns how many chunks were moved
 */
export async function moveOldLayout(deps: MoveDeps): Promise<number> {
  const { files, layout } = deps;
  let moved = 0;
  for (const branch of await oldBranches(deps, layout.chunks)) {
    for (const leaf of await oldBranches(deps, join(layout.chunks, branch))) {
      moved += await moveLeaf(deps, branch, leaf);
      await files.removeEmptyFolder(join(layout.chunks, branch, leaf));
    }
    await files.removeEmptyFolder(join(layout.chunks, branch));
  }
  if (moved > 0) await files.syncFolder(layout.chunks);
  return moved;
}

async function moveLeaf({ files, folders, layout }: MoveDeps, branch: string, leaf: string): Promise<number> {
  const from = join(layout.chunks, branch, leaf);
  const names: ChunkName[] = [];
  for await (const { name, kind } of files.entries(from)) {
    if (kind === "file" && belongsIn(branch + leaf, name)) names.push(name);
  }
  const touched = new Set<string>();
  for (const name of names) {
    const folder = leafFolder(layout, name);
    await folders.ensure(folder, layout.chunks);
    await files.rename(join(from, name), chunkPath(layout, name));
    touched.add(folder);
  }
  for (const folder of touched) await files.syncFolder(folder);
  return names.length;
}

async function oldBranches({ files }: MoveDeps, folder: string): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { name, kind } of files.entries(folder)) {
    if (kind === "folder" && OLD_BRANCH.test(name)) names.push(name);
  }
  return names;
}
