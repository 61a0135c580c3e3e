import { webcrypto } from "node:crypto";
import { hasCode } from "@commonhold/core/app-error.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AesGcmRequest, BulkCrypto, ChunkCrypto, ZstdCompressor } from "./crypto-port.ts";
import { chunkNameOf } from "./merkle.ts";
import { nodeCrypto } from "./node-crypto.ts";
import { openChunk, SEAL_OVERHEAD_BYTES, type SealedChunk, sealChunk } from "./seal-chunk.ts";
import { filledBytes, hex, noiseBytes, patternBytes, withBitFlipped } from "./testing/test-bytes.ts";

const SECRET = Uint8Array.from({ length: 32 }, (_, i) => i);
const OTHER_SECRET = filledBytes(32, 0xee);
const MIB = 1024 * 1024;

/** Some that compress and some that do not. */
const plainChunk = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 3000 }),
  fc.integer({ min: 1, max: 300_000 }).map(patternBytes),
  fc.tuple(fc.integer({ min: 1, max: 300_000 }), fc.nat(255)).map(([length, seed]) => noiseBytes(length, seed)),
);
const secret = fc.uint8Array({ minLength: 32, maxLength: 32 });
const runs = { numRuns: 50 };

function open(chunk: SealedChunk, plainLength: number, change: Partial<SealedChunk> = {}) {
  const { sealed, key, codec } = { ...chunk, ...change };
  return openChunk({ sealed, key, codec, plainLength });
}

const corrupt = (error: unknown) => hasCode(error, "CHUNK_CORRUPT");

describe("sealChunk", () => {
  it("keeps to its golden vector", async () => {
    const chunk = await sealChunk(new TextEncoder().encode("commonhold"), SECRET);
    expect(chunk.codec).toBe("none");
    expect(hex(chunk.plainHash)).toBe("cd63a38582a875e93af04b4879f4702be96328aa5a828d958d49602e8f97bd33");
    expect(hex(chunk.key)).toBe("475f775dc7dcfde888e299e8541ea5bb3a70e4ba1fee3ec8a737199620c87825");
    expect(hex(chunk.sealed)).toBe("fd1cce59d1264af6bc142427330aeaafb6dad2f62f2917ff34d4");
    expect(chunk.name).toBe("8568b21b05aeec8dd8e0960375792be613b1413bf2cf620aa9431944ed1d4909");
  });

  it("comes back as it was", async () => {
    await fc.assert(
      fc.asyncProperty(plainChunk, secret, async (plain, owner) => {
        const chunk = await sealChunk(plain, owner);
        expect(chunk.name).toBe(chunkNameOf(chunk.sealed));
        expect(Buffer.compare(await open(chunk, plain.length), plain)).toBe(0);
      }),
      runs,
    );
  });

  it("gives one owner the same chunk for the same bytes, and two owners never", async () => {
    await fc.assert(
      fc.asyncProperty(plainChunk, secret, secret, async (plain, mine, yours) => {
        const chunk = await sealChunk(plain, mine);
        expect(await sealChunk(plain.slice(), mine)).toEqual(chunk);
        if (Buffer.compare(mine, yours) === 0) return;
        const other = await sealChunk(plain, yours);
        expect(other.name).not.toBe(chunk.name);
        expect(other.key).not.toEqual(chunk.key);
      }),
      runs,
    );
  });

  it("takes the largest chunk, compressible or not", async () => {
    const noise = noiseBytes(4 * MIB);
    const asIs = await sealChunk(noise, SECRET);
    expect(asIs.codec).toBe("none");
    expect(asIs.sealed.length).toBe(noise.length + SEAL_OVERHEAD_BYTES);
    expect(Buffer.compare(await open(asIs, noise.length), noise)).toBe(0);

    const pattern = patternBytes(4 * MIB);
    const compressed = await sealChunk(pattern, SECRET);
    expect(compressed.codec).toMatch(/^zstd-/);
    expect(compressed.sealed.length).toBeLessThan(pattern.length / 2);
    expect(Buffer.compare(await open(compressed, pattern.length), pattern)).toBe(0);
  });

  it("is plain data, whose buffer can be transferred to another thread", async () => {
    const chunk = await sealChunk(noiseBytes(100_000), SECRET);
    const expected = hex(chunk.sealed);
    expect(chunk.sealed.buffer.byteLength).toBe(chunk.sealed.length);
    const received = structuredClone(chunk, { transfer: [chunk.sealed.buffer as ArrayBuffer] });
    expect(chunk.sealed.length).toBe(0);
    expect(hex(received.sealed)).toBe(expected);
    expect(hex(await open(received, 100_000))).toBe(hex(noiseBytes(100_000)));
  });

  it.each([0, 4 * MIB + 1])("refuses %d bytes", async (length) => {
    await expect(sealChunk(new Uint8Array(length), SECRET)).rejects.toSatisfy((error) =>
      hasCode(error, "WRONG_CHUNK_LENGTH"),
    );
  });

  it("refuses a secret of another length", async () => {
    await expect(sealChunk(filledBytes(9, 1), new Uint8Array(31))).rejects.toThrow("31 bytes");
  });
});

