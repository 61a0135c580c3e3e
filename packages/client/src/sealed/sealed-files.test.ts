import { createDecipheriv, createHash, hkdfSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { failureOf, memorySource, TEST_DEPS } from "../testing/test-client.ts";
import { openSealed, type SealedBytes, type SealedContent } from "./open-sealed.ts";
import { sealSource } from "./seal-source.ts";
import { HEADER_BYTES, plainSizeOf, SEALED_SEGMENT_BYTES, SEGMENT_BYTES, sealedSizeOf } from "./sealed-format.ts";

const KEY = Uint8Array.from({ length: 32 }, (_, index) => index);
/** "chance" that counts up, for golden vectors. */
const counting = { random: { bytes: (length: number) => new Uint8Array(length).fill(length), fraction: () => 0 } };

function patterned(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + (index >> 8)) % 251);
}

async function seal(content: Uint8Array, deps: Parameters<typeof sealSource>[0] = TEST_DEPS) {
  const source = await sealSource(deps, memorySource("Tagebuch <é>.txt", content), {
    key: KEY,
    mediaType: "text/plain",
  });
  return { source, sealed: await source.slice(0, source.sizeBytes) };
}

/** Pieces of a length that fits nothing. */
function bytesOf(sealed: Uint8Array, pieceBytes = 10_007): SealedBytes {
  return {
    sizeBytes: sealed.length,
    async *read(start, end) {
      for (let at = start; at < end; at += pieceBytes) yield sealed.subarray(at, Math.min(end, at + pieceBytes));
    },
  };
}

async function all(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const gathered: Uint8Array[] = [];
  for await (const piece of pieces) gathered.push(piece);
  return new Uint8Array(Buffer.concat(gathered));
}

/** Opens it and reads all of it. */
async function read(sealed: Uint8Array, key = KEY): Promise<Uint8Array> {
  return all((await openSealed(bytesOf(sealed), key)).read());
}

const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

describe("the format", () => {
  it("of a short file is the one that was written down", async () => {
    const { source, sealed } = await seal(new TextEncoder().encode("hello"), counting);
    expect(source.name).toBe(`sealed-${"0c".repeat(12)}.chsealed`);
    expect(Buffer.from(sealed).toString("hex")).toMatchInlineSnapshot(
      `"43485345414c4544011010101010101010101010101010101007070707070707604edde6925a77cff59b101304eb3fc3978de1088128e6f1fd8caac437c7d96651a93da192b5333d322f2bf2df13963fcfbe44147669b1468f80b7ebb5f948c4071cd1c3c4c50e783b132b213060a7"`,
    );
  });

  it("opens by what is written of it, with other tools", async () => {
    const { sealed } = await seal(new TextEncoder().encode("hello"), counting);
    const header = sealed.slice(0, 32);
    const info = Buffer.concat([Buffer.from("commonhold sealed file v1"), header]);
    const key = new Uint8Array(hkdfSync("sha256", KEY, header.subarray(9, 25), info, 32));
    const decipher = createDecipheriv(
      "aes-256-gcm",
      key,
      Buffer.concat([header.subarray(25), Uint8Array.of(0, 0, 0, 0, 1)]),
    );
    decipher.setAuthTag(sealed.subarray(-16));
    const plain = Buffer.concat([decipher.update(sealed.subarray(32, -16)), decipher.final()]);
    const head = '{"name":"Tagebuch <é>.txt","media_type":"text/plain"}';
    expect(plain.readUInt32BE()).toBe(Buffer.byteLength(head));
    expect(plain.subarray(4).toString()).toBe(`${head}hello`);
  });

  it.each([
    [SEGMENT_BYTES, "d67bd9b1ba87b917b9da963ece924fce37080185b93556648e811f792cbf9cf9"],
    [3 * SEGMENT_BYTES + 1, "657321dc815f4f5cdf9eb6efb9a20641f85ea13da4308f8eb2265e0cc5b67b90"],
  ])("of %i bytes is the one that was written down", async (length, digest) => {
    expect(hash((await seal(patterned(length), counting)).sealed)).toBe(digest);
  });
});

