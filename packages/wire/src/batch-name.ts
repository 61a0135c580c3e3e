import { createHash } from "node:crypto";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { CHUNK_NAME_BYTES } from "./protocols.ts";

/** A chunk of a batch, without its bytes. */
export interface BatchedChunkRef {
  readonly chunkName: ChunkName;
  /** Sealed bytes. */
  readonly length: number;
}

const PREFIX = Buffer.from("commonhold store batch v1\0", "latin1");
const LENGTH_BYTES = 8;

/**
 * What stands for a list of chunks in the grant of a batch, to be stored or retrieved, so that one signature covers each name and length in its
 * place: SHA-256(prefix ‖ name of the first ‖ its length as u64 ‖ name of the second …), written as a chunk's name.
 */
export function batchNameOf(chunks: readonly BatchedChunkRef[]): ChunkName {
  const list = Buffer.allocUnsafe(PREFIX.length + chunks.length * (CHUNK_NAME_BYTES + LENGTH_BYTES));
  let at = PREFIX.copy(list);
  for (const { chunkName, length } of chunks) {
    at += list.write(chunkName, at, CHUNK_NAME_BYTES, "hex");
    at = list.writeBigUInt64BE(BigInt(length), at);
  }
  return createHash("sha256").update(list).digest("hex") as ChunkName;
}
