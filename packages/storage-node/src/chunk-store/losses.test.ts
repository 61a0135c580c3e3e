import { rmSync, truncateSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { describe, expect, it } from "vitest";
import { createFailingChunkFiles } from "../testing/failing-chunk-files.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { openTestStore } from "../testing/open-test-store.ts";
import { tempFolder } from "../testing/temp-folder.ts";
import { testChunk } from "../testing/test-chunks.ts";
import { createUnsyncedChunkFiles } from "../testing/unsynced-chunk-files.ts";
import type { ChunkFiles } from "./chunk-files.ts";
import type { ChunkStore } from "./chunk-store.ts";

const chunk = testChunk(1);
const other = testChunk(2);
const NEVER = Number.POSITIVE_INFINITY;

function pathIn(folder: string, name: ChunkName): string {
  return join(folder, "chunks", name.slice(0, 1), name.slice(1, 2), name);
}

async function filled(files = createFailingChunkFiles(createUnsyncedChunkFiles(new ManualClock()))) {
  const folder = tempFolder();
  const clock = new ManualClock();
  const store = await openTestStore(folder, { clock, files });
  for (const { name, sealed } of [chunk, other]) await store.store(name, sealed, { epoch: 3 });
  let changes = 0;
  store.watch(() => changes++);
  return { folder, clock, store, files, changes: () => changes };
}

const lossesOf = (store: ChunkStore) => store.losses(100).map(({ name, why }) => [name, why]);

describe("a lost chunk is noted, with why, and somebody is told", () => {
  it.each<[string, string, (folder: string) => void, (store: ChunkStore) => Promise<unknown>]>([
    [
      "missing",
      "it is read and its file is gone",
      (folder) => unlinkSync(pathIn(folder, chunk.name)),
      (store) => expect(store.read(chunk.name)).rejects.toMatchObject({ code: "CHUNK_NOT_FOUND" }),
    ],
    [
      "damaged",
      "it is read and was cut short",
      (folder) => truncateSync(pathIn(folder, chunk.name), 10),
      (store) => expect(store.read(chunk.name)).rejects.toMatchObject({ code: "CHUNK_CORRUPT" }),
    ],
    ["damaged", "somebody says so", () => undefined, async (store) => store.markDamaged(chunk.name)],
    [
      "damaged",
      "it is verified and has rotted",
      (folder) => writeFileSync(pathIn(folder, chunk.name), Buffer.alloc(1000, 7)),
      async (store) => expect(await store.verify(chunk.name)).toEqual({ kind: "damaged" }),
    ],
    [
      "missing",
      "it is verified and its file is gone",
      (folder) => unlinkSync(pathIn(folder, chunk.name)),
      async (store) => expect(await store.verify(chunk.name)).toEqual({ kind: "missing" }),
    ],
    [
      "damaged",
      "it is to be confirmed and has rotted",
      (folder) => writeFileSync(pathIn(folder, chunk.name), Buffer.alloc(1000, 7)),
      async (store) => expect(await store.confirm(chunk.name)).toBe(false),
    ],
    [
      "missing",
      "its folder is compared and its file is gone",
      (folder) => unlinkSync(pathIn(folder, chunk.name)),
      (store) => store.compareBucket(Number.parseInt(chunk.name.slice(0, 2), 16)),
    ],
  ])("%s: when %s", async (why, _, spoil, find) => {
    const { folder, store, clock, changes } = await filled();
    spoil(folder);
    await find(store);
    expect(store.losses(100)).toEqual([{ name: chunk.name, foundAtMs: clock.nowMs(), why }]);
    expect(changes()).toBe(1);
    expect(store.totals()).toMatchObject({
      chunkCount: why === "missing" ? 1 : 2,
      damagedCount: why === "missing" ? 0 : 1,
      lossCount: 1,
    });
    expect(store.list({ limit: 10 }).items.map(({ name }) => name)).toEqual([other.name]);
    expect(store.listHeld({ limit: 10 }).items).toHaveLength(why === "missing" ? 1 : 2);
    // Found again it is no news.
    await store.read(chunk.name).catch(() => undefined);
    await store.verify(chunk.name);
    expect(store.losses(100)).toHaveLength(1);
    expect(changes()).toBe(1);
    await store.close();
  });

  it("unreadable: when the disk refuses to read it, twice", async () => {
    const files = createFailingChunkFiles(createUnsyncedChunkFiles(new ManualClock()), "EIO");
    const { store } = await filled(files);
    files.failAt(1);
    expect(await store.verify(chunk.name)).toEqual({ kind: "whole", length: 1000 });
    files.failAt(1, 2);
    expect(await store.verify(chunk.name)).toEqual({ kind: "unreadable" });
    files.failAt(NEVER);
    expect(lossesOf(store)).toEqual([[chunk.name, "unreadable"]]);
    await store.close();
  });

  it("not at all, when the system has no file handle left to read it", async () => {
    const files = createFailingChunkFiles(createUnsyncedChunkFiles(new ManualClock()), "EMFILE");
    const { store } = await filled(files);
    files.failAt(1, NEVER);
    await expect(store.verify(chunk.name)).rejects.toMatchObject({ code: "STORAGE_FAILURE" });
    files.failAt(NEVER);
    expect(store.losses(100)).toEqual([]);
    expect(await store.verify(chunk.name)).toEqual({ kind: "whole", length: 1000 });
    await store.close();
  });

  it("not at all, when the system has no file handle left while it is stored once more", async () => {
    const files = createFailingChunkFiles(createUnsyncedChunkFiles(new ManualClock()), "EMFILE");
    const { store } = await filled(files);
    // 1 is for its length, 2 to compare its bytes.
    files.failAt(2, NEVER);
    await expect(store.store(chunk.name, chunk.sealed)).rejects.toMatchObject({ code: "STORAGE_FAILURE" });
    expect(files.calls).toContain("read");
    files.failAt(NEVER);
    expect(store.losses(100)).toEqual([]);
    expect(await store.verify(chunk.name)).toEqual({ kind: "whole", length: 1000 });
    await store.close();
  });

  it.each<[string, (store: ChunkStore) => Promise<unknown>]>([
    ["read", (store) => expect(store.read(chunk.name)).rejects.toMatchObject({ code: "CHUNK_NOT_FOUND" })],
    ["verified", async (store) => expect(await store.verify(chunk.name)).toEqual({ kind: "deleted" })],
  ])("not at all, when it is deleted and stored anew while it is %s", async (_, look) => {
    const inner = createUnsyncedChunkFiles(new ManualClock());
    const late = Promise.withResolvers<void>();
    let isLate = false;
    const files: ChunkFiles = {
      ...inner,
      read: async (path, target) => {
        const bytes = await inner.read(path, target);
        if (isLate) await late.promise;
        return isLate ? undefined : bytes;
      },
    };
    const store = await openTestStore(tempFolder(), { files });
    await store.store(chunk.name, chunk.sealed, { epoch: 3 });
    isLate = true;
    const looked = look(store);
    await store.delete(chunk.name, 4);
    await store.store(chunk.name, chunk.sealed, { epoch: 4 });
    late.resolve();
    await looked;
    isLate = false;
    expect(store.losses(100)).toEqual([]);
    expect(await store.verify(chunk.name)).toEqual({ kind: "whole", length: 1000 });
    await store.close();
  });

  it("also where it was lost while the node was down", async () => {
    const { folder, store } = await filled();
    await store.close();
    writeFileSync(join(folder, "store-open"), "");
    rmSync(pathIn(folder, chunk.name));
    truncateSync(pathIn(folder, other.name), 1);
    const reopened = await openTestStore(folder);
    expect(lossesOf(reopened).sort()).toEqual(
      [
        [chunk.name, "missing"],
        [other.name, "damaged"],
      ].sort(),
    );
    expect(reopened.totals().lossCount).toBe(2);
    await reopened.close();
  });
});

describe("a noted loss", () => {
  it("outlives restarts until it is acknowledged", async () => {
    const { folder, store } = await filled();
    store.markDamaged(chunk.name);
    await store.close();
    const second = await openTestStore(folder);
    const losses = second.losses(100);
    expect(losses).toHaveLength(1);
    second.acknowledgeLosses(losses);
    second.acknowledgeLosses(losses);
    expect(second.losses(100)).toEqual([]);
    expect(second.totals()).toMatchObject({ lossCount: 0, damagedCount: 1 });
    await second.close();
    const third = await openTestStore(folder);
    expect(third.losses(100)).toEqual([]);
    await expect(third.read(chunk.name)).rejects.toMatchObject({ code: "CHUNK_CORRUPT" });
    await third.close();
  });

  it.each<[string, (store: ChunkStore) => Promise<unknown>]>([
    ["stored anew", (store) => store.store(chunk.name, chunk.sealed, { epoch: 4 })],
    ["deleted", (store) => store.delete(chunk.name, 9)],
  ])("is none when the chunk is %s", async (_, act) => {
    const { store } = await filled();
    store.markDamaged(chunk.name);
    await act(store);
    expect(store.losses(100)).toEqual([]);
    expect(store.totals()).toMatchObject({ lossCount: 0, damagedCount: 0 });
    await store.close();
  });

  it("that is found once more after it was reported is reported once more, whatever is acknowledged late", async () => {
    const { store, clock } = await filled();
    store.markDamaged(chunk.name);
    const reported = store.losses(100);
    await store.store(chunk.name, chunk.sealed);
    clock.advance(1000);
    store.markDamaged(chunk.name);
    store.acknowledgeLosses(reported);
    expect(store.losses(100)).toEqual([{ name: chunk.name, foundAtMs: clock.nowMs(), why: "damaged" }]);
    await store.close();
  });

  it("keeps its epoch: a deletion from before the chunk was stored does not touch it", async () => {
    const { store } = await filled();
    store.markDamaged(chunk.name);
    expect(await store.delete(chunk.name, 3)).toBe("stored_anew");
    await store.store(chunk.name, chunk.sealed, { epoch: 1 });
    expect(store.list({ limit: 10 }).items.find(({ name }) => name === chunk.name)).toMatchObject({ epoch: 3 });
    await store.close();
  });

  it("stays where the replacement fails at any call to the file system", async () => {
    const counting = await filled();
    counting.store.markDamaged(chunk.name);
    counting.files.failAt(NEVER);
    await counting.store.store(chunk.name, chunk.sealed);
    const calls = counting.files.calls.length;
    await counting.store.close();
    for (let n = 1; n <= calls; n++) {
      const { store, files } = await filled();
      store.markDamaged(chunk.name);
      files.failAt(n);
      await expect(store.store(chunk.name, chunk.sealed)).rejects.toMatchObject({ code: "STORAGE_FAILURE" });
      files.failAt(NEVER);
      expect(
        store.losses(100).map(({ name }) => name),
        `call ${n}`,
      ).toEqual([chunk.name]);
      expect(await store.store(chunk.name, chunk.sealed)).toEqual({ alreadyHeld: false });
      expect(store.losses(100)).toEqual([]);
      await store.close();
    }
  });
});

describe("a chunk that is stored once more", () => {
  it("is written anew where its file has rotted unnoticed, so that what is acknowledged is so", async () => {
    const { folder, store } = await filled();
    writeFileSync(pathIn(folder, chunk.name), Buffer.alloc(chunk.sealed.length, 7));
    expect(await store.store(chunk.name, chunk.sealed, { epoch: 4 })).toEqual({ alreadyHeld: false });
    expect(Buffer.compare(await store.read(chunk.name), chunk.sealed)).toBe(0);
    expect(store.losses(100)).toEqual([]);
    await store.close();
  });
});
