import { hasCode } from "@commonhold/core/app-error.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ChunkCodec } from "./chunk-codec.ts";
import { type ChunkEntry, type ChunkEntryContext, openChunkEntry, sealChunkEntry } from "./chunk-entry.ts";
import { countingRandom, filledBytes, hex, withBitFlipped } from "./testing/test-bytes.ts";

const CONTEXT: ChunkEntryContext = {
  fileKey: filledBytes(32, 0xf1),
  fileId: "0192f0c1-2345-7abc-8def-0123456789ab",
  index: 258,
};
const ENTRY: ChunkEntry = { key: filledBytes(32, 0x11), plainHash: filledBytes(32, 0x22), codec: "zstd-1.5.7-l1" };
const GOLDEN = [
  "01",
  "000102030405060708090a0b",
  "af5086bad7e5a19b849f7aed264116a8603b7a8f479e4fd7bbd34bbe1ced9245",
  "da567059b2fece3812d724431c33096be0ca3060568fd3135b5ad89db35152bc",
  "303394cd3bf017bbce34785b64",
  "1acc6185f9aeafa0d6471df9b1335554",
].join("");

const thirtyTwo = fc.uint8Array({ minLength: 32, maxLength: 32 });
const entry: fc.Arbitrary<ChunkEntry> = fc.record({
  key: thirtyTwo,
  plainHash: thirtyTwo,
  codec: fc.constantFrom<ChunkCodec[]>("none", "zstd-1.5.7-l1", `zstd-${"9".repeat(48)}`),
});
const context: fc.Arbitrary<ChunkEntryContext> = fc.record({
  fileKey: thirtyTwo,
  fileId: fc.uuid(),
  index: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
});

const mismatch = (call: () => unknown) =>
  expect(call).toThrow(expect.toSatisfy((error: unknown) => hasCode(error, "KEY_MISMATCH")));

describe("chunk entries", () => {
  it("keep to their golden vector", () => {
    expect(hex(sealChunkEntry(ENTRY, CONTEXT, countingRandom))).toBe(GOLDEN);
    expect(openChunkEntry(new Uint8Array(Buffer.from(GOLDEN, "hex")), CONTEXT)).toEqual(ENTRY);
  });

  it("come back as they were", () => {
    fc.assert(
      fc.property(entry, context, thirtyTwo, (plain, where, chance) => {
        const random = { bytes: (length: number) => chance.slice(0, length), fraction: () => 0 };
        expect(openChunkEntry(sealChunkEntry(plain, where, random), where)).toEqual(plain);
      }),
    );
  });

  it("open in their own place only", () => {
    const sealed = sealChunkEntry(ENTRY, CONTEXT, countingRandom);
    mismatch(() => openChunkEntry(sealed, { ...CONTEXT, index: 259 }));
    mismatch(() => openChunkEntry(sealed, { ...CONTEXT, fileId: "0192f0c1-2345-7abc-8def-0123456789ac" }));
    mismatch(() => openChunkEntry(sealed, { ...CONTEXT, fileKey: filledBytes(32, 0xf2) }));
    fc.assert(
      fc.property(context, (elsewhere) => {
        mismatch(() => openChunkEntry(sealed, elsewhere));
        mismatch(() => openChunkEntry(sealed, { ...elsewhere, fileKey: CONTEXT.fileKey }));
      }),
    );
  });

  it("show any flipped bit and any missing byte", () => {
    const sealed = sealChunkEntry(ENTRY, CONTEXT, countingRandom);
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      mismatch(() => openChunkEntry(withBitFlipped(sealed, bit), CONTEXT));
    }
    for (let length = 0; length < sealed.length; length++) {
      mismatch(() => openChunkEntry(sealed.subarray(0, length), CONTEXT));
    }
  });

  it("take a new nonce each time", () => {
    const asked: number[] = [];
    const random = {
      bytes: (length: number) => {
        asked.push(length);
        return filledBytes(length, asked.length);
      },
      fraction: () => 0,
    };
    const [one, two] = [sealChunkEntry(ENTRY, CONTEXT, random), sealChunkEntry(ENTRY, CONTEXT, random)];
    expect(asked).toEqual([12, 12]);
    expect(hex(one.subarray(13))).not.toBe(hex(two.subarray(13)));
  });

  it.each<[string, Partial<ChunkEntry>, Partial<ChunkEntryContext>]>([
    ["chunk key", { key: new Uint8Array(31) }, {}],
    ["plain hash", { plainHash: new Uint8Array(33) }, {}],
    ["codec", { codec: "zstd- " }, {}],
    ["file key", {}, { fileKey: new Uint8Array(16) }],
    ["index", {}, { index: -1 }],
    ["index", {}, { index: 2 ** 32 }],
    ["index", {}, { index: 0.5 }],
  ])("refuse a wrong %s", (what, entryChange, contextChange) => {
    const seal = () => sealChunkEntry({ ...ENTRY, ...entryChange }, { ...CONTEXT, ...contextChange }, countingRandom);
    expect(seal).toThrow(what);
  });
});
