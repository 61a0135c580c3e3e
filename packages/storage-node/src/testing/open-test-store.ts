import { readdirSync } from "node:fs";
import type { Clock } from "@commonhold/core/clock.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { createLogger } from "@commonhold/runtime/logger.ts";
import type { Sleep } from "@commonhold/runtime/sleep.ts";
import type { ChunkFiles } from "../chunk-store/chunk-files.ts";
import { type ChunkStore, createChunkStore } from "../chunk-store/chunk-store.ts";
import { ManualClock } from "./manual-clock.ts";
import { sha256NameOf } from "./test-chunks.ts";
import { createUnsyncedChunkFiles } from "./unsynced-chunk-files.ts";

export const silentLogger = createLogger({ level: "silent", name: "test" });

export interface TestStoreParts {
  readonly files?: ChunkFiles;
  readonly clock?: Clock;
  readonly nameOf?: (sealed: Uint8Array) => ChunkName;
  readonly bytesMax?: number;
  readonly reservedBytes?: number;
  readonly sharesExcess?: boolean;
  readonly diskFreeBytesMin?: number;
  readonly packedLengthMax?: number;
  readonly packBytesMax?: number;
  readonly sleep?: Sleep;
}

/**
 * A store on the file system, with room for everything and without fsync unless told otherwise. Every chunk has a file
 * of its own, unless `packedLengthMax` says that small ones go into packs.
 */
export function openTestStore(folder: string, parts: TestStoreParts = {}): Promise<ChunkStore> {
  const clock = parts.clock ?? new ManualClock();
  return createChunkStore(
    {
      files: parts.files ?? createUnsyncedChunkFiles(clock),
      nameOf: parts.nameOf ?? sha256NameOf,
      clock,
      sleep: parts.sleep ?? (async () => undefined),
      logger: silentLogger,
    },
    {
      folder,
      packedLengthMax: parts.packedLengthMax ?? 0,
      ...(parts.packBytesMax !== undefined && { packBytesMax: parts.packBytesMax }),
      bytesMax: parts.bytesMax ?? 1e12,
      reservedBytes: parts.reservedBytes ?? 0,
      sharesExcess: parts.sharesExcess ?? true,
      diskFreeBytesMin: parts.diskFreeBytesMin ?? 0,
    },
  );
}

/** Paths of all files below `folder`, ascending. */
export function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .sort();
}
