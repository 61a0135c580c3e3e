import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "./node-crypto.ts";
import { filledBytes, hex, noiseBytes, withBitFlipped } from "./testing/test-bytes.ts";

const unhex = (text: string) => new Uint8Array(Buffer.from(text, "hex"));
const { sha256, bulk } = nodeCrypto;

describe("sha256", () => {
  it("hashes parts as if they were one, few bytes or many", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 90 }), { maxLength: 5 }), (parts) => {
        const expected = createHash("sha256").update(Buffer.concat(parts)).digest("hex");
        expect(hex(sha256(...parts))).toBe(expected);
      }),
    );
  });

  it("gives results that later calls leave alone", () => {
    const first = sha256(filledBytes(1, 1), filledBytes(1, 2));
    const kept = hex(first);
    sha256(filledBytes(1, 3), filledBytes(1, 4));
    expect(hex(first)).toBe(kept);
  });

  it("gives Uint8Arrays whose slices are copies", () => {
    const results = [sha256(filledBytes(1, 1)), sha256(filledBytes(100, 1), filledBytes(100, 1))];
    for (const result of results) expect(Object.getPrototypeOf(result)).toBe(Uint8Array.prototype);
  });
});

describe("keyed hashes", () => {
  it("HMAC keeps to RFC 4231, case 2", () => {
    const key = new TextEncoder().encode("Jefe");
    const digest = nodeCrypto.hmacSha256(
      key,
      new TextEncoder().encode("what do ya want "),
      new TextEncoder().encode("for nothing?"),
    );
    expect(hex(digest)).toBe("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  });

  it("HKDF keeps to the first 32 bytes of RFC 5869, case 1", () => {
    const okm = nodeCrypto.hkdfSha256({
      secret: filledBytes(22, 0x0b),
      salt: unhex("000102030405060708090a0b0c"),
      info: unhex("f0f1f2f3f4f5f6f7f8f9"),
    });
    expect(hex(okm)).toBe("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
  });
});

describe("AES-256-GCM", () => {
  // Test case 16 of the GCM specification (McGrew and Viega).
  const request = {
    key: unhex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"),
    nonce: unhex("cafebabefacedbaddecaf888"),
    aad: unhex("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
  };
  const plain = unhex(
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72" +
      "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
  );
  const sealed = unhex(
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa" +
      "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662" +
      "76fc6ece0f4e1768cddf8853bb2d551b",
  );

  it("keeps to its published vector", () => {
    expect(hex(nodeCrypto.sealAesGcm({ ...request, bytes: plain }))).toBe(hex(sealed));
    expect(nodeCrypto.openAesGcm({ ...request, bytes: sealed })).toEqual(plain);
  });

  it("opens nothing that was changed, bit by bit", () => {
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      expect(nodeCrypto.openAesGcm({ ...request, bytes: withBitFlipped(sealed, bit) })).toBeUndefined();
    }
    expect(nodeCrypto.openAesGcm({ ...request, aad: withBitFlipped(request.aad, 0), bytes: sealed })).toBeUndefined();
    for (let length = 0; length < sealed.length; length++) {
      expect(nodeCrypto.openAesGcm({ ...request, bytes: sealed.subarray(0, length) })).toBeUndefined();
    }
  });

  it("comes back whole across slices, in a buffer of its own", async () => {
    for (const length of [0, 65_535, 65_536, 65_537, 200_000]) {
      const bytes = noiseBytes(length);
      const message = await bulk.sealAesGcm({ ...request, bytes });
      expect(message.buffer.byteLength).toBe(length + 16);
      expect(hex((await bulk.openAesGcm({ ...request, bytes: message }))!)).toBe(hex(bytes));
    }
  });
});

describe("zstd", () => {
  const zstd = bulk.zstd!;

  it("names compressor, version and level", () => {
    expect(zstd.codec).toMatch(/^zstd-\d+\.\d+\.\d+-l1$/);
  });

  it("comes back as it was", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 5000 }), async (bytes) => {
        expect(await zstd.decompress(await zstd.compress(bytes), bytes.length)).toEqual(bytes);
      }),
    );
  });

  it("opens no more bytes than it may", async () => {
    const bomb = await zstd.compress(new Uint8Array(4_000_000));
    expect(bomb.length).toBeLessThan(1000);
    expect(await zstd.decompress(bomb, 3_999_999)).toBeUndefined();
    expect(await zstd.decompress(bomb, 1)).toBeUndefined();
    expect(await zstd.decompress(bomb, 4_000_000)).toHaveLength(4_000_000);
  });

  it("opens nothing that is no frame", async () => {
    const frame = await zstd.compress(filledBytes(1000, 7));
    expect(await zstd.decompress(filledBytes(100, 1), 1000)).toBeUndefined();
    expect(await zstd.decompress(frame.subarray(0, -1), 1000)).toBeUndefined();
  });
});
