import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { tempFolder } from "../testing/temp-folder.ts";
import { testChunk } from "../testing/test-chunks.ts";
import { openChunkIndex } from "./open-chunk-index.ts";

const names = Array.from({ length: 1500 }, (_, seed) => testChunk(seed, 10).name).sort();

function filledIndex(): string {
  const file = join(tempFolder(), "index.db");
  const { index } = openChunkIndex(file);
  index.transaction(() => {
    for (const [i, name] of names.entries()) index.put([{ name, length: i + 1, storedAtMs: 1000 + i }]);
  });
  index.close();
  return file;
}

describe("the index of chunks", () => {
  it("keeps its rows and its totals", () => {
    const { index, rebuilt } = openChunkIndex(filledIndex());
    expect(rebuilt).toBeUndefined();
    expect(index.totals).toMatchObject({ chunkCount: 1500, usedBytes: (1500 * 1501) / 2 });
    expect(index.get(names[7]!)).toMatchObject({ length: 8, storedAtMs: 1007, damaged: false });
    expect(index.page(names[3], undefined, 2).map((row) => row.name)).toEqual([names[4], names[5]]);
    index.put([{ name: names[0]!, length: 101, storedAtMs: 1 }]);
    index.remove(names[1]!);
    index.remove(names[1]!);
    expect(index.totals).toMatchObject({ chunkCount: 1499, usedBytes: (1500 * 1501) / 2 + 100 - 2 });
    const counted = index.totals;
    index.recount();
    expect(index.totals).toEqual(counted);
    index.close();
  });

  it("writes down many reads as they come, and the rest when it is closed", () => {
    const file = filledIndex();
    const { index } = openChunkIndex(file);
    for (const [i, name] of names.entries()) index.noteRead(name, 5000 + i);
    const noted = names.filter((name) => index.get(name)?.lastReadAtMs !== undefined).length;
    expect(noted).toBeGreaterThan(500);
    expect(noted).toBeLessThan(1500);
    index.close();
    const reopened = openChunkIndex(file).index;
    for (const [i, name] of names.entries()) expect(reopened.get(name)?.lastReadAtMs).toBe(5000 + i);
    reopened.close();
  });

  it("shows the latest reads, and goes without their notes where they cannot be written", () => {
    const file = filledIndex();
    const { index } = openChunkIndex(file);
    index.noteRead(names[2]!, 77);
    expect(index.heldPage(names[1], 1)).toMatchObject([{ name: names[2], lastReadAtMs: 77 }]);
    const other = new DatabaseSync(file);
    other.exec("BEGIN IMMEDIATE");
    for (const [i, name] of names.slice(0, 600).entries()) index.noteRead(name, 5000 + i);
    other.exec("ROLLBACK");
    other.close();
    expect(index.get(names[2]!)?.lastReadAtMs).toBeUndefined();
    index.close();
  });

  it("is made anew where rot has put its rows out of order", () => {
    const file = filledIndex();
    const bytes = readFileSync(file);
    const at = bytes.indexOf(names[700]!);
    expect(at).toBeGreaterThan(0);
    bytes.fill("f", at, at + 64);
    writeFileSync(file, bytes);
    const { index, rebuilt } = openChunkIndex(file);
    expect(rebuilt).toContain("damaged");
    expect(index.totals).toMatchObject({ chunkCount: 0, usedBytes: 0 });
    index.close();
  });

  it("is made anew where it is of another version", () => {
    const file = filledIndex();
    const db = new DatabaseSync(file);
    db.exec("PRAGMA user_version = 99");
    db.close();
    const { index, rebuilt } = openChunkIndex(file, false);
    expect(rebuilt).toContain("version 99");
    index.close();
  });
});
