import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { eventually } from "../../testing/eventually.ts";
import { openPackedStore } from "../../testing/open-packed-store.ts";
import { packedNames, packFiles, recordsOnDisk } from "../../testing/read-packs.ts";
import { tempFolder } from "../../testing/temp-folder.ts";
import { testChunk } from "../../testing/test-chunks.ts";
import { allNames, expectWholeStore, failingFiles, NEVER } from "../../testing/whole-store.ts";
import type { ChunkStore } from "../chunk-store.ts";

// A busy machine needs more than the usual 5 s.
vi.setConfig({ testTimeout: 60_000 });

const old = testChunk(1, 3000);
const batch = [testChunk(3, 1000), testChunk(4, 2000), testChunk(5, 3000)];
const asked = batch.map(({ name, sealed }) => ({ chunkName: name, sealed }));

type Work = (store: ChunkStore) => Promise<unknown>;

/** Of a small pack, so that new ones are begun. */
async function openWithOld(files: ReturnType<typeof failingFiles>, packBytesMax: number, folder = tempFolder()) {
  const store = await openPackedStore(folder, { files, packBytesMax });
  await store.store(old.name, old.sealed, { epoch: 3 });
  return { store, folder };
}

async function callsOf(packBytesMax: number, work: Work): Promise<number> {
  const files = failingFiles();
  const { store } = await openWithOld(files, packBytesMax);
  files.failAt(NEVER);
  await work(store);
  const { length } = files.calls;
  await store.close();
  return length;
}

/** What a start finds, with the index as it is and with none. */
async function expectAfterRestarts(folder: string, expectHeld: (names: readonly string[]) => void): Promise<void> {
  for (const wiped of [false, true]) {
    if (wiped) rmSync(join(folder, "index.db"));
    const store = await openPackedStore(folder);
    expectHeld(allNames(store));
    await expectWholeStore(store, folder);
    await store.close();
  }
}

describe.each([
  ["into a pack that is there", 1e6],
  ["into a new pack", 4000],
])("the n-th call to the file system failing while storing a batch %s", (_, packBytesMax) => {
  it.each<[string, (n: number) => number]>([
    ["that one alone", (n) => n],
    ["and all that follow", () => NEVER],
  ])("%s: refused without a trace, and stored right after", async (_name, until) => {
    const calls = await callsOf(packBytesMax, (store) => store.storeMany(asked));
    expect(calls).toBeGreaterThanOrEqual(2);
    for (let n = 1; n <= calls; n++) {
      const files = failingFiles();
      const { store, folder } = await openWithOld(files, packBytesMax);
      const used = store.totals();
      files.failAt(n, until(n));
      for (const outcome of await store.storeMany(asked)) {
        // To close a file that is done with may fail.
        if (outcome.status === "fulfilled") expect(files.calls[n - 1]).toBe("close");
        else expect(outcome.reason).toMatchObject({ code: "STORAGE_FAILURE" });
      }
      if (allNames(store).length === 1) expect(store.totals()).toEqual(used);
      files.failAt(NEVER);
      await expect(store.read(old.name)).resolves.toHaveLength(3000);
      if (until(n) === n) await expectWholeStore(store, folder);
      for (const outcome of await store.storeMany(asked)) expect(outcome.status).toBe("fulfilled");
      for (const { name } of batch) expect(await store.verify(name)).toMatchObject({ kind: "whole" });
      await store.close();
      const all = [old, ...batch].map(({ name }) => name).sort();
      await expectAfterRestarts(folder, (names) => expect(names, `call ${n}`).toEqual(all));
    }
  });

  it.each([
    ["ENOSPC", "NO_SPACE"],
    ["EDQUOT", "NO_SPACE"],
    ["EROFS", "STORAGE_FAILURE"],
    ["EMFILE", "STORAGE_FAILURE"],
  ])("by %s: refused as %s, as often as it is tried, and what is held is served", async (errno, code) => {
    const calls = await callsOf(packBytesMax, (store) => store.storeMany(asked));
    const files = failingFiles(errno);
    const { store, folder } = await openWithOld(files, packBytesMax);
    for (let n = 1; n <= calls; n++) {
      files.failAt(n);
      const outcomes = await store.storeMany(asked);
      // To close a file that is done with may fail.
      if (files.calls[n - 1] === "close") break;
      for (const outcome of outcomes) expect(outcome).toMatchObject({ status: "rejected", reason: { code } });
      files.failAt(NEVER);
      expect(await store.verify(old.name)).toMatchObject({ kind: "whole" });
      expect(packedNames(folder)).toEqual([old.name]);
    }
    files.failAt(NEVER);
    for (const outcome of await store.storeMany(asked)) expect(outcome.status).toBe("fulfilled");
    await expectWholeStore(store, folder);
    await store.close();
  });
});

