import { join } from "node:path";
import type { Clock } from "@commonhold/core/clock.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import type { ChunkFiles } from "./chunk-files.ts";
import type { ChunkIndex } from "./chunk-index.ts";
import { DurableFolders } from "./durable-folders.ts";
import { moveOldLayout } from "./move-old-layout.ts";
import { openChunkIndex } from "./open-chunk-index.ts";
import { isWholeInPack } from "./packs/is-whole-in-pack.ts";
import { replayPacks } from "./packs/replay-packs.ts";
import { reconcileIndex } from "./reconcile-index.ts";
import { storageError } from "./storage-error.ts";
import type { StoreLayout } from "./store-layout.ts";

const MARKER_TEXT = "The chunk store is open, or was when the node died. The next start removes this file.\n";

export interface OpenChunkFolderDeps {
  readonly files: ChunkFiles;
  readonly nameOf: (sealed: Uint8Array) => ChunkName;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface OpenedFolder {
  readonly index: ChunkIndex;
  /** The highest number of a pack; 0 where there is none. */
  readonly lastPack: number;
}

/** Makes the folders, clears `tmp/`, opens the index and, where it cannot be trusted, compares it with files and packs. */
export async function openChunkFolder(deps: OpenChunkFolderDeps, layout: StoreLayout): Promise<OpenedFolder> {
  const { files } = deps;
  try {
    await files.makeFolder(layout.chunks);
    await files.makeFolder(layout.temporary);
    await removeLeftovers(deps, layout);
    const uncleanStop = (await files.facts(layout.openMarker)) !== undefined;
    if (!uncleanStop) await leaveMarker(files, layout);
    const moved = await moveOldLayout({ files, folders: new DurableFolders(files), layout });
    if (moved > 0) deps.logger.info({ moved }, "moved the chunks of an older version to where they belong now");
    const { index, rebuilt } = openChunkIndex(layout.index, !uncleanStop);
    try {
      const isStale = uncleanStop || rebuilt !== undefined;
      const nowMs = deps.clock.nowMs();
      const lastPack = await replayPacks({ ...deps, index, layout, nowMs }, { isStale });
      if (isStale) await reconcile(deps, layout, { index, rebuilt });
      return { index, lastPack };
    } catch (error) {
      index.close();
      throw error;
    }
  } catch (error) {
    throw storageError(error, `open the chunk store in ${layout.folder}`);
  }
}

/** The marker must be on the medium before the first chunk is, or a power cut would pass for a clean stop. */
async function leaveMarker(files: ChunkFiles, layout: StoreLayout): Promise<void> {
  const marker = await files.create(layout.openMarker);
  try {
    await marker.write(new TextEncoder().encode(MARKER_TEXT));
    await marker.sync();
  } finally {
    await marker.close();
  }
  await files.syncFolder(layout.folder);
}

async function removeLeftovers({ files, logger }: OpenChunkFolderDeps, layout: StoreLayout): Promise<void> {
  let removed = 0;
  for await (const entry of files.entries(layout.temporary)) {
    if (entry.kind === "folder") {
      logger.warn({ folder: entry.name }, "tmp holds a folder that is not the node's; it is left alone");
    } else if (await files.remove(join(layout.temporary, entry.name))) {
      removed += 1;
    }
  }
  if (removed > 0) logger.info({ removed }, "removed half-written chunks that an earlier run left behind");
}

async function reconcile(
  { files, clock, logger, nameOf }: OpenChunkFolderDeps,
  layout: StoreLayout,
  { index, rebuilt }: { readonly index: ChunkIndex; readonly rebuilt: string | undefined },
): Promise<void> {
  const reason = rebuilt === undefined ? "the last stop was not a clean one" : `the index is made anew: ${rebuilt}`;
  logger.info({ reason }, "comparing the index with the chunk files");
  const { strange, strangeCount, ...changes } = await reconcileIndex({
    files,
    index,
    layout,
    nowMs: clock.nowMs(),
    hasWhole: (row) => isWholeInPack({ files, layout, nameOf }, row),
  });
  logger.info({ ...changes, ...index.totals }, "the index agrees with the chunk files");
  if (strangeCount > 0) {
    logger.warn({ strange, strangeCount }, "the folder of chunks holds files that are no chunks; they are left alone");
  }
}
