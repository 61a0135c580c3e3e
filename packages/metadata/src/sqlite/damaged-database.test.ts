import { copyFile, readFile, stat, writeFile } from "node:fs/promises";
import { AppError } from "@commonhold/core/app-error.ts";
import type { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDatabaseFolder, type DatabaseFolder } from "./database-folder.fixture.ts";
import { openWriter } from "./open-database.ts";
import { asStorageFailure } from "./sqlite-error.ts";

const PAGE_BYTES = 4_096;
const USERS = 60;

let folder: DatabaseFolder;
beforeEach(async () => {
  folder = await createDatabaseFolder();
});
afterEach(async () => await folder.dispose());

function addUser(database: DatabaseSync, number: number): void {
  const id = `user-${number}`;
  database
    .prepare("INSERT INTO users VALUES (?, ?, ?, 'user', ?, x'00', 1, NULL, NULL)")
    .run(id, `${id}@example.org`, "Ada", "h".repeat(200));
}

function userCount(database: DatabaseSync): number {
  return Number(database.prepare("SELECT count(*) AS count FROM users").get()?.["count"]);
}

/** Reads everything, and changes something. */
function useAll(database: DatabaseSync): void {
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  for (const { name } of tables) database.prepare(`SELECT * FROM "${String(name)}"`).all();
  addUser(database, 10_000);
}

async function withFlippedByte(file: string, bytes: Buffer, offset: number): Promise<Buffer> {
  const flipped = Buffer.from(bytes);
  flipped[offset]! ^= 0xff;
  await writeFile(file, flipped);
  return flipped;
}

describe("a database with a byte that changed", () => {
  let whole: Buffer;
  beforeEach(async () => {
    using database = await openWriter(folder.file, 7);
    for (let number = 0; number < USERS; number++) addUser(database, number);
    database.close();
    whole = await readFile(folder.file);
  });

  /** How it went: opened and used, or the code of the refusal. */
  async function outcomeAt(offset: number): Promise<string> {
    const flipped = await withFlippedByte(folder.file, whole, offset);
    let database: DatabaseSync;
    try {
      database = await openWriter(folder.file, 8);
    } catch (error) {
      expect(error).toBeInstanceOf(AppError);
      expect((error as AppError).message).toContain(folder.file.slice(0, -"metadata.db".length));
      expect((await readFile(folder.file)).equals(flipped), `${offset} was left as it was`).toBe(true);
      return (error as AppError).code;
    }
    try {
      useAll(database);
      return "used";
    } catch (error) {
      return asStorageFailure(error, "Could not use it").code;
    } finally {
      database.close();
    }
  }

  it("in its header is refused in clear words and left as it is, or does no harm", async () => {
    const outcomes = new Map<string, number>();
    for (let offset = 0; offset < 100; offset++) {
      const outcome = await outcomeAt(offset);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    expect([...outcomes.keys()].sort()).toEqual(["INVALID_CONFIG", "STORAGE_FAILURE", "used"]);
    expect(outcomes.get("STORAGE_FAILURE")).toBeGreaterThan(20);
    // The four bytes of its mark.
    expect(outcomes.get("INVALID_CONFIG")).toBe(4);
  });

  it("in what holds a page together is refused before anything is written", async () => {
    const pages = whole.length / PAGE_BYTES;
    expect(pages).toBeGreaterThan(10);
    for (let page = 1; page < pages; page++) {
      // The kind of page, and how many cells it has: a page that is in use cannot do without.
      expect(await outcomeAt(page * PAGE_BYTES), `kind of page ${page + 1}`).toBe("STORAGE_FAILURE");
      expect(await outcomeAt(page * PAGE_BYTES + 3), `cells of page ${page + 1}`).toBe("STORAGE_FAILURE");
    }
  });

  it("anywhere else is refused in clear words, or is read as a value", async () => {
    for (let offset = 100; offset < whole.length; offset += 2_011) {
      expect(["STORAGE_FAILURE", "used"], `offset ${offset}`).toContain(await outcomeAt(offset));
    }
  });

  it("and one that was cut anywhere is refused", async () => {
    for (let length = 1; length < whole.length; length += 3_001) {
      await writeFile(folder.file, whole.subarray(0, length));
      await expect(openWriter(folder.file, 8), `${length} bytes`).rejects.toMatchObject({ code: "STORAGE_FAILURE" });
    }
  });
});

describe("the log that a crash left, with a byte that changed", () => {
  /** Lengths of the log after each commit. */
  const ends: number[] = [];
  let log: Buffer;
  let crashed: string;

  beforeEach(async () => {
    ends.length = 0;
    crashed = `${folder.path}/crashed.db`;
    using database = await openWriter(folder.file, 7);
    for (let number = 0; number < 20; number++) {
      addUser(database, number);
      ends.push((await stat(`${folder.file}-wal`)).size);
    }
    log = await readFile(`${folder.file}-wal`);
  });

  async function openCrashed(bytes: Buffer): Promise<DatabaseSync> {
    await copyFile(folder.file, crashed);
    await writeFile(`${crashed}-wal`, bytes);
    await writeFile(`${crashed}-shm`, "");
    return await openWriter(crashed, 8);
  }

  it("is refused where that would cost commits that were acknowledged, and left as it is", async () => {
    const guarded = ends.at(-3)!;
    for (let offset = 0; offset < guarded; offset += offset < 200 ? 3 : 2_003) {
      const flipped = Buffer.from(log);
      flipped[offset]! ^= 0x10;
      await expect(openCrashed(flipped), `offset ${offset}`).rejects.toMatchObject({
        code: "STORAGE_FAILURE",
        message: expect.stringMatching(/crashed\.db-wal" is damaged before its end: restore/),
      });
      expect((await readFile(`${crashed}-wal`)).equals(flipped)).toBe(true);
    }
  });

  it("is taken as torn in its last commit: the others are there", async () => {
    for (let offset = ends.at(-2)!; offset < log.length; offset += 499) {
      const flipped = Buffer.from(log);
      flipped[offset]! ^= 0x10;
      using database = await openCrashed(flipped);
      expect(userCount(database)).toBe(19);
    }
  });

  it("is used up to its last whole commit where it was torn", async () => {
    for (let length = 0; length <= log.length; length += 4_999) {
      const whole = ends.filter((end) => end <= length).length;
      if (length < ends[0]!) continue;
      using database = await openCrashed(log.subarray(0, length));
      expect(userCount(database), `${length} bytes`).toBe(whole);
    }
  });

  it("is no damage where only what an older use of the log left behind follows", async () => {
    using database = await openWriter(folder.file, 8);
    for (let number = 100; number < 120; number++) addUser(database, number);
    const used = await stat(`${folder.file}-wal`);
    database.exec("PRAGMA wal_checkpoint(RESTART)");
    addUser(database, 20);
    const reused = await readFile(`${folder.file}-wal`);
    expect(reused.length).toBe(used.size);
    using recovered = await openCrashed(reused);
    expect(userCount(recovered)).toBe(41);
  });
});