describe("after a failed fsync", () => {
  it("nothing more is written to that pack, at whichever fsync it was", async () => {
    for (let nth = 1; nth <= 4; nth++) {
      const files = failingFiles();
      const { store, folder } = await openWithOld(files, 1e6);
      let synced = 0;
      for (const [at, chunk] of batch.entries()) {
        // write, sync
        files.failAt(at + 1 === nth ? 2 : NEVER);
        const stored = store.store(chunk.name, chunk.sealed);
        if (at + 1 === nth) await expect(stored).rejects.toMatchObject({ code: "STORAGE_FAILURE" });
        else await stored.then(() => synced++);
      }
      files.failAt(NEVER);
      expect(synced).toBe(nth > 3 ? 3 : 2);
      await store.store(testChunk(50).name, testChunk(50).sealed);
      const doubtful = recordsOnDisk(folder).filter(({ file }) => file === "0000000001.pack");
      expect(doubtful).toHaveLength(nth > 3 ? 5 : nth);
      expect(packFiles(folder)).toHaveLength(nth > 3 ? 1 : 2);
      await expectWholeStore(store, folder);
      await store.close();
    }
  });
});

describe("the n-th call to the file system failing while deleting", () => {
  it.each([["EIO"], ["EROFS"]])("by %s: the chunk is whole or gone, for good", async (errno) => {
    const calls = await callsOf(1e6, (store) => store.delete(old.name, 4));
    expect(calls).toBe(2);
    for (let n = 1; n <= calls; n++) {
      for (const until of [n, NEVER]) {
        const files = failingFiles(errno);
        const { store, folder } = await openWithOld(files, 1e6);
        await store.storeMany(asked);
        files.failAt(n, until);
        await expect(store.delete(old.name, 4)).rejects.toMatchObject({ code: "STORAGE_FAILURE" });
        files.failAt(NEVER);
        expect(allNames(store)).toHaveLength(4);
        await expect(store.read(old.name)).resolves.toHaveLength(3000);
        if (until === n) await expectWholeStore(store, folder);
        await store.close();
        await expectAfterRestarts(folder, (names) => {
          for (const { name } of batch) expect(names).toContain(name);
        });
      }
    }
  });

  it("and what it left behind, too: a chunk that was stored again since is not deleted by the next start", async () => {
    const files = failingFiles();
    const { store, folder } = await openWithOld(files, 1e6);
    // Written, not synced, and not cut off.
    files.failAt(2, NEVER);
    await expect(store.delete(old.name, 5)).rejects.toMatchObject({ code: "STORAGE_FAILURE" });
    files.failAt(NEVER);
    expect(await store.store(old.name, old.sealed, { epoch: 7 })).toEqual({ alreadyHeld: true });
    await store.close();
    const next = await openPackedStore(folder);
    expect(allNames(next)).toEqual([old.name]);
    expect(await next.delete(old.name, 6)).toBe("stored_anew");
    await next.close();
  });

  it("by a full disk: it is deleted all the same, without room", async () => {
    for (const n of [1, 2]) {
      const files = failingFiles("ENOSPC");
      const { store, folder } = await openWithOld(files, 1e6);
      await store.storeMany(asked);
      files.failAt(n);
      expect(await store.delete(old.name, 4)).toBe("deleted");
      expect(files.calls).toContain("overwrite");
      files.failAt(NEVER);
      await expect(store.read(old.name)).rejects.toMatchObject({ code: "CHUNK_NOT_FOUND" });
      await expectWholeStore(store, folder);
      await store.store(testChunk(60).name, testChunk(60).sealed);
      await store.close();
      await expectAfterRestarts(folder, (names) => expect(names).toHaveLength(4));
    }
  });

  it("by a full disk on which nothing can be written over either: it is refused and whole", async () => {
    const files = failingFiles("ENOSPC");
    const { store, folder } = await openWithOld(files, 1e6);
    files.failAt(1, NEVER);
    await expect(store.delete(old.name, 4)).rejects.toMatchObject({ code: "NO_SPACE" });
    files.failAt(NEVER);
    await expectWholeStore(store, folder);
    expect(allNames(store)).toEqual([old.name]);
    await store.close();
  });
});

