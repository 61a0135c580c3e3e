/**
 * How a chunk's plaintext was coded before it was sealed: "none", or "zstd-<version>-l<level>", for example
 * "zstd-1.5.7-l1". Any version opens what another one made; the text tells them apart for the chunk's key.
 */
export type ChunkCodec = "none" | `zstd-${string}`;

const CODEC = /^(none|zstd-[0-9A-Za-z.+-]{1,48})$/;

export function isChunkCodec(text: string): text is ChunkCodec {
  return CODEC.test(text);
}
