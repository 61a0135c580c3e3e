import { randomBytes } from "node:crypto";
import { Writable } from "node:stream";
import { crc32 } from "node:zlib";
import type { BufferLease } from "@commonhold/runtime/buffer-pool.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PieceStream } from "../downloads/piece-stream.ts";
import { centralHeader, dataDescriptor, endRecords, localHeader, type ZipEntry } from "./zip-format.ts";
import { readZip } from "./zip.fixture.ts";
import { zipSizeOf, zipStream } from "./zip-stream.ts";

const MODIFIED_AT_MS = Date.UTC(2026, 0, 31, 12, 30, 58);

type Entry = ZipEntry & { readonly content: Uint8Array };

const entryOf = (name: string, content: Uint8Array): Entry => ({
  name,
  content,
  sizeBytes: content.length,
  modifiedAtMs: MODIFIED_AT_MS,
});

const leased = (bytes: Uint8Array): BufferLease => ({ bytes, release: () => {} });

async function* piecesOf({ content }: Entry): AsyncGenerator<BufferLease, void, void> {
  for (let at = 0; at < content.length; at += 1000) yield leased(content.subarray(at, at + 1000));
}

async function zip(entries: readonly Entry[]): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of zipStream(entries, piecesOf)) pieces.push(piece.bytes);
  return Buffer.concat(pieces);
}

describe("a zip", () => {
  it("of one file is the one that was written down", async () => {
    const bytes = await zip([entryOf("é.txt", Buffer.from("hello"))]);
    expect(bytes.toString("hex")).toMatchInlineSnapshot(
      `"504b0304140008080000dd633f5c00000000000000000000000006000900c3a92e747874555405000102f67d6968656c6c6f504b070886a610360500000005000000504b01022d03140008080000dd633f5c86a610360500000005000000060009000000000000000000a48100000000c3a92e747874555405000102f67d69504b050600000000010001003d000000420000000000"`,
    );
  });

  it("of thousands of empty files lets others have their turn", async () => {
    let turns = 0;
    let next = setImmediate(function take() {
      turns += 1;
      next = setImmediate(take);
    });
    await zip(Array.from({ length: 3_000 }, (_, number) => entryOf(`${number}`, new Uint8Array())));
    clearImmediate(next);
    expect(turns).toBeGreaterThan(20);
  });

  it("holds what was put into it, and is as long as was said", async () => {
    const part = fc.string({ minLength: 1, maxLength: 8, unit: "grapheme" }).filter((name) => !/[/\\]/.test(name));
    const name = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
    const entry = fc.record({ name, length: fc.integer({ min: 0, max: 5_000 }) });
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(entry, { selector: (each) => each.name, maxLength: 20 }), async (made) => {
        const entries = made.map((each) => entryOf(each.name, randomBytes(each.length)));
        const bytes = await zip(entries);
        expect(bytes.length).toBe(zipSizeOf(entries));
        const read = readZip(bytes);
        expect(read.map((each) => each.name)).toEqual(entries.map((each) => each.name));
        for (const [index, each] of read.entries()) {
          expect(Buffer.compare(each.content, entries[index]!.content)).toBe(0);
          expect(each.crc32).toBe(crc32(entries[index]!.content));
        }
      }),
      { numRuns: 30 },
    );
  });

  it("has a directory of any length, with folders", async () => {
    const entries = Array.from({ length: 70_000 }, (_, index) => entryOf(`folder/${index}/`, new Uint8Array()));
    const bytes = await zip(entries);
    expect(bytes.length).toBe(zipSizeOf(entries));
    const read = readZip(bytes);
    expect([read.length, read.at(-1)?.name]).toEqual([70_000, "folder/69999/"]);
  });

  it("takes nothing before it is asked for, and ends what it reads when it is left", async () => {
    const events: string[] = [];
    async function* content(entry: ZipEntry) {
      events.push(`begin ${entry.name}`);
      try {
        yield leased(Buffer.alloc(entry.sizeBytes));
        events.push("more");
      } finally {
        events.push(`end ${entry.name}`);
      }
    }
    const stream = zipStream([entryOf("a", Buffer.alloc(9)), entryOf("b", Buffer.alloc(9))], content);
    await stream.next();
    expect(events).toEqual([]);
    await stream.next();
    expect(events).toEqual(["begin a"]);
    await stream.return();
    expect(events).toEqual(["begin a", "end a"]);
  });

  it("is sent with one piece of content in memory, which is given back once it was sent", async () => {
    const events: string[] = [];
    async function* content(entry: ZipEntry) {
      events.push(`give ${entry.name}`);
      yield { bytes: Buffer.alloc(entry.sizeBytes), release: () => events.push(`release ${entry.name}`) };
    }
    let goOn = (): void => {};
    const sink = new Writable({ highWaterMark: 1_000, write: (_bytes, _, done) => void (goOn = done) });
    const pieces = zipStream([entryOf("a", Buffer.alloc(5_000)), entryOf("b", Buffer.alloc(5_000))], content);
    const stream = new PieceStream((await pieces.next()).value!, pieces, sink);
    stream.pipe(sink);
    const settle = async () => {
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    };
    await settle();
    expect(events).toEqual(["give a"]);
    for (let piece = 0; piece < 2; piece++) {
      goOn();
      await settle();
    }
    expect(events).toEqual(["give a", "release a", "give b"]);
    stream.destroy();
  });

  it.each([8, 10])("breaks off where a file of 9 bytes has %i", async (length) => {
    const entry = { ...entryOf("a", Buffer.alloc(length)), sizeBytes: 9 };
    await expect(zip([entry])).rejects.toMatchObject({ code: "CHUNK_CORRUPT" });
  });
});

describe("ZIP64", () => {
  const GIB = 2 ** 30;
  const large = { name: "film", sizeBytes: 5 * GIB, modifiedAtMs: 0 };

  it("says sizes and places beyond 4 GiB in 8 bytes", () => {
    expect(localHeader(large).length).toBe(localHeader({ ...large, sizeBytes: 1 }).length + 20);
    expect(dataDescriptor(large, 7).readBigUInt64LE(8)).toBe(BigInt(5 * GIB));
    const header = centralHeader({ entry: large, offset: 6 * GIB, crc32: 7 });
    expect([header.readUInt16LE(6), header.readUInt32LE(24), header.readUInt32LE(42)]).toEqual([
      45, 0xffff_ffff, 0xffff_ffff,
    ]);
    const extra = 46 + header.readUInt16LE(28);
    expect([header.readUInt16LE(extra), header.readUInt16LE(extra + 2)]).toEqual([1, 24]);
    const values = [4, 12, 20].map((at) => Number(header.readBigUInt64LE(extra + at)));
    expect(values).toEqual([5 * GIB, 5 * GIB, 6 * GIB]);
    const far = centralHeader({ entry: { ...large, sizeBytes: 1 }, offset: 6 * GIB, crc32: 7 });
    expect([far.readUInt16LE(50 + 2), Number(far.readBigUInt64LE(54))]).toEqual([8, 6 * GIB]);
  });

  it("begins with 4 GiB and with 65,535 entries", () => {
    const end = (count: number, offset: number) => endRecords({ count, offset, bytes: 5 }).length;
    expect([end(65_534, 0xffff_fffe), end(65_535, 0), end(1, 0xffff_ffff)]).toEqual([22, 98, 98]);
    expect(zipSizeOf([large])).toBe(5 * GIB + 30 + 4 + 20 + 9 + 24 + 46 + 4 + 20 + 9 + 98);
  });
});
