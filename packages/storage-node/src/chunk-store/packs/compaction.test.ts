import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { eventually } from "../../testing/eventually.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { openPackedStore } from "../../testing/open-packed-store.ts";
import type { TestStoreParts } from "../../testing/open-test-store.ts";
import { packedNames, packFiles, recordsOnDisk } from "../../testing/read-packs.ts";
import { SteppedSleep } from "../../testing/stepped-sleep.ts";
import { tempFolder } from "../../testing/temp-folder.ts";
import { testChunk } from "../../testing/test-chunks.ts";
import { createUnsyncedChunkFiles } from "../../testing/unsynced-chunk-files.ts";
import { allNames, expectWholeStore } from "../../testing/whole-store.ts";

/** Ten to a pack. */
const LENGTH = 1000 - 72;
const PACK_BYTES_MAX = 10_024;
const chunks = Array.from({ length: 30 }, (_, seed) => testChunk(seed, LENGTH));
const extra = testChunk(500, LENGTH);

async function filled(parts: TestStoreParts = {}) {
  const folder = tempFolder();
  const open = (changes: TestStoreParts = {}) =>
    openPackedStore(folder, { packBytesMax: PACK_BYTES_MAX, ...parts, ...changes });
  const store = await open();
  for (const { name, sealed } of chunks) await store.store(name, sealed, { epoch: 1 });
  expect(packFiles(folder)).toEqual(["0000000001.pack", "0000000002.pack", "0000000003.pack"]);
  return { folder, store, open };
}

const onDisk = (folder: string) =>
  packFiles(folder).reduce((sum, file) => sum + statSync(join(folder, "packs", file)).size, 0);

