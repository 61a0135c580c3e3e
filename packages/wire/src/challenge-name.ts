import { createHash } from "node:crypto";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { CHUNK_NAME_BYTES } from "./protocols.ts";

const PREFIX = Buffer.from("commonhold challenge v2\0", "latin1");

/**
 * What stands for the chunks of a challenge in its grant, so that one signature covers each name in its place:
 * SHA-256(prefix ‖ name of the first ‖ name of the second …), written as a chunk's name.
 */
export function challengeNameOf(chunkNames: readonly ChunkName[]): ChunkName {
  const list = Buffer.allocUnsafe(PREFIX.length + chunkNames.length * CHUNK_NAME_BYTES);
  let at = PREFIX.copy(list);
  for (const name of chunkNames) at += list.write(name, at, CHUNK_NAME_BYTES, "hex");
  return createHash("sha256").update(list).digest("hex") as ChunkName;
}