describe("the n-th call to the file system failing while a start reads packs", () => {
  async function crashed(): Promise<string> {
    const folder = tempFolder();
    const store = await openPackedStore(folder, { packBytesMax: 4000 });
    for (const { name, sealed } of [old, ...batch]) await store.store(name, sealed);
    await store.delete(batch[0]!.name);
    await store.close();
    writeFileSync(join(folder, "store-open"), "");
    rmSync(join(folder, "index.db"));
    return folder;
  }

  it("it says so or goes without, and the next start is fine", async () => {
    const counting = failingFiles("EMFILE");
    const counted = await openPackedStore(await crashed(), { files: counting });
    const calls = counting.calls.length;
    await counted.close();
    const held = [old, batch[1]!, batch[2]!].map(({ name }) => name).sort();
    for (let n = 1; n <= calls; n++) {
      const folder = await crashed();
      const files = failingFiles("EMFILE");
      files.failAt(n);
      await expect(openPackedStore(folder, { files }), `call ${n}`).rejects.toMatchObject({ code: "STORAGE_FAILURE" });
      const store = await openPackedStore(folder);
      expect(allNames(store)).toEqual(held);
      await expectWholeStore(store, folder);
      await store.close();
    }
  });
});

describe("the n-th call to the file system failing while packs are compacted", () => {
  const many = Array.from({ length: 12 }, (_, seed) => testChunk(100 + seed, 900));
  const kept = many.filter((_, at) => at % 4 === 0);
  const keptNames = kept.map(({ name }) => name).sort();

  /** Packs of which three quarters are dead, not looked at yet. */
  async function halfDead(): Promise<string> {
    const folder = tempFolder();
    // The one that all fits in is not compacted while it is written to.
    const store = await openPackedStore(folder, { packBytesMax: 1e6 });
    for (const { name, sealed } of many) await store.store(name, sealed, { epoch: 3 });
    for (const { name } of many) if (!keptNames.includes(name)) await store.delete(name, 4);
    await store.close();
    return folder;
  }

  /** The next pack is begun, so the first one is compacted. */
  async function compact(folder: string, files: ReturnType<typeof failingFiles>): Promise<ChunkStore> {
    const store = await openPackedStore(folder, { files, packBytesMax: 8000 });
    files.failAt(NEVER);
    await store.store(old.name, old.sealed);
    return store;
  }

  it("loses no chunk, brings none back, and the next start gives the space back", async () => {
    const counting = failingFiles();
    const counted = await compact(await halfDead(), counting);
    const isDone = (store: ChunkStore) => () => store.totals().deadBytes;
    await eventually(isDone(counted)).toBe(0);
    const calls = counting.calls.length;
    await counted.close();
    expect(calls).toBeGreaterThan(8);
    const held = [old.name, ...keptNames].sort();
    for (let n = 1; n <= calls; n++) {
      for (const until of [n, NEVER]) {
        const folder = await halfDead();
        const files = failingFiles();
        const store = await openPackedStore(folder, { files, packBytesMax: 8000 });
        files.failAt(n, until);
        await store.store(old.name, old.sealed).catch(() => undefined);
        await eventually(() => files.calls.length >= n || store.totals().deadBytes === 0).toBe(true);
        await store.close().catch(() => undefined);
        files.failAt(NEVER);
        for (const wiped of [false, true]) {
          if (wiped) rmSync(join(folder, "index.db"));
          const next = await openPackedStore(folder, { packBytesMax: 8000 });
          await next.store(old.name, old.sealed);
          expect(allNames(next), `call ${n}, wiped ${wiped}`).toEqual(held);
          await expectWholeStore(next, folder);
          for (const name of keptNames) expect(await next.delete(name, 3)).toBe("stored_anew");
          if (!wiped) await eventually(isDone(next)).toBe(0);
          expect(next.losses(10)).toEqual([]);
          await next.close();
        }
      }
    }
  });
});
