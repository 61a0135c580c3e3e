import type { ChunkName } from "@commonhold/core/ids.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeRecordHeader,
  encodePackHeader,
  encodeRecord,
  isPackHeader,
  PACKED_LENGTH_MAX,
  type PackRecord,
  RECORD_HEADER_BYTES,
  recordBytes,
} from "./pack-format.ts";

const number = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const record: fc.Arbitrary<PackRecord> = fc.record({
  kind: fc.constantFrom("chunk", "tombstone"),
  name: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString("hex") as ChunkName),
  sequence: number,
  epoch: fc.option(number, { nil: undefined }),
  own: fc.option(fc.boolean(), { nil: undefined }),
  atMs: number,
  length: fc.integer({ min: 1, max: 300 }),
});
const place = fc.record({ pack: number, offset: number });

function encoded(given: PackRecord, at: { readonly pack: number; readonly offset: number }): Buffer {
  const bytes = Buffer.alloc(8 + recordBytes(given.length), 0xff);
  const written = encodeRecord(bytes, 8, { record: given, place: at, sealed: new Uint8Array(given.length).fill(7) });
  expect(written).toBe(bytes.length - 8);
  return bytes;
}

describe("a record", () => {
  it("is read as it was written, its bytes behind it, and zeros up to the next", () => {
    fc.assert(
      fc.property(record, place, (given, at) => {
        const bytes = encoded(given, at);
        expect(decodeRecordHeader(bytes, 8, at)).toEqual(given);
        const end = 8 + RECORD_HEADER_BYTES + given.length;
        expect(bytes.subarray(8 + RECORD_HEADER_BYTES, end).every((byte) => byte === 7)).toBe(true);
        expect(bytes.subarray(end).every((byte) => byte === 0)).toBe(true);
        expect(bytes.length % 8).toBe(0);
      }),
    );
  });

  it("is none with any bit of its header changed, or at another place", () => {
    fc.assert(
      fc.property(record, place, fc.nat(RECORD_HEADER_BYTES * 8 - 1), fc.integer({ min: 1 }), (given, at, bit, by) => {
        const bytes = encoded(given, at);
        expect(decodeRecordHeader(bytes, 8, { ...at, offset: at.offset === by ? by + 1 : by })).toBeUndefined();
        expect(decodeRecordHeader(bytes, 8, { ...at, pack: at.pack === by ? by + 1 : by })).toBeUndefined();
        bytes[8 + (bit >> 3)]! ^= 1 << (bit & 7);
        expect(decodeRecordHeader(bytes, 8, at)).toBeUndefined();
      }),
    );
  });

  it.each<[string, Partial<PackRecord>]>([
    ["a chunk of no bytes", { length: 0 }],
    ["a longer one than may be packed", { length: PACKED_LENGTH_MAX + 1 }],
  ])("is none of %s, whatever its checksum says", (_, changes) => {
    const at = { pack: 1, offset: 24 };
    const given: PackRecord = {
      kind: "chunk",
      name: "ab".repeat(32) as ChunkName,
      sequence: 1,
      epoch: undefined,
      own: undefined,
      atMs: 0,
      length: 1,
      ...changes,
    };
    const bytes = Buffer.alloc(recordBytes(given.length));
    encodeRecord(bytes, 0, { record: given, place: at, sealed: new Uint8Array(given.length) });
    expect(decodeRecordHeader(bytes, 0, at)).toBeUndefined();
  });
});

it("the beginning of a pack names that pack", () => {
  expect(isPackHeader(encodePackHeader(7), 7)).toBe(true);
  expect(isPackHeader(encodePackHeader(7), 8)).toBe(false);
  expect(isPackHeader(encodePackHeader(7).subarray(0, 20), 7)).toBe(false);
});
