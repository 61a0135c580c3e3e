import { describe, expect, it } from "vitest";
import { createFailingChunkFiles } from "../testing/failing-chunk-files.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { openTestStore } from "../testing/open-test-store.ts";
import { tempFolder } from "../testing/temp-folder.ts";
import { testChunk } from "../testing/test-chunks.ts";
import { createUnsyncedChunkFiles } from "../testing/unsynced-chunk-files.ts";
import type { ChunkFiles } from "./chunk-files.ts";
import { StorageQuota } from "./storage-quota.ts";

function realFiles(): ChunkFiles {
  return createUnsyncedChunkFiles(new ManualClock());
}

/** The real file system, but with this much room. */
function filesWithFree(freeBytes: () => number): ChunkFiles {
  return { ...realFiles(), freeBytes: async () => freeBytes() };
}

describe("the quota of a store", () => {
  it("takes chunks up to exactly max_bytes and refuses the next byte with the numbers", async () => {
    const store = await openTestStore(tempFolder(), { bytesMax: 1000 });
    const [a, b, c] = [testChunk(1, 600), testChunk(2, 400), testChunk(3, 1)];
    await store.store(a.name, a.sealed);
    await store.store(b.name, b.sealed);
    expect(await store.usage()).toMatchObject({ chunkCount: 2, usedBytes: 1000, freeBytes: 0, capacityBytes: 1000 });
    await expect(store.store(c.name, c.sealed)).rejects.toMatchObject({
      code: "NO_SPACE",
      details: { length: 1, used_bytes: 1000, pending_bytes: 0, max_bytes: 1000 },
    });
    await store.delete(b.name);
    await store.store(c.name, c.sealed);
    await store.close();
  });

  it("leaves exactly min_free_disk_bytes on the disk", async () => {
    let free = 5000;
    const files = filesWithFree(() => free);
    const store = await openTestStore(tempFolder(), { files, diskFreeBytesMin: 4000 });
    const exact = testChunk(1, 1000);
    const over = testChunk(2, 1001);
    await expect(store.store(over.name, over.sealed)).rejects.toMatchObject({
      code: "NO_SPACE",
      details: { disk_free_bytes_after: 3999, disk_free_bytes_min: 4000 },
    });
    await store.store(exact.name, exact.sealed);
    free = 4000;
    expect(await store.usage()).toMatchObject({ freeBytes: 0, capacityBytes: 1000 });
    await store.close();
  });

  it("counts the bytes of stores under way, so that of many at once only those that fit succeed", async () => {
    const store = await openTestStore(tempFolder(), { bytesMax: 5000 });
    const chunks = Array.from({ length: 20 }, (_, seed) => testChunk(seed, 1000));
    const outcomes = await Promise.allSettled(chunks.map(({ name, sealed }) => store.store(name, sealed)));
    expect(outcomes.filter((outcome) => outcome.status === "fulfilled")).toHaveLength(5);
    expect(store.totals().usedBytes).toBe(5000);
    await store.close();
  });

  it("gives back the bytes of a store that failed", async () => {
    const files = createFailingChunkFiles(realFiles());
    const store = await openTestStore(tempFolder(), { files, bytesMax: 1000 });
    const { name, sealed } = testChunk(1, 1000);
    files.failAt(1, 1000);
    await expect(store.store(name, sealed)).rejects.toMatchObject({ code: "STORAGE_FAILURE" });
    files.failAt(Number.POSITIVE_INFINITY);
    expect(await store.store(name, sealed)).toEqual({ alreadyHeld: false });
    await store.close();
  });

  it("lets a full store replace a damaged chunk", async () => {
    const store = await openTestStore(tempFolder(), { bytesMax: 1000 });
    const { name, sealed } = testChunk(1, 1000);
    await store.store(name, sealed);
    store.markDamaged(name);
    expect(await store.store(name, sealed)).toEqual({ alreadyHeld: false });
    await store.close();
  });

  it("can be asked before the bytes are sent", async () => {
    const store = await openTestStore(tempFolder(), { bytesMax: 1000 });
    const { name, sealed } = testChunk(1, 1000);
    await store.checkRoom(name, 1000);
    await expect(store.checkRoom(name, 1001)).rejects.toMatchObject({ code: "NO_SPACE" });
    await store.store(name, sealed);
    await store.checkRoom(name, 1000);
    await expect(store.checkRoom(testChunk(2).name, 1)).rejects.toMatchObject({ code: "NO_SPACE" });
    await store.close();
  });

  it("says NO_SPACE when the disk itself is full", async () => {
    const files = createFailingChunkFiles(realFiles(), "ENOSPC");
    const store = await openTestStore(tempFolder(), { files });
    const { name, sealed } = testChunk(1);
    files.failAt(3, 3);
    await expect(store.store(name, sealed)).rejects.toMatchObject({ code: "NO_SPACE" });
    await store.close();
  });

  it("never promises the same gap twice while the disk is being asked", async () => {
    const asked: (() => void)[] = [];
    const quota = new StorageQuota(
      {
        held: () => ({ usedBytes: 0, ownBytes: 0, lentBytes: 0 }),
        diskFreeBytes: () =>
          new Promise((resolve) => {
            asked.push(() => resolve(1000));
          }),
        clock: new ManualClock(),
      },
      { bytesMax: 1e6, reservedBytes: 0, sharesExcess: true, diskFreeBytesMin: 0 },
    );
    const first = quota.reserve(600);
    const second = quota.reserve(600);
    const outcomes = Promise.allSettled([first, second]);
    for (const answer of asked) answer();
    expect((await outcomes).filter((outcome) => outcome.status === "fulfilled").length).toBeLessThan(2);
    expect(quota.pendingBytes).toBeLessThanOrEqual(600);
  });
});
