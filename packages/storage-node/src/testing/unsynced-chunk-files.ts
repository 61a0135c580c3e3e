import type { Clock } from "@commonhold/core/clock.ts";
import type { ChunkFiles } from "../chunk-store/chunk-files.ts";
import { createNodeChunkFiles } from "../chunk-store/node-chunk-files.ts";

/** The real file system, but without waiting for the medium: a test's process does not live through a power cut. */
export function createUnsyncedChunkFiles(clock: Clock): ChunkFiles {
  const real = createNodeChunkFiles({ clock });
  return {
    ...real,
    syncFolder: async () => undefined,
    openAppending: async (path) => ({ ...(await real.openAppending(path)), sync: async () => undefined }),
    create: async (path) => ({ ...(await real.create(path)), sync: async () => undefined }),
  };
}
