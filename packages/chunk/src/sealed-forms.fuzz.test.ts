import { constants, zstdCompressSync } from "node:zlib";
import { fuzzRuns, parseOrRefuse } from "@commonhold/core/testing/fuzz.ts";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { ChunkCodec } from "./chunk-codec.ts";
import { type ChunkEntryContext, openChunkEntry, sealChunkEntry } from "./chunk-entry.ts";
import { unwrapKey, wrapKey } from "./key-wrap.ts";
import { nodeCrypto } from "./node-crypto.ts";
import { openChunk, sealChunk } from "./seal-chunk.ts";
import { countingRandom, filledBytes } from "./testing/test-bytes.ts";

// What the metadata or a node gives back may be anything: it opens to what was sealed, or is refused by its own code.

const KEY = filledBytes(32, 0x31);
const CONTEXT: ChunkEntryContext = { fileKey: KEY, fileId: "file", index: 7 };
const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((each) => Uint8Array.from(each));

/** Bytes of its own, or `whole` with a part replaced. */
function bentOf(whole: Uint8Array): fc.Arbitrary<Uint8Array> {
  const bent = fc.tuple(fc.nat(whole.length), fc.nat(20), bytes(20)).map(([at, dropped, put]) => {
    const parts = [whole.subarray(0, at), put, whole.subarray(at + dropped)];
    return new Uint8Array(Buffer.concat(parts));
  });
  return fc.oneof(bytes(300), bent);
}

it("a chunk's entry", async () => {
  const entry = { key: KEY, plainHash: filledBytes(32, 2), codec: "zstd-1.5.7-l1" } as const;
  const sealed = sealChunkEntry(entry, CONTEXT, countingRandom);
  await fc.assert(
    fc.asyncProperty(bentOf(sealed), async (bent) => {
      const outcome = await parseOrRefuse(["KEY_MISMATCH"], () => openChunkEntry(bent, CONTEXT));
      expect("parsed" in outcome).toBe(Buffer.compare(bent, sealed) === 0);
    }),
    fuzzRuns(3000),
  );
});

it("a chunk's entry whose content the right key sealed", async () => {
  const plain = fc.oneof(
    bytes(200),
    bytes(60).map((codec) => new Uint8Array([...KEY, ...KEY, ...codec])),
  );
  const aad = new Uint8Array([...new TextEncoder().encode("commonhold entry v1file"), 0, 0, 0, 7]);
  const nonce = filledBytes(12, 5);
  await fc.assert(
    fc.asyncProperty(plain, async (content) => {
      const sealed = new Uint8Array([1, ...nonce, ...nodeCrypto.sealAesGcm({ key: KEY, nonce, bytes: content, aad })]);
      const outcome = await parseOrRefuse(["KEY_MISMATCH"], () => openChunkEntry(sealed, CONTEXT));
      if ("parsed" in outcome) expect(outcome.parsed.codec).toMatch(/^(none|zstd-[0-9A-Za-z.+-]{1,48})$/);
    }),
    fuzzRuns(1000),
  );
});

it("a wrapped key", async () => {
  const wrapped = wrapKey(filledBytes(32, 9), KEY, "purpose", countingRandom);
  await fc.assert(
    fc.asyncProperty(bentOf(wrapped), async (bent) => {
      const outcome = await parseOrRefuse(["KEY_MISMATCH"], () => unwrapKey(bent, KEY, "purpose"));
      expect("parsed" in outcome).toBe(Buffer.compare(bent, wrapped) === 0);
    }),
    fuzzRuns(3000),
  );
});

it("a sealed chunk", async () => {
  const plain = new Uint8Array(Buffer.from("a chunk that is worth compressing ".repeat(20)));
  const chunk = await sealChunk(plain, KEY);
  const codec = fc.constantFrom<ChunkCodec[]>("none", "zstd-1.5.7-l1", "zstd-9.9.9-l9", "zstd-");
  await fc.assert(
    fc.asyncProperty(bentOf(chunk.sealed), codec, fc.integer({ min: 1, max: 2000 }), async (sealed, given, length) => {
      const request = { sealed, key: chunk.key, codec: given, plainLength: length };
      const outcome = await parseOrRefuse(["CHUNK_CORRUPT"], () => openChunk(request));
      if ("parsed" in outcome) expect(outcome.parsed).toHaveLength(length);
    }),
    fuzzRuns(3000),
  );
});

it("a sealed chunk whose content the right key sealed: no frame of zstd opens to more than was announced", async () => {
  const plain = fc.oneof(
    bytes(500),
    fc.integer({ min: 0, max: 300_000 }).map((length) => new Uint8Array(length)),
  );
  const frame = fc.tuple(plain, fc.integer({ min: 10, max: 27 }), fc.boolean()).map(([content, windowLog, named]) =>
    zstdCompressSync(content, {
      params: {
        [constants.ZSTD_c_windowLog]: windowLog,
        [constants.ZSTD_c_contentSizeFlag]: named ? 1 : 0,
        [constants.ZSTD_c_checksumFlag]: named ? 1 : 0,
      },
    }),
  );
  const content = fc.oneof(
    bytes(300),
    frame,
    fc.tuple(frame, bytes(20)).map((parts) => Buffer.concat(parts)),
    fc
      .tuple(frame, fc.nat(30), fc.nat(255))
      .map(([whole, at, value]) => whole.map((byte, index) => (index === at ? value : byte))),
  );
  const nonce = new Uint8Array(12);
  await fc.assert(
    fc.asyncProperty(content, fc.integer({ min: 1, max: 1000 }), async (message, plainLength) => {
      const sealed = nodeCrypto.sealAesGcm({ key: KEY, nonce, bytes: new Uint8Array(message) });
      const request = { sealed, key: KEY, codec: "zstd-1.5.7-l1", plainLength } as const;
      const outcome = await parseOrRefuse(["CHUNK_CORRUPT"], () => openChunk(request));
      if ("parsed" in outcome) expect(outcome.parsed).toHaveLength(plainLength);
    }),
    fuzzRuns(1500),
  );
});
