import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { chunkNameOf } from "@commonhold/chunk/merkle.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { describe, expect, it } from "vitest";
import { writeIndexVersion1 } from "../testing/index-version-1.ts";
import { openTestStore } from "../testing/open-test-store.ts";
import { openPackedStore } from "../testing/open-packed-store.ts";
import { packedNames } from "../testing/read-packs.ts";
import { tempFolder } from "../testing/temp-folder.ts";
import { testChunk } from "../testing/test-chunks.ts";
import { openChunkIndex } from "./open-chunk-index.ts";

const HELLO = "cf1b6c96f0fcdb59fffdc5a353309421c73530cf0639f595d3a42546131c168b" as ChunkName;
const ROTTEN = "d".repeat(64) as ChunkName;

function oldIndex(): string {
  const file = join(tempFolder(), "index.db");
  writeIndexVersion1(file);
  return file;
}

function versionOf(file: string): unknown {
  using database = new DatabaseSync(file);
  return database.prepare("PRAGMA user_version").get()?.["user_version"];
}

describe("an index of the first version", () => {
  it("is brought up to date in place and keeps what it knows; epochs and owners are unknown", () => {
    const file = oldIndex();
    expect(versionOf(file)).toBe(1);
    for (let opened = 1; opened <= 2; opened++) {
      const { index, rebuilt } = openChunkIndex(file);
      expect(rebuilt).toBeUndefined();
      expect(index.get(HELLO)).toEqual({
        name: HELLO,
        length: 5,
        storedAtMs: 1_767_225_600_000,
        lastReadAtMs: 1_767_225_600_001,
        damaged: false,
        epoch: undefined,
        own: undefined,
        packed: undefined,
      });
      expect(index.get(ROTTEN)).toMatchObject({ damaged: true, length: 9 });
      expect(index.totals).toEqual({
        chunkCount: 2,
        heldBytes: 14,
        usedBytes: 14,
        deadBytes: 0,
        ownBytes: 0,
        lentBytes: 0,
        damagedCount: 1,
        lossCount: 0,
      });
      index.close();
      expect(versionOf(file)).toBe(3);
    }
  });

  it("is used by a store: its chunks can be deleted under any epoch, and take an epoch when they are stored again", async () => {
    const folder = tempFolder();
    writeIndexVersion1(join(folder, "index.db"));
    mkdirSync(join(folder, "chunks/c/f"), { recursive: true });
    writeFileSync(join(folder, "chunks/c/f", HELLO), "hello");
    const store = await openTestStore(folder, { nameOf: chunkNameOf });
    const hello = new TextEncoder().encode("hello");
    expect(await store.store(HELLO, hello, { epoch: 4, own: true })).toEqual({ alreadyHeld: true });
    expect(store.list({ limit: 1 }).items[0]).toMatchObject({ epoch: 4, own: true });
    expect(await store.delete(HELLO, 4)).toBe("stored_anew");
    expect(await store.delete(ROTTEN, 1)).toBe("deleted");
    await store.close();
  });

  it("that cannot be brought up to date now is left as it was, and is brought up to date at the next start", () => {
    const file = oldIndex();
    using other = new DatabaseSync(file);
    other.exec("CREATE TABLE loss (x); PRAGMA user_version = 1");
    expect(() => openChunkIndex(file, false)).toThrow(expect.objectContaining({ code: "STORAGE_FAILURE" }));
    other.exec("DROP TABLE loss");
    expect(other.prepare("SELECT count(*) AS n FROM chunk").get()).toEqual({ n: 2 });
    expect(versionOf(file)).toBe(1);
    const columns = other.prepare("SELECT name FROM pragma_table_info('chunk')").all();
    expect(columns.map(({ name }) => name)).not.toContain("epoch");
    const { index, rebuilt } = openChunkIndex(file, false);
    expect(rebuilt).toBeUndefined();
    expect(index.get(HELLO)).toMatchObject({ length: 5 });
    index.close();
  });

  it("in which a byte changed since it was closed is made anew", () => {
    const file = oldIndex();
    openChunkIndex(file).index.close();
    expect(existsSync(`${file}.sha256`)).toBe(true);
    const bytes = readFileSync(file);
    const at = bytes.indexOf(HELLO);
    bytes[at]! ^= 1;
    writeFileSync(file, bytes);
    const { index, rebuilt } = openChunkIndex(file);
    expect(rebuilt).toContain("damaged");
    expect(index.totals.chunkCount).toBe(0);
    index.close();
  });
});

describe("an index of the second version", () => {
  const SCHEMA_2 = `
    CREATE TABLE chunk (
      name TEXT PRIMARY KEY, length INTEGER NOT NULL, stored_at_ms INTEGER NOT NULL, last_read_at_ms INTEGER,
      damaged INTEGER NOT NULL DEFAULT 0, epoch INTEGER, own INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE loss (name TEXT PRIMARY KEY, found_at_ms INTEGER NOT NULL, why TEXT NOT NULL) STRICT, WITHOUT ROWID;
    PRAGMA user_version = 2;
    INSERT INTO chunk VALUES ('${HELLO}', 5, 1767225600000, NULL, 0, 4, 1);
    INSERT INTO loss VALUES ('${ROTTEN}', 1767225600002, 'missing')`;

  it("keeps what it knows; the small chunk keeps its file, and new ones go into a pack beside it", async () => {
    const folder = tempFolder();
    const database = new DatabaseSync(join(folder, "index.db"));
    database.exec(`PRAGMA journal_mode = WAL; ${SCHEMA_2}`);
    database.close();
    const file = join(folder, "chunks/c/f", HELLO);
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, "hello");
    const store = await openPackedStore(folder, { nameOf: chunkNameOf });
    expect(store.losses(10)).toEqual([{ name: ROTTEN, foundAtMs: 1_767_225_600_002, why: "missing" }]);
    const hello = new TextEncoder().encode("hello");
    expect(await store.store(HELLO, hello, { epoch: 4 })).toEqual({ alreadyHeld: true });
    const other = testChunk(1, 1000, chunkNameOf);
    await store.store(other.name, other.sealed);
    // Damaged and stored anew it keeps to its file, too.
    writeFileSync(file, "jello");
    expect(await store.store(HELLO, hello)).toEqual({ alreadyHeld: false });
    await store.close();
    expect(readFileSync(file, "utf8")).toBe("hello");
    expect(packedNames(folder)).toEqual([other.name]);
    expect(versionOf(join(folder, "index.db"))).toBe(3);

    const reopened = await openPackedStore(folder, { nameOf: chunkNameOf });
    expect(reopened.list({ limit: 9 }).items).toMatchObject(
      [
        { name: HELLO, epoch: 4, own: true, packed: undefined },
        { name: other.name, packed: { pack: 1, offset: 24, sequence: 1 } },
      ].sort((a, b) => (a.name < b.name ? -1 : 1)),
    );
    expect(await reopened.delete(HELLO, 5)).toBe("deleted");
    expect(existsSync(file)).toBe(false);
    await reopened.close();
  });
});