describe("the key of a compressed chunk", () => {
  const plain = patternBytes(1000);
  /** A platform whose compressor calls its result `codec` and leaves `padding` zeros behind the frame. */
  function platformWith(codec: ZstdCompressor["codec"], padding: number): ChunkCrypto {
    const zstd = nodeCrypto.bulk.zstd!;
    const compress = async (bytes: Uint8Array) => {
      const frame = await zstd.compress(bytes);
      const padded = new Uint8Array(frame.length + padding);
      padded.set(frame);
      return padded;
    };
    return { ...nodeCrypto, bulk: { ...nodeCrypto.bulk, zstd: { ...zstd, codec, compress } } };
  }

  it("differs when one compressor gives other bytes, as one key must not seal two messages", async () => {
    const one = await sealChunk(plain, SECRET, { crypto: platformWith("zstd-1.5.7-l1", 0) });
    const two = await sealChunk(plain, SECRET, { crypto: platformWith("zstd-1.5.7-l1", 1) });
    expect(two.codec).toBe(one.codec);
    expect(two.key).not.toEqual(one.key);
  });

  it("differs by codec, even for the same bytes", async () => {
    const one = await sealChunk(plain, SECRET, { crypto: platformWith("zstd-1.5.7-l1", 0) });
    const two = await sealChunk(plain, SECRET, { crypto: platformWith("zstd-1.5.8-l1", 0) });
    expect(two.key).not.toEqual(one.key);
    expect(two.plainHash).toEqual(one.plainHash);
  });

  it("opens by any version of the compressor", async () => {
    const chunk = await sealChunk(plain, SECRET, { crypto: platformWith("zstd-9.9.9-l3", 0) });
    expect(chunk.codec).toBe("zstd-9.9.9-l3");
    expect(await open(chunk, plain.length)).toEqual(plain);
  });
});

describe("openChunk", () => {
  it("finds any flipped bit of a small chunk", async () => {
    const chunk = await sealChunk(noiseBytes(40), SECRET);
    for (let bit = 0; bit < chunk.sealed.length * 8; bit++) {
      await expect(open(chunk, 40, { sealed: withBitFlipped(chunk.sealed, bit) })).rejects.toSatisfy(corrupt);
    }
    for (let bit = 0; bit < 256; bit++) {
      await expect(open(chunk, 40, { key: withBitFlipped(chunk.key, bit) })).rejects.toSatisfy(corrupt);
    }
  });

  it("finds a flipped bit, missing bytes or added ones in any chunk", async () => {
    await fc.assert(
      fc.asyncProperty(plainChunk, fc.nat(), async (plain, at) => {
        const chunk = await sealChunk(plain, SECRET);
        const { sealed } = chunk;
        const changed = [
          withBitFlipped(sealed, at % (sealed.length * 8)),
          sealed.subarray(0, at % sealed.length),
          new Uint8Array([...sealed.subarray(0, 100), 0, ...sealed.subarray(100)]),
        ];
        for (const other of changed) {
          await expect(open(chunk, plain.length, { sealed: other })).rejects.toSatisfy(corrupt);
        }
      }),
      runs,
    );
  });

  it("opens by its own key only", async () => {
    const plain = noiseBytes(1000);
    const chunk = await sealChunk(plain, SECRET);
    const { key } = await sealChunk(plain, OTHER_SECRET);
    await expect(open(chunk, 1000, { key })).rejects.toSatisfy(corrupt);
  });

  it.each([noiseBytes(1000), patternBytes(1000)])("finds another length than it should have", async (plain) => {
    const chunk = await sealChunk(plain, SECRET);
    for (const length of [1, 999, 1001]) await expect(open(chunk, length)).rejects.toSatisfy(corrupt);
    for (const length of [0, -1, 0.5, 4 * MIB + 1]) {
      await expect(open(chunk, length)).rejects.toSatisfy((error) => hasCode(error, "WRONG_CHUNK_LENGTH"));
    }
  });

  it("does not mistake one codec for another", async () => {
    const noise = await sealChunk(noiseBytes(1000), SECRET);
    await expect(open(noise, 1000, { codec: "zstd-1.5.7-l1" })).rejects.toSatisfy(corrupt);
    const pattern = await sealChunk(patternBytes(1000), SECRET);
    await expect(open(pattern, 1000, { codec: "none" })).rejects.toSatisfy(corrupt);
  });

  it("says so where the platform has no zstd", async () => {
    const withoutZstd = { ...nodeCrypto, bulk: { ...nodeCrypto.bulk, zstd: undefined } };
    const plain = patternBytes(1000);
    expect((await sealChunk(plain, SECRET, { crypto: withoutZstd })).codec).toBe("none");
    const { sealed, key, codec } = await sealChunk(plain, SECRET);
    const request = { sealed, key, codec, plainLength: 1000 };
    await expect(openChunk(request, { crypto: withoutZstd })).rejects.toThrow(codec);
  });
});