describe("what was sealed", () => {
  it("is opened again, whatever its length", async () => {
    const around = [0, 1, 2].flatMap((segments) => [-60, -1, 0, 1].map((more) => segments * SEGMENT_BYTES + more));
    for (const length of around.filter((each) => each >= 0)) {
      const content = patterned(length);
      const { source, sealed } = await seal(content);
      expect(sealed.length).toBe(source.sizeBytes);
      const opened = await openSealed(bytesOf(sealed), KEY);
      expect([opened.name, opened.mediaType, opened.sizeBytes]).toEqual(["Tagebuch <é>.txt", "text/plain", length]);
      expect(hash(await all(opened.read()))).toBe(hash(content));
    }
  });

  it("is opened in the middle, with only the segments that are needed", async () => {
    const content = patterned(5 * SEGMENT_BYTES);
    const { sealed } = await seal(content);
    const bytes = bytesOf(sealed);
    const asked: number[] = [];
    const counted = {
      ...bytes,
      read: (start: number, end: number) => (asked.push(end - start), bytes.read(start, end)),
    };
    const opened = await openSealed(counted, KEY);
    asked.length = 0;
    const [from, to] = [2 * SEGMENT_BYTES + 5, 2 * SEGMENT_BYTES + 10];
    expect(await all(opened.read(from, to))).toEqual(content.slice(from, to));
    expect(asked).toEqual([SEALED_SEGMENT_BYTES]);
  });

  it("is the same for any slices and any ranges", async () => {
    const content = patterned(3 * SEGMENT_BYTES + 999);
    const { source, sealed } = await seal(content);
    const opened: SealedContent = await openSealed(bytesOf(sealed, 65_000), KEY);
    const place = fc.integer({ min: 0, max: sealed.length + 10 });
    await fc.assert(
      fc.asyncProperty(place, place, async (a, b) => {
        const [start, end] = [Math.min(a, b), Math.max(a, b)];
        expect(hash(await source.slice(start, end))).toBe(hash(sealed.slice(start, end)));
        expect(hash(await all(opened.read(start, end)))).toBe(hash(content.slice(start, end)));
      }),
      { numRuns: 40 },
    );
  });

  it("says nothing of name, type or content, and is another each time", async () => {
    const { source, sealed } = await seal(new TextEncoder().encode("secret content"));
    for (const word of ["Tagebuch", "text/plain", "secret"]) expect(Buffer.from(sealed).includes(word)).toBe(false);
    expect(source.name).toMatch(/^sealed-[0-9a-f]{24}\.chsealed$/);
    const again = await seal(new TextEncoder().encode("secret content"));
    expect(hash(again.sealed.slice(HEADER_BYTES))).not.toBe(hash(sealed.slice(HEADER_BYTES)));
    expect(again.source.name).not.toBe(source.name);
  });

  it("is never two things under one nonce: a file that changes meanwhile is refused", async () => {
    const content = patterned(2 * SEGMENT_BYTES);
    const memory = memorySource("a", content);
    const source = await sealSource(TEST_DEPS, memory, { key: KEY, mediaType: "" });
    await source.slice(0, 100_000);
    content[5] = 255;
    expect(await failureOf(source.slice(0, 100))).toMatchObject({ code: "CONCURRENT_CHANGE" });
    const shorter = { ...memory, slice: async (start: number) => memory.slice(start, start + 1) };
    const cut = await sealSource(TEST_DEPS, shorter, { key: KEY, mediaType: "" });
    expect(await failureOf(cut.slice(0, 100))).toMatchObject({ code: "CONCURRENT_CHANGE" });
  });
});

