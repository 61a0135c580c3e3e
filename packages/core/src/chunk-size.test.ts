import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  CHUNK_SIZE_BYTES_MAX,
  CHUNK_SIZE_BYTES_MIN,
  chunkCountFor,
  chunkLengthAt,
  chunkSizeBytesFor,
} from "./chunk-size.ts";

const MIB = 1024 * 1024;
const fileSize = fc.oneof(fc.nat({ max: 80 * MIB }), fc.nat({ max: 20_000 * MIB }));

describe("chunkSizeBytesFor", () => {
  it.each([
    [0, MIB / 4],
    [1, MIB / 4],
    [4 * MIB, MIB / 4],
    [4 * MIB + 1, MIB / 2],
    [16 * MIB, MIB],
    [16 * MIB + 1, 2 * MIB],
    [8192 * MIB, 2 * MIB],
    [8192 * MIB + 1, 4 * MIB],
    [10_000 * MIB, 4 * MIB],
    [undefined, 2 * MIB],
  ])("cuts a file of %s bytes into chunks of %i", (fileSizeBytes, expected) => {
    expect(chunkSizeBytesFor(fileSizeBytes)).toBe(expected);
  });

  it("is a power of two within the limits that does not shrink as files grow", () => {
    fc.assert(
      fc.property(fileSize, fc.nat({ max: 40 * MIB }), (size, more) => {
        const chunkSize = chunkSizeBytesFor(size);
        expect(Math.log2(chunkSize) % 1).toBe(0);
        expect(chunkSize).toBeGreaterThanOrEqual(CHUNK_SIZE_BYTES_MIN);
        expect(chunkSize).toBeLessThanOrEqual(CHUNK_SIZE_BYTES_MAX);
        expect(chunkSizeBytesFor(size + more)).toBeGreaterThanOrEqual(chunkSize);
      }),
    );
  });
});

describe("chunks of a file", () => {
  it("are all full but the last, none is empty, and together they are the file", () => {
    fc.assert(
      fc.property(fileSize, (size) => {
        const chunkSize = chunkSizeBytesFor(size);
        const count = chunkCountFor(size, chunkSize);
        const lengths = Array.from({ length: count }, (_, index) => chunkLengthAt(index, size, chunkSize));
        expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(size);
        expect(lengths.slice(0, -1).every((length) => length === chunkSize)).toBe(true);
        if (count > 0) expect(lengths.at(-1)).toBeGreaterThan(0);
      }),
    );
  });

  it("are none for an empty file", () => {
    expect(chunkCountFor(0, CHUNK_SIZE_BYTES_MIN)).toBe(0);
  });
});