describe("the port", () => {
  it("can be that of a browser, whose WebCrypto answers later", async () => {
    const browser: ChunkCrypto = { ...nodeCrypto, bulk: webBulkCrypto() };
    const plain = noiseBytes(200_000);
    const chunk = await sealChunk(plain, SECRET, { crypto: browser });
    expect(chunk).toEqual(await sealChunk(plain, SECRET));
    const request = { sealed: chunk.sealed, key: chunk.key, codec: chunk.codec, plainLength: plain.length };
    expect(hex(await openChunk(request, { crypto: browser }))).toBe(hex(plain));
    const changed = { ...request, sealed: withBitFlipped(chunk.sealed, 7) };
    await expect(openChunk(changed, { crypto: browser })).rejects.toSatisfy(corrupt);
  });
});

function webBulkCrypto(): BulkCrypto {
  const { subtle } = webcrypto;
  const run = async (use: "encrypt" | "decrypt", { key, nonce, bytes, aad }: AesGcmRequest) => {
    const imported = await subtle.importKey("raw", new Uint8Array(key), "AES-GCM", false, [use]);
    const algorithm = {
      name: "AES-GCM",
      iv: new Uint8Array(nonce),
      ...(aad && { additionalData: new Uint8Array(aad) }),
    };
    return new Uint8Array(await subtle[use](algorithm, imported, new Uint8Array(bytes)));
  };
  return {
    sha256: async (bytes) => new Uint8Array(await subtle.digest("SHA-256", new Uint8Array(bytes))),
    sealAesGcm: (request) => run("encrypt", request),
    openAesGcm: (request) => run("decrypt", request).catch(() => undefined),
    nameChunk: async (sealed) => chunkNameOf(sealed),
    zstd: undefined,
  };
}

describe("a chunk that was sealed long ago", () => {
  // Whatever compressor comes later: what zstd 1.5.7 made must open for ever. Sealing anew may give other bytes.
  it("opens: zstd-1.5.7-l1", async () => {
    const sealed = new Uint8Array(
      Buffer.from("1979404e549ddea72a2d3593bd66258dcb200c124942a9044c1beb54b10e9c62c5418bf9c9506746df07f9f4", "hex"),
    );
    const key = new Uint8Array(Buffer.from("ec1f7f69eea62812a785b05d339f3b7222fb6b4a6ebdbdcd5ef3ff9b7711cf72", "hex"));
    expect(chunkNameOf(sealed)).toBe("1b99a0da7ba62e9bc9cc0aae6079bedf7304c59fa4b8223f3d4d27fbf7cf2e3a");
    const plain = await openChunk({ sealed, key, codec: "zstd-1.5.7-l1", plainLength: 1100 });
    expect(new TextDecoder().decode(plain)).toBe("commonhold ".repeat(100));
  });
});
