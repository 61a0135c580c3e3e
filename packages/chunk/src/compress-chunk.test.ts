import { describe, expect, it } from "vitest";
import { compressIfItPays } from "./compress-chunk.ts";
import type { ZstdCompressor } from "./crypto-port.ts";
import { nodeCrypto } from "./node-crypto.ts";
import { filledBytes, noiseBytes } from "./testing/test-bytes.ts";

const KIB = 1024;
const zstd = nodeCrypto.bulk.zstd!;

/** The compressor, and the lengths that it was asked to compress. */
function watched(): ZstdCompressor & { readonly lengths: number[] } {
  const lengths: number[] = [];
  return {
    ...zstd,
    lengths,
    compress: (bytes) => {
      lengths.push(bytes.length);
      return zstd.compress(bytes);
    },
  };
}

/** Noise in which every block of 1000 bytes begins with `zeros` zeros. */
function noiseWithZeros(length: number, zeros: number): Uint8Array {
  const bytes = noiseBytes(length);
  for (let start = 0; start < length; start += 1000) bytes.fill(0, start, start + zeros);
  return bytes;
}

describe("compressIfItPays", () => {
  it("compresses what gets much smaller", async () => {
    const plain = filledBytes(512 * KIB, 65);
    const compressed = await compressIfItPays(plain, zstd);
    expect(compressed!.length).toBeLessThan(1000);
    expect(await zstd.decompress(compressed!, plain.length)).toEqual(plain);
  });

  it("leaves noise alone after three samples", async () => {
    const compressor = watched();
    expect(await compressIfItPays(noiseBytes(512 * KIB), compressor)).toBeUndefined();
    expect(compressor.lengths).toEqual([16 * KIB, 16 * KIB, 16 * KIB]);
  });

  it("samples the beginning, the middle and the end", async () => {
    const length = 512 * KIB;
    for (const start of [0, length / 2 - 8 * KIB, length - 16 * KIB]) {
      const compressor = watched();
      await compressIfItPays(noiseBytes(length).fill(0, start, start + 16 * KIB), compressor);
      expect(compressor.lengths).toEqual([16 * KIB, 16 * KIB, 16 * KIB, length]);
    }
  });

  it("draws the line at 5 %", async () => {
    expect(await compressIfItPays(noiseWithZeros(256 * KIB, 30), zstd)).toBeUndefined();
    expect(await compressIfItPays(noiseWithZeros(256 * KIB, 150), zstd)).toBeDefined();
  });

  it("keeps no result that the samples promised in vain", async () => {
    // Only the three slices that are looked at compress: 48 KiB of 2 MiB.
    const length = 2048 * KIB;
    const plain = noiseBytes(length);
    for (const start of [0, length / 2 - 8 * KIB, length - 16 * KIB]) plain.fill(0, start, start + 16 * KIB);
    const compressor = watched();
    expect(await compressIfItPays(plain, compressor)).toBeUndefined();
    expect(compressor.lengths.at(-1)).toBe(length);
  });

  it("tries small chunks as a whole, and keeps the shorter", async () => {
    expect(await compressIfItPays(filledBytes(1, 0), zstd)).toBeUndefined();
    expect(await compressIfItPays(noiseBytes(48 * KIB), zstd)).toBeUndefined();
    expect(await compressIfItPays(filledBytes(1000, 0), zstd)).toBeDefined();
  });
});