describe("packs of which most is dead", () => {
  it("are given back once less than half of one is alive, and not before", async () => {
    const { folder, store, open } = await filled();
    for (const { name } of chunks.slice(0, 5)) await store.delete(name, 2);
    expect(packFiles(folder)).toContain("0000000001.pack");
    expect(store.totals().deadBytes).toBe(5 * 1000);
    await store.delete(chunks[5]!.name, 2);
    await eventually(() => packFiles(folder)).not.toContain("0000000001.pack");
    await eventually(() => store.totals().usedBytes).toBe(onDisk(folder));
    await expectWholeStore(store, folder);
    expect(allNames(store)).toHaveLength(24);
    const counted = store.totals();
    await store.close();
    const recounted = await open();
    expect(recounted.totals()).toEqual(counted);
    await recounted.close();
  });

  it("are compacted at leisure, while chunks are stored, read and deleted", async () => {
    const pace = new SteppedSleep();
    const { folder, store } = await filled({ sleep: pace.sleep });
    for (const { name } of chunks.slice(0, 6)) await store.delete(name, 2);
    await eventually(() => pace.isAsleep).toBe(true);
    // Four chunks were copied, and what follows waits.
    expect(pace.asked).toEqual([(4 * LENGTH * 1000) / (16 * 1024 * 1024)]);
    expect(packFiles(folder)).toContain("0000000001.pack");
    await store.store(extra.name, extra.sealed);
    await store.delete(chunks[6]!.name, 2);
    expect(await store.read(chunks[7]!.name)).toHaveLength(LENGTH);
    await expectWholeStore(store, folder);
    pace.wake();
    await eventually(() => packFiles(folder)).not.toContain("0000000001.pack");
    await eventually(() => store.totals().usedBytes).toBe(onDisk(folder));
    await expectWholeStore(store, folder);
    await store.close();
  });

  it("are gone on with after a stop in the middle", async () => {
    const pace = new SteppedSleep();
    const { folder, store, open } = await filled({ sleep: pace.sleep });
    for (const { name } of chunks.slice(0, 6)) await store.delete(name, 2);
    await eventually(() => pace.isAsleep).toBe(true);
    await store.close();
    expect(packFiles(folder)).toContain("0000000001.pack");
    const reopened = await open({ sleep: async () => undefined });
    await eventually(() => packFiles(folder)).not.toContain("0000000001.pack");
    await eventually(() => reopened.totals().usedBytes).toBe(onDisk(folder));
    await expectWholeStore(reopened, folder);
    await reopened.close();
  });

  it("do not take a chunk along that has rotted: it is lost, and the others are not", async () => {
    const { folder, store } = await filled();
    const path = join(folder, "packs", "0000000001.pack");
    const bytes = readFileSync(path);
    bytes[24 + 9 * 1000 + 500]! ^= 1;
    writeFileSync(path, bytes);
    for (const { name } of chunks.slice(0, 6)) await store.delete(name, 2);
    await eventually(() => packFiles(folder)).not.toContain("0000000001.pack");
    expect(store.losses(10)).toMatchObject([{ name: chunks[9]!.name, why: "damaged" }]);
    expect(allNames(store)).toEqual(
      chunks
        .slice(6)
        .flatMap(({ name }, at) => (at === 3 ? [] : [name]))
        .sort(),
    );
    await expect(store.read(chunks[9]!.name)).rejects.toMatchObject({ code: "CHUNK_NOT_FOUND" });
    await store.close();
  });

  it("leave no tombstone behind that keeps nothing dead, and each one that does", async () => {
    const { folder, store, open } = await filled();
    // Their tombstones lie behind the third pack, their records stay for now.
    for (const { name } of [...chunks.slice(0, 4), ...chunks.slice(10, 14)]) await store.delete(name, 2);
    const tombstones = () => recordsOnDisk(folder).filter(({ kind }) => kind === 2).length;
    expect(tombstones()).toBe(8);
    const fourth = Array.from({ length: 9 }, (_, seed) => testChunk(600 + seed, LENGTH));
    for (const { name, sealed } of fourth) await store.store(name, sealed, { epoch: 3 });
    for (const { name } of fourth) await store.delete(name, 4);
    for (let seed = 700; packFiles(folder).includes("0000000004.pack"); seed++) {
      const { name, sealed } = testChunk(seed, LENGTH);
      await store.store(name, sealed, { epoch: 5 });
    }
    await eventually(() => store.totals().usedBytes).toBe(onDisk(folder));
    // The pack with the tombstones is gone; those of records that are there still went along.
    const dead = new Set([...chunks.slice(0, 4), ...chunks.slice(10, 14)].map(({ name }) => name as string));
    const kept = recordsOnDisk(folder).filter(({ kind }) => kind === 2);
    expect(new Set(kept.map(({ name }) => name).filter((name) => dead.has(name)))).toEqual(dead);
    for (const { name } of [...chunks.slice(4, 6), ...chunks.slice(14, 16)]) await store.delete(name, 6);
    await eventually(() => packFiles(folder).filter((file) => file < "0000000003.pack")).toEqual([]);
    await eventually(() => store.totals().usedBytes).toBe(onDisk(folder));
    const held = allNames(store);
    await store.close();
    rmSync(join(folder, "index.db"));
    const rebuilt = await open();
    expect(allNames(rebuilt)).toEqual(held);
    expect(packedNames(folder)).toEqual(held);
    await rebuilt.close();
  });

  it("stay where they cannot be removed, and nothing of them comes back, nor do others wait for them", async () => {
    const inner = createUnsyncedChunkFiles(new ManualClock());
    const files = {
      ...inner,
      remove: async (path: string) => {
        if (path.endsWith("0000000001.pack")) throw Object.assign(new Error("it is in use"), { code: "EBUSY" });
        return await inner.remove(path);
      },
    };
    const { folder, store, open } = await filled({ files });
    for (const { name } of chunks.slice(0, 6)) await store.delete(name, 2);
    // The four that are left move behind the third pack.
    await eventually(() => recordsOnDisk(folder).filter(({ name }) => name === chunks[9]!.name)).toHaveLength(2);
    await eventually(() => store.totals().deadBytes).toBeGreaterThan(9000);
    for (const { name } of chunks.slice(6, 10)) await store.delete(name, 2);
    // Every other pack is compacted, and so are those with copies and tombstones.
    for (let seed = 700; seed < 760; seed++) {
      const { name, sealed } = testChunk(seed, LENGTH);
      await store.store(name, sealed, { epoch: 5 });
      await store.delete(name, 6);
    }
    for (const { name } of chunks.slice(10)) await store.delete(name, 7);
    await eventually(() => packFiles(folder).slice(0, 2).join() > "0000000001.pack,0000000005.pack").toBe(true);
    expect(packFiles(folder)).toContain("0000000001.pack");
    expect(allNames(store)).toEqual([]);
    await store.close();
    rmSync(join(folder, "index.db"));
    const rebuilt = await open({ files: inner });
    expect(allNames(rebuilt)).toEqual([]);
    await eventually(() => packFiles(folder)).not.toContain("0000000001.pack");
    await rebuilt.close();
  });

  it("are read to the end by whoever reads them while they are removed", async () => {
    const inner = createUnsyncedChunkFiles(new ManualClock());
    const gate = Promise.withResolvers<void>();
    let isSlow = false;
    const { store, folder } = await filled({
      files: {
        ...inner,
        openReading: async (path) => {
          const late = isSlow && path.endsWith("0000000001.pack");
          isSlow = false;
          if (late) await gate.promise;
          return await inner.openReading(path);
        },
      },
    });
    isSlow = true;
    const reading = store.read(chunks[8]!.name);
    const verifying = store.verify(chunks[9]!.name);
    const deleting = Promise.all(chunks.slice(0, 6).map(({ name }) => store.delete(name, 2)));
    await deleting;
    gate.resolve();
    await eventually(() => packFiles(folder)).not.toContain("0000000001.pack");
    expect(Buffer.compare(await reading, chunks[8]!.sealed)).toBe(0);
    expect(await verifying).toMatchObject({ kind: "whole" });
    expect(store.losses(10)).toEqual([]);
    await store.close();
  });
});