describe("what was tampered with is refused:", () => {
  const broken = { code: "SEAL_BROKEN" };
  const four = patterned(4 * SEGMENT_BYTES - 100);
  const segment = (sealed: Uint8Array, number: number) => {
    const start = HEADER_BYTES + number * SEALED_SEGMENT_BYTES;
    return sealed.slice(start, start + SEALED_SEGMENT_BYTES);
  };
  const join = (...parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(parts));

  it("any bit that is another", async () => {
    const { sealed } = await seal(patterned(SEGMENT_BYTES + 50));
    await fc.assert(
      fc.asyncProperty(fc.nat(sealed.length - 1), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
        const changed = sealed.slice();
        changed[at]! ^= mask;
        expect(await failureOf(read(changed))).toMatchObject(broken);
      }),
      { numRuns: 60 },
    );
    for (let at = 0; at < HEADER_BYTES; at++) {
      const changed = sealed.slice();
      changed[at]! ^= 1;
      expect(await failureOf(read(changed)), `byte ${at}`).toMatchObject(broken);
    }
  });

  it("any part of it alone", async () => {
    const { sealed } = await seal(four);
    await fc.assert(
      fc.asyncProperty(fc.nat(sealed.length - 1), async (length) => {
        expect(await failureOf(read(sealed.slice(0, length)))).toMatchObject(broken);
      }),
      { numRuns: 60 },
    );
    for (const length of [
      0,
      31,
      32,
      33,
      48,
      HEADER_BYTES + SEALED_SEGMENT_BYTES,
      HEADER_BYTES + 2 * SEALED_SEGMENT_BYTES,
    ]) {
      expect(await failureOf(read(sealed.slice(0, length))), `${length}`).toMatchObject(broken);
    }
  });

  it("segments in another order, left out, doubled, or of another file under the same key", async () => {
    const { sealed } = await seal(four);
    const other = (await seal(four)).sealed;
    const header = sealed.slice(0, HEADER_BYTES);
    const [a, b, c, d] = [0, 1, 2, 3].map((number) => segment(sealed, number)) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    expect(hash(await read(join(header, a, b, c, d)))).toBe(hash(four));
    for (const parts of [[a, c, b, d], [a, b, d], [a, b, b, c, d], [b, a, c, d], [d], [a, segment(other, 1), c, d]]) {
      expect(await failureOf(read(join(header, ...parts)))).toMatchObject(broken);
    }
    expect(await failureOf(read(join(header, a, b, c, d, a)))).toMatchObject(broken);
    expect(await failureOf(read(join(other.slice(0, HEADER_BYTES), a, b, c, d)))).toMatchObject(broken);
  });

  it("a range, where the end of the file is missing", async () => {
    const { sealed } = await seal(four);
    const cut = sealed.slice(0, HEADER_BYTES + 2 * SEALED_SEGMENT_BYTES);
    expect(await failureOf(openSealed(bytesOf(cut), KEY))).toMatchObject(broken);
  });

  it("other keys", async () => {
    const { sealed } = await seal(patterned(100));
    const other = KEY.map((byte, index) => (index === 31 ? byte ^ 1 : byte));
    expect(await failureOf(read(sealed, other))).toMatchObject(broken);
    for (const length of [0, 16, 31, 33]) {
      expect(await failureOf(read(sealed, new Uint8Array(length)))).toMatchObject(broken);
    }
  });

  it("a server that sends fewer or more bytes than it said", async () => {
    const { sealed } = await seal(four);
    for (const length of [sealed.length - 1, sealed.length + 1]) {
      expect(await failureOf(openSealed({ ...bytesOf(sealed), sizeBytes: length }, KEY))).toMatchObject(broken);
    }
    let calls = 0;
    const short: SealedBytes = {
      sizeBytes: sealed.length,
      read: (start, end) => bytesOf(sealed).read(start, ++calls > 2 ? end - SEALED_SEGMENT_BYTES : end),
    };
    const opened = await openSealed(short, KEY);
    expect(await failureOf(all(opened.read(0, 3 * SEGMENT_BYTES)))).toMatchObject(broken);
    const long: SealedBytes = {
      sizeBytes: sealed.length,
      async *read(start, end) {
        yield* bytesOf(sealed).read(start, end);
        if (start > 0 && end < sealed.length) yield new Uint8Array(100);
      },
    };
    expect(await failureOf(all((await openSealed(long, KEY)).read(SEGMENT_BYTES, SEGMENT_BYTES + 5)))).toMatchObject(
      broken,
    );
  });
});

it("sizes of plain and sealed files belong together, one to one", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 48 }), (plain) => {
      expect(plainSizeOf(sealedSizeOf(plain))).toBe(plain);
    }),
  );
  for (const none of [0, HEADER_BYTES, HEADER_BYTES + 16, HEADER_BYTES + SEALED_SEGMENT_BYTES + 16]) {
    expect(() => plainSizeOf(none)).toThrow(/no sealed file has/);
  }
  expect(() => sealedSizeOf(2 ** 48 + 1)).toThrow(/too long/);
});
