import type { ZstdCompressor } from "./crypto-port.ts";

/** Compression must save this share of the bytes: below it, opening the chunk costs more than storing it. */
const SAVED_SHARE_MIN = 0.05;
const SAMPLE_SLICES = 3;
const SAMPLE_SLICE_BYTES = 16 * 1024;

/**
 * The compressed chunk where it is at least 5 % smaller, else undefined. Slices of the beginning, the middle and the
 * end say whether the whole is worth a try, so what is compressed already (pictures, video, archives) costs almost
 * nothing. The choice follows from the bytes alone, as deduplication needs.
 */
export async function compressIfItPays(plain: Uint8Array, zstd: ZstdCompressor): Promise<Uint8Array | undefined> {
  if (!(await promisesToPay(plain, zstd))) return undefined;
  const compressed = await zstd.compress(plain);
  return pays(compressed.length, plain.length) ? compressed : undefined;
}

async function promisesToPay(plain: Uint8Array, zstd: ZstdCompressor): Promise<boolean> {
  if (plain.length <= SAMPLE_SLICES * SAMPLE_SLICE_BYTES) return true;
  const gap = (plain.length - SAMPLE_SLICE_BYTES) / (SAMPLE_SLICES - 1);
  let compressedLength = 0;
  for (let i = 0; i < SAMPLE_SLICES; i++) {
    const start = Math.floor(i * gap);
    compressedLength += (await zstd.compress(plain.subarray(start, start + SAMPLE_SLICE_BYTES))).length;
  }
  return pays(compressedLength, SAMPLE_SLICES * SAMPLE_SLICE_BYTES);
}

function pays(compressedLength: number, plainLength: number): boolean {
  return compressedLength <= plainLength * (1 - SAVED_SHARE_MIN);
}
