import { describe, expect, it } from "vitest";
import { sha256NameOf, type TestChunk, testChunk } from "../../testing/test-chunks.ts";
import type { ReadableFile } from "../chunk-files.ts";
import { encodePackHeader, encodeRecord, PACK_HEADER_BYTES, recordBytes } from "./pack-format.ts";
import { scanPack } from "./scan-pack.ts";

const PACK = 3;

/** A pack of these chunks, stored in this order. */
function packOf(chunks: readonly TestChunk[], pack = PACK, from = PACK_HEADER_BYTES): Buffer {
  const bytes = Buffer.alloc(
    chunks.reduce((sum, { sealed }) => sum + recordBytes(sealed.length), from === PACK_HEADER_BYTES ? from : 0),
  );
  let at = from === PACK_HEADER_BYTES ? encodePackHeader(pack).copy(bytes) : 0;
  for (const [sequence, { name, sealed }] of chunks.entries()) {
    const record = {
      kind: "chunk",
      name,
      sequence,
      epoch: 1,
      own: false,
      atMs: 5,
      length: sealed.length,
    } as const;
    const offset = from === PACK_HEADER_BYTES ? at : from + at;
    at += encodeRecord(bytes, at, { record, place: { pack, offset }, sealed });
  }
  return bytes;
}

function fileOf(bytes: Uint8Array, badFrom = Number.POSITIVE_INFINITY, badUntil = badFrom): ReadableFile {
  return {
    async read(offset, target) {
      if (offset < badUntil && offset + target.length > badFrom) {
        throw Object.assign(new Error("the disk refuses"), { code: "EIO" });
      }
      const piece = bytes.subarray(offset, offset + target.length);
      target.set(piece);
      return piece.length;
    },
    close: async () => undefined,
  };
}

async function scanned(bytes: Uint8Array, { verifies = false, file = fileOf(bytes) } = {}): Promise<readonly string[]> {
  const names: string[] = [];
  const options = { pack: PACK, from: 0, sizeBytes: bytes.length, verifies, nameOf: sha256NameOf };
  for await (const found of scanPack(file, options)) names.push(...found.map(({ record }) => record.name));
  return names;
}

const chunks = [testChunk(1, 100), testChunk(2, 1), testChunk(3, 333), testChunk(4, 80), testChunk(5, 1000)];
const names = chunks.map(({ name }) => name);

describe("a pack that is scanned", () => {
  it("gives its records in their order, over many windows", async () => {
    expect(await scanned(packOf(chunks))).toEqual(names);
    const many = Array.from({ length: 90 }, (_, seed) => testChunk(seed, 1 + ((seed * 7919) % 65_536)));
    expect(await scanned(packOf(many))).toEqual(many.map(({ name }) => name));
  });

  it("loses one record at most to any byte that rots, and none behind it", async () => {
    const whole = packOf(chunks);
    let at = PACK_HEADER_BYTES;
    for (const { name, sealed } of chunks) {
      const others = names.filter((each) => each !== name);
      for (const end = at + recordBytes(sealed.length); at < end; at++) {
        const rotten = Buffer.from(whole);
        rotten[at]! ^= 0x40;
        const found = await scanned(rotten);
        expect(
          found.filter((each) => each !== name),
          `byte ${at}`,
        ).toEqual(others);
      }
    }
    for (let byte = 0; byte < PACK_HEADER_BYTES; byte++) {
      const rotten = Buffer.from(whole);
      rotten[byte]! ^= 1;
      expect(await scanned(rotten)).toEqual(names);
    }
  });

  it("ends at what is torn, wherever that is, and takes no torn chunk for one where it compares the bytes", async () => {
    const whole = packOf(chunks);
    for (let end = 0; end < whole.length; end += 3) {
      let fit = 0;
      for (let at = PACK_HEADER_BYTES; fit < chunks.length; fit++) {
        at += recordBytes(chunks[fit]!.sealed.length);
        if (at > end) break;
      }
      expect(await scanned(whole.subarray(0, end)), `end ${end}`).toEqual(names.slice(0, fit));
      // The file has grown, and what it has there did not come to the medium.
      const grown = Buffer.alloc(whole.length);
      whole.copy(grown, 0, 0, end);
      expect(await scanned(grown, { verifies: true }), `zeros from ${end}`).toEqual(
        names.filter((_, at) => Buffer.compare(recordAt(grown, at), recordAt(whole, at)) === 0),
      );
    }
  });

  it("takes no record for one that lies within a chunk, not even within a damaged one", async () => {
    const inner = [testChunk(50, 200), testChunk(51, 200)];
    // As an attacker would write it who knew where in which pack his chunk will lie.
    const from = PACK_HEADER_BYTES + recordBytes(100) + 72;
    const bait = { sealed: new Uint8Array(packOf(inner, PACK, from)), name: sha256NameOf(packOf(inner, PACK, from)) };
    const bytes = packOf([chunks[0]!, bait, chunks[2]!]);
    expect(await scanned(bytes)).toEqual([names[0], bait.name, names[2]]);
    const elsewhere = { sealed: new Uint8Array(packOf(inner)), name: sha256NameOf(packOf(inner)) };
    const damaged = packOf([chunks[0]!, elsewhere, chunks[2]!]);
    damaged[PACK_HEADER_BYTES + recordBytes(100)]! ^= 1;
    expect(await scanned(damaged)).toEqual([names[0], names[2]]);
  });

  it("loses no more than what the disk refuses to read", async () => {
    const many = Array.from({ length: 100 }, (_, seed) => testChunk(seed, 1000));
    const bytes = packOf(many);
    const bad = [12_000, 12_001] as const;
    const found = await scanned(bytes, { file: fileOf(bytes, ...bad) });
    const step = recordBytes(1000);
    const hurt = many.filter((_, at) => {
      const begin = PACK_HEADER_BYTES + at * step;
      return begin < PACK_HEADER_BYTES + 3 * 4096 && begin + 72 > PACK_HEADER_BYTES + 2 * 4096;
    });
    expect(found).toEqual(many.filter((chunk) => !hurt.includes(chunk)).map(({ name }) => name));
    expect(hurt.length).toBeLessThan(6);
  });
});

/** The bytes of the n-th record. */
function recordAt(pack: Buffer, n: number): Buffer {
  const before = chunks.slice(0, n).reduce((sum, { sealed }) => sum + recordBytes(sealed.length), PACK_HEADER_BYTES);
  return pack.subarray(before, before + 72 + chunks[n]!.sealed.length);
}
