import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  unlinkSync,
  appendFileSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { SEALED_LENGTH_MAX } from "@commonhold/wire/protocols.ts";
import { describe, expect, it } from "vitest";
import { createFailingChunkFiles } from "../testing/failing-chunk-files.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { filesBelow, openTestStore } from "../testing/open-test-store.ts";
import { tempFolder } from "../testing/temp-folder.ts";
import { testChunk } from "../testing/test-chunks.ts";
import { createUnsyncedChunkFiles } from "../testing/unsynced-chunk-files.ts";

const pathOf = (folder: string, name: ChunkName) => join(folder, "chunks", name.slice(0, 1), name.slice(1, 2), name);

describe("a chunk store", () => {
  it("gives back what it was given, also after a clean restart", async () => {
    const folder = tempFolder();
    const first = await openTestStore(folder);
    const chunks = [testChunk(1, 1), testChunk(2, 300_000), testChunk(3, 4 * 1024 * 1024 + 17)];
    for (const { name, sealed } of chunks) expect(await first.store(name, sealed)).toEqual({ alreadyHeld: false });
    await first.close();

    const second = await openTestStore(folder);
    for (const { name, sealed } of chunks) expect(Buffer.compare(await second.read(name), sealed)).toBe(0);
    expect(second.totals()).toMatchObject({ chunkCount: 3, usedBytes: 1 + 300_000 + 4 * 1024 * 1024 + 17 });
    await second.close();
  });

  it("tells whoever watches of each chunk that was newly stored or deleted, and of nothing else", async () => {
    const store = await openTestStore(tempFolder(), { bytesMax: 1000 });
    let changes = 0;
    store.watch(() => changes++);
    const { name, sealed } = testChunk(1, 1000);
    await store.store(name, sealed);
    expect(changes).toBe(1);
    await store.store(name, sealed);
    const tooMuch = testChunk(2);
    await expect(store.store(tooMuch.name, tooMuch.sealed)).rejects.toMatchObject({ code: "NO_SPACE" });
    await store.read(name);
    expect(changes).toBe(1);
    await store.delete(name);
    await store.delete(name);
    expect(changes).toBe(2);
    await store.close();
  });

  it("keeps each chunk in a file of its name, two folders deep, for its owner only", async () => {
    const folder = tempFolder();
    const store = await openTestStore(folder);
    const { name, sealed } = testChunk(1);
    await store.store(name, sealed);
    expect(Buffer.compare(readFileSync(pathOf(folder, name)), sealed)).toBe(0);
    expect(statSync(pathOf(folder, name)).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder, "tmp"))).toEqual([]);
    await store.close();
  });

  it("refuses bytes that do not hash to the name", async () => {
    const folder = tempFolder();
    const store = await openTestStore(folder);
    const { name } = testChunk(1);
    await expect(store.store(name, testChunk(2).sealed)).rejects.toMatchObject({ code: "CHUNK_CORRUPT" });
    await expect(store.read(name)).rejects.toMatchObject({ code: "CHUNK_NOT_FOUND" });
    expect(filesBelow(join(folder, "chunks"))).toEqual([]);
    await store.close();
  });

  it("refuses wrong bytes for a chunk that it holds, and while the right ones are being written", async () => {
    const store = await openTestStore(tempFolder());
    const { name, sealed } = testChunk(1);
    const right = store.store(name, sealed);
    await expect(store.store(name, testChunk(2).sealed)).rejects.toMatchObject({ code: "CHUNK_CORRUPT" });
    await right;
    await expect(store.store(name, testChunk(2).sealed)).rejects.toMatchObject({ code: "CHUNK_CORRUPT" });
    await store.close();
  });

  it("refuses chunks of no bytes, and of more than any peer may send", async () => {
    const store = await openTestStore(tempFolder());
    await store.store(testChunk(1, SEALED_LENGTH_MAX).name, testChunk(1, SEALED_LENGTH_MAX).sealed);
    for (const length of [0, SEALED_LENGTH_MAX + 1]) {
      const { name, sealed } = testChunk(2, length);
      await expect(store.store(name, sealed)).rejects.toMatchObject({ code: "WRONG_CHUNK_LENGTH" });
    }
    await store.close();
  });

  it("does not write again what it holds", async () => {
    const files = createFailingChunkFiles(createUnsyncedChunkFiles(new ManualClock()));
    const store = await openTestStore(tempFolder(), { files });
    const { name, sealed } = testChunk(1);
    await store.store(name, sealed);
    files.failAt(Number.POSITIVE_INFINITY);
    expect(await store.store(name, sealed)).toEqual({ alreadyHeld: true });
    expect(files.calls).not.toContain("create");
    await store.close();
  });

  it("shares one write among stores of the same chunk at once", async () => {
    const files = createFailingChunkFiles(createUnsyncedChunkFiles(new ManualClock()));
    const store = await openTestStore(tempFolder(), { files });
    const { name, sealed } = testChunk(1);
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => store.store(name, sealed)));
    expect(outcomes.filter((outcome) => !outcome.alreadyHeld)).toHaveLength(1);
    expect(files.calls.filter((call) => call === "rename")).toHaveLength(1);
    expect(store.totals()).toMatchObject({ chunkCount: 1, usedBytes: sealed.length });
    await store.close();
  });

  it("writes many chunks at once", async () => {
    const folder = tempFolder();
    const store = await openTestStore(folder);
    const chunks = Array.from({ length: 100 }, (_, seed) => testChunk(seed, 2000 + seed));
    await Promise.all(chunks.map(({ name, sealed }) => store.store(name, sealed)));
    for (const { name, sealed } of chunks) expect(Buffer.compare(await store.read(name), sealed)).toBe(0);
    expect(store.totals().chunkCount).toBe(100);
    await store.close();
    expect(filesBelow(join(folder, "chunks"))).toEqual(chunks.map(({ name }) => name).sort());
  });

  it("stores batches that overlap, each chunk once", async () => {
    const files = createFailingChunkFiles(createUnsyncedChunkFiles(new ManualClock()));
    const store = await openTestStore(tempFolder(), { files });
    const chunks = Array.from({ length: 12 }, (_, seed) => {
      const { name, sealed } = testChunk(seed, 500 + seed);
      return { chunkName: name, sealed };
    });
    // Forwards and backwards: each waits for chunks that another has.
    const batches = [chunks.slice(0, 8), chunks.slice(4).toReversed(), chunks, chunks.toReversed()];
    const outcomes = (await Promise.all(batches.map((batch) => store.storeMany(batch)))).flat();
    const written = outcomes.filter((outcome) => outcome.status === "fulfilled" && !outcome.value.alreadyHeld);
    expect(outcomes.every(({ status }) => status === "fulfilled")).toBe(true);
    expect(written).toHaveLength(chunks.length);
    expect(files.calls.filter((call) => call === "rename")).toHaveLength(chunks.length);
    expect(store.totals().chunkCount).toBe(chunks.length);
    await store.close();
  });

  it("deletes a chunk and its file, once", async () => {
    const folder = tempFolder();
    const store = await openTestStore(folder);
    const { name, sealed } = testChunk(1);
    await store.store(name, sealed);
    expect(await store.delete(name)).toBe("deleted");
    expect(existsSync(pathOf(folder, name))).toBe(false);
    expect(await store.delete(name)).toBe("not_held");
    expect(store.totals()).toMatchObject({ chunkCount: 0, usedBytes: 0 });
    await expect(store.read(name)).rejects.toMatchObject({ code: "CHUNK_NOT_FOUND" });
    expect(await store.store(name, sealed)).toEqual({ alreadyHeld: false });
    await store.close();
  });

  it("takes stores and deletes of one chunk in turn", async () => {
    const folder = tempFolder();
    const store = await openTestStore(folder);
    const { name, sealed } = testChunk(1);
    const work: Promise<unknown>[] = [];
    for (let i = 0; i < 20; i++) work.push(store.store(name, sealed), store.delete(name));
    await Promise.all(work);
    await store.store(name, sealed);
    expect(Buffer.compare(await store.read(name), sealed)).toBe(0);
    await store.delete(name);
    expect(filesBelow(join(folder, "chunks"))).toEqual([]);
    expect(store.totals()).toMatchObject({ chunkCount: 0, usedBytes: 0 });
    await store.close();
  });

  it("lists by pages, ascending", async () => {
    const clock = new ManualClock();
    const store = await openTestStore(tempFolder(), { clock });
    const chunks = Array.from({ length: 25 }, (_, seed) => testChunk(seed, 100 + seed));
    for (const { name, sealed } of chunks) await store.store(name, sealed);

    const listed: ChunkName[] = [];
    let more = true;
    for (let pages = 0; more && pages < 10; pages++) {
      const page = store.list({ after: listed.at(-1), limit: 10 });
      listed.push(...page.items.map((item) => item.name));
      more = page.more;
    }
    expect(more).toBe(false);
    expect(listed).toEqual(chunks.map(({ name }) => name).sort());
    const first = chunks.find(({ name }) => name === listed[0])!;
    expect(store.list({ limit: 1 }).items).toEqual([
      {
        name: first.name,
        length: first.sealed.length,
        storedAtMs: clock.nowMs(),
        lastReadAtMs: undefined,
        damaged: false,
        epoch: undefined,
        own: false,
      },
    ]);
    await store.close();
  });

  it("remembers when a chunk was read last", async () => {
    const folder = tempFolder();
    const clock = new ManualClock();
    const store = await openTestStore(folder, { clock });
    const { name, sealed } = testChunk(1);
    await store.store(name, sealed);
    clock.advance(5000);
    await store.read(name);
    await store.close();
    const reopened = await openTestStore(folder, { clock });
    expect(reopened.list({ limit: 1 }).items[0]?.lastReadAtMs).toBe(clock.nowMs());
    await reopened.close();
  });

  it("takes nothing more once it is closed, and lets what is under way end", async () => {
    const folder = tempFolder();
    const store = await openTestStore(folder);
    const { name, sealed } = testChunk(1);
    const storing = store.store(name, sealed);
    await store.close();
    expect(await storing).toEqual({ alreadyHeld: false });
    await expect(store.store(name, sealed)).rejects.toMatchObject({ code: "SHUTTING_DOWN" });
    await expect(store.read(name)).rejects.toMatchObject({ code: "SHUTTING_DOWN" });
    const reopened = await openTestStore(folder);
    expect(Buffer.compare(await reopened.read(name), sealed)).toBe(0);
    await reopened.close();
  });
});