describe("room", () => {
  it("is what packs leave of it, dead bytes and all, and no store is refused for ever because of those", async () => {
    const bytesMax = 24 + 10 * 1000 + 24;
    const folder = tempFolder();
    const store = await openPackedStore(folder, { bytesMax, packBytesMax: 1e6 });
    for (const { name, sealed } of chunks.slice(0, 10)) await store.store(name, sealed, { epoch: 1 });
    expect(await store.usage()).toMatchObject({ usedBytes: 10_024, heldBytes: 10 * LENGTH, freeBytes: 24 });
    await expect(store.store(extra.name, extra.sealed)).rejects.toMatchObject({ code: "NO_SPACE" });
    await store.delete(chunks[0]!.name, 2);
    // Above what it may use now, by a tombstone; nothing that is needed has to go for that.
    expect(store.totals()).toMatchObject({ usedBytes: 10_096, deadBytes: 1000 });
    await expect(store.store(extra.name, extra.sealed)).rejects.toMatchObject({ code: "NO_SPACE" });
    await eventually(() => store.totals().deadBytes).toBe(0);
    await store.store(extra.name, extra.sealed);
    expect(await store.usage()).toMatchObject({ wantedFreeBytes: 0, limit: undefined });
    await expectWholeStore(store, folder);
    await store.close();
  });

  it("that is short has packs compacted sooner, as each report finds out", async () => {
    const { folder, store, open } = await filled();
    for (const { name } of chunks.slice(0, 2)) await store.delete(name, 2);
    await store.usage();
    expect(store.totals().deadBytes).toBe(2000);
    await store.close();
    const cramped = await open({ bytesMax: 40_000 });
    expect(await cramped.usage()).toMatchObject({ wantedFreeBytes: 0 });
    await eventually(() => packFiles(folder)).not.toContain("0000000001.pack");
    await eventually(() => cramped.totals().deadBytes).toBeLessThan(1000);
    await expectWholeStore(cramped, folder);
    await cramped.close();
  });

  it("that a lower quota takes away is asked for without the bytes that are dead", async () => {
    const { store, open } = await filled({ sleep: new SteppedSleep().sleep });
    for (const { name } of chunks.slice(0, 4)) await store.delete(name, 2);
    await store.close();
    const lowered = await open({ bytesMax: 25_000, diskFreeBytesMin: 0, sleep: new SteppedSleep().sleep });
    const { usedBytes, deadBytes, wantedFreeBytes } = await lowered.usage();
    expect(deadBytes).toBe(4000);
    expect(wantedFreeBytes).toBe(usedBytes - deadBytes - 25_000);
    await lowered.close();
  });
});
