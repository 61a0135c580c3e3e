const KIB = 1024;
const MIB = 1024 * KIB;

export const CHUNK_SIZE_BYTES_MIN = 256 * KIB;
export const CHUNK_SIZE_BYTES_MAX = 4 * MIB;
/** Every transfer under way holds a chunk or two in memory: only what would have very many chunks gets larger ones. */
export const CHUNK_SIZE_BYTES_USUAL_MAX = 2 * MIB;

/** A file is cut so that it has about this many chunks, as far as the limits allow. */
const CHUNKS_PER_FILE_AIM = 16;
const CHUNKS_PER_FILE_MANY = 4096;

/**
 * The plaintext size of every chunk but the last, a power of two from 256 KiB to 4 MiB.
 * Small files get small chunks, so that several nodes serve them at once; large ones get large chunks, so that
 * metadata stays small: 2 MiB, and 4 MiB above 8 GiB.
 * @param fileSizeBytes undefined where the sender does not know it yet
 */
export function chunkSizeBytesFor(fileSizeBytes: number | undefined): number {
  if (fileSizeBytes === undefined) return CHUNK_SIZE_BYTES_USUAL_MAX;
  if (fileSizeBytes > CHUNK_SIZE_BYTES_USUAL_MAX * CHUNKS_PER_FILE_MANY) return CHUNK_SIZE_BYTES_MAX;
  let size = CHUNK_SIZE_BYTES_MIN;
  while (size < CHUNK_SIZE_BYTES_USUAL_MAX && size * CHUNKS_PER_FILE_AIM < fileSizeBytes) size *= 2;
  return size;
}

/** An empty file has no chunk. */
export function chunkCountFor(fileSizeBytes: number, chunkSizeBytes: number): number {
  return Math.ceil(fileSizeBytes / chunkSizeBytes);
}

/** The plaintext length of chunk `index`, 0 ≤ index < count. */
export function chunkLengthAt(index: number, fileSizeBytes: number, chunkSizeBytes: number): number {
  return Math.min(chunkSizeBytes, fileSizeBytes - index * chunkSizeBytes);
}