describe("damage to a chunk's file", () => {
  it.each([
    ["shorter", (path: string) => truncateSync(path, 10)],
    ["empty", (path: string) => truncateSync(path, 0)],
    ["longer", (path: string) => appendFileSync(path, "x")],
  ])("a %s file is reported, no longer listed, and written anew by the next store", async (_, damage) => {
    const folder = tempFolder();
    const store = await openTestStore(folder);
    const { name, sealed } = testChunk(1);
    await store.store(name, sealed);
    damage(pathOf(folder, name));
    await expect(store.read(name)).rejects.toMatchObject({ code: "CHUNK_CORRUPT" });
    expect(store.list({ limit: 10 }).items).toEqual([]);

    expect(await store.store(name, sealed)).toEqual({ alreadyHeld: false });
    expect(Buffer.compare(await store.read(name), sealed)).toBe(0);
    expect(store.totals()).toMatchObject({ chunkCount: 1, usedBytes: sealed.length });
    await store.close();
  });

  it("a store finds out that a file was cut short, before anything reads it", async () => {
    const folder = tempFolder();
    const store = await openTestStore(folder);
    const { name, sealed } = testChunk(1);
    await store.store(name, sealed);
    truncateSync(pathOf(folder, name), 10);
    expect(await store.store(name, sealed)).toEqual({ alreadyHeld: false });
    expect(Buffer.compare(await store.read(name), sealed)).toBe(0);
    await store.close();
  });

  it("a missing file is a chunk that is not held", async () => {
    const folder = tempFolder();
    const store = await openTestStore(folder);
    const { name, sealed } = testChunk(1);
    await store.store(name, sealed);
    unlinkSync(pathOf(folder, name));
    await expect(store.read(name)).rejects.toMatchObject({ code: "CHUNK_NOT_FOUND" });
    expect(store.totals()).toMatchObject({ chunkCount: 0, usedBytes: 0 });
    await store.close();
  });

  it("a folder that somebody took away is made anew", async () => {
    const folder = tempFolder();
    const store = await openTestStore(folder);
    const { name, sealed } = testChunk(1);
    await store.store(name, sealed);
    rmSync(join(folder, "chunks", name.slice(0, 1)), { recursive: true });
    await expect(store.read(name)).rejects.toMatchObject({ code: "CHUNK_NOT_FOUND" });
    await expect(store.store(name, sealed)).rejects.toMatchObject({ code: "STORAGE_FAILURE" });
    expect(await store.store(name, sealed)).toEqual({ alreadyHeld: false });
    expect(Buffer.compare(await store.read(name), sealed)).toBe(0);
    await store.close();
  });

  it("a chunk marked as damaged is neither served nor listed, also after a restart, until it is stored anew", async () => {
    const folder = tempFolder();
    const store = await openTestStore(folder);
    const { name, sealed } = testChunk(1);
    await store.store(name, sealed);
    store.markDamaged(name);
    await store.close();
    const reopened = await openTestStore(folder);
    await expect(reopened.read(name)).rejects.toMatchObject({ code: "CHUNK_CORRUPT" });
    expect(reopened.list({ limit: 10 }).items).toEqual([]);
    expect(await reopened.store(name, sealed)).toEqual({ alreadyHeld: false });
    expect(Buffer.compare(await reopened.read(name), sealed)).toBe(0);
    await reopened.close();
  });

  it("a chunk whose row cannot be written is not kept, and is refused", async () => {
    const folder = tempFolder();
    const store = await openTestStore(folder);
    const other = new DatabaseSync(join(folder, "index.db"));
    other.exec("BEGIN IMMEDIATE");
    const { name, sealed } = testChunk(1);
    await expect(store.store(name, sealed)).rejects.toMatchObject({ code: "STORAGE_FAILURE" });
    expect(filesBelow(join(folder, "chunks"))).toEqual([]);
    other.exec("ROLLBACK");
    other.close();
    expect(await store.store(name, sealed)).toEqual({ alreadyHeld: false });
    await store.close();
  });
});
