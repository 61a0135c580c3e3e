import type { ChunkName } from "@commonhold/core/ids.ts";
import type { ChunkFiles } from "../chunk-files.ts";
import type { IndexedChunk } from "../chunk-index.ts";
import type { StoreLayout } from "../store-layout.ts";
import { RECORD_HEADER_BYTES } from "./pack-format.ts";
import { packPath } from "./pack-layout.ts";

export interface IsWholeInPackDeps {
  readonly files: Pick<ChunkFiles, "openReading">;
  readonly layout: StoreLayout;
  readonly nameOf: (sealed: Uint8Array) => ChunkName;
}

/** Whether every byte of a chunk in a pack is right. */
export async function isWholeInPack(
  { files, layout, nameOf }: IsWholeInPackDeps,
  { name, length, packed }: IndexedChunk,
): Promise<boolean> {
  const file = packed === undefined ? undefined : await files.openReading(packPath(layout, packed.pack));
  if (packed === undefined || file === undefined) return false;
  try {
    const sealed = Buffer.allocUnsafeSlow(length);
    const read = await file.read(packed.offset + RECORD_HEADER_BYTES, sealed);
    return read === length && nameOf(sealed) === name;
  } finally {
    await file.close();
  }
}
