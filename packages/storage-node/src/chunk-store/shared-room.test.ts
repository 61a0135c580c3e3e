import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { openTestStore } from "../testing/open-test-store.ts";
import { tempFolder } from "../testing/temp-folder.ts";
import { testChunk } from "../testing/test-chunks.ts";
import { type HeldBytes, type QuotaOptions, StorageQuota } from "./storage-quota.ts";

const GB = 1e9;
const LENDING: QuotaOptions = { bytesMax: 10 * GB, reservedBytes: 0, sharesExcess: true, diskFreeBytesMin: GB };

function quotaOf(options: Partial<QuotaOptions>, held: Partial<HeldBytes> = {}, diskFreeBytes = 1e15) {
  return new StorageQuota(
    {
      held: () => ({ usedBytes: 0, ownBytes: 0, lentBytes: 0, ...held }),
      diskFreeBytes: async () => diskFreeBytes,
      clock: new ManualClock(),
    },
    { ...LENDING, ...options },
  );
}

const refusal = (words: string) =>
  expect.objectContaining({ code: "NO_SPACE", message: expect.stringContaining(words) });

describe("what is reserved", () => {
  it("is left to the operator's own chunks", async () => {
    const quota = quotaOf({ reservedBytes: 4 * GB }, { usedBytes: 5 * GB, lentBytes: 5 * GB });
    expect(await quota.room()).toEqual({
      freeBytes: GB,
      freeBytesOwn: 5 * GB,
      capacityBytes: 10 * GB,
      wantedFreeBytes: 0,
      limit: undefined,
    });
    await expect(quota.reserve(GB + 1)).rejects.toEqual(refusal("lower storage.reserved_bytes"));
    (await quota.reserve(GB)).release();
    (await quota.reserve(5 * GB, { own: true })).release();
    await expect(quota.reserve(5 * GB + 1, { own: true })).rejects.toEqual(refusal("raise storage.max_bytes"));
  });

  it("is used by the operator's own chunks first: they take nothing from others until it is full", async () => {
    const quota = quotaOf({ reservedBytes: 4 * GB }, { usedBytes: 3 * GB, ownBytes: 3 * GB });
    expect(await quota.room()).toMatchObject({ freeBytes: 6 * GB, freeBytesOwn: 7 * GB });
    const more = quotaOf({ reservedBytes: 4 * GB }, { usedBytes: 6 * GB, ownBytes: 6 * GB });
    expect(await more.room()).toMatchObject({ freeBytes: 4 * GB, freeBytesOwn: 4 * GB });
  });

  it("counts what may be anybody's as others'", async () => {
    const quota = quotaOf({ reservedBytes: 4 * GB }, { usedBytes: 6 * GB });
    expect(await quota.room()).toMatchObject({ freeBytes: 0, wantedFreeBytes: 0 });
  });

  it("is not promised twice to stores under way", async () => {
    const quota = quotaOf({ reservedBytes: 9 * GB });
    const first = await quota.reserve(0.6 * GB);
    await expect(quota.reserve(0.6 * GB)).rejects.toEqual(refusal("400 MB are left for others"));
    const own = await quota.reserve(0.6 * GB, { own: true });
    first.release();
    first.release();
    await quota.reserve(GB);
    own.release();
    expect(quota.pendingBytes).toBe(GB);
  });
});

describe("a node that lends nothing", () => {
  it("takes its operator's own chunks and no others, and keeps those that it has", async () => {
    const quota = quotaOf({ sharesExcess: false }, { usedBytes: GB, lentBytes: GB });
    expect(await quota.room()).toMatchObject({ freeBytes: 0, freeBytesOwn: 9 * GB, wantedFreeBytes: 0 });
    await expect(quota.reserve(1)).rejects.toEqual(refusal("storage.share_excess"));
    await quota.reserve(9 * GB, { own: true });
  });

  it("says so before any bytes are sent, and still serves and confirms what it holds", async () => {
    const folder = tempFolder();
    const { name, sealed } = testChunk(1);
    const lending = await openTestStore(folder);
    await lending.store(name, sealed);
    await lending.close();
    const store = await openTestStore(folder, { sharesExcess: false });
    await store.checkRoom(name, sealed.length);
    expect(await store.store(name, sealed)).toEqual({ alreadyHeld: true });
    const other = testChunk(2);
    await expect(store.checkRoom(other.name, 1000)).rejects.toEqual(refusal("own operator only"));
    await expect(store.store(other.name, other.sealed)).rejects.toEqual(refusal("own operator only"));
    await store.checkRoom(other.name, 1000, { own: true });
    expect(await store.store(other.name, other.sealed, { own: true })).toEqual({ alreadyHeld: false });
    expect(store.totals()).toMatchObject({ usedBytes: 2000, ownBytes: 1000, lentBytes: 1000 });
    // What was taken for a stranger's turns out to be the operator's own.
    await store.store(name, sealed, { own: true });
    expect(store.totals()).toMatchObject({ ownBytes: 2000, lentBytes: 0 });
    await store.store(name, sealed);
    await store.delete(other.name);
    expect(store.totals()).toMatchObject({ usedBytes: 1000, ownBytes: 1000, lentBytes: 0 });
    await store.close();
  });
});

describe("more than a node may hold", () => {
  it.each<[string, Partial<QuotaOptions>, Partial<HeldBytes>, number, number, string]>([
    ["its quota was lowered", {}, { usedBytes: 13 * GB, lentBytes: 13 * GB }, 1e15, 3 * GB, "storage.max_bytes"],
    ["the disk has too little left", {}, { usedBytes: 5 * GB }, 0.25 * GB, 0.75 * GB, "storage.min_free_disk_bytes"],
    ["the disk is full of other things", {}, { usedBytes: 100 }, 0, 100, "storage.min_free_disk_bytes"],
    [
      "others use what is reserved now",
      { reservedBytes: 6 * GB },
      { usedBytes: 7 * GB, lentBytes: 5 * GB, ownBytes: 2 * GB },
      1e15,
      GB,
      "storage.reserved_bytes",
    ],
    ["both, and the worse counts", {}, { usedBytes: 10 * GB + 5 }, GB - 7, 7, "storage.min_free_disk_bytes"],
  ])("is told where %s", async (_, options, held, disk, wantedFreeBytes, limit) => {
    expect(await quotaOf(options, held, disk).room()).toMatchObject({ wantedFreeBytes, limit, freeBytes: 0 });
  });

  it("is never negative, and nothing is free for others beyond what is free at all", async () => {
    const bytes = fc.integer({ min: 0, max: 20 });
    await fc.assert(
      fc.asyncProperty(
        fc.record({ bytesMax: bytes, reservedBytes: bytes, sharesExcess: fc.boolean(), diskFreeBytesMin: bytes }),
        fc.record({ ownBytes: bytes, lentBytes: bytes, unknown: bytes }),
        bytes,
        async (options, { ownBytes, lentBytes, unknown }, disk) => {
          const usedBytes = ownBytes + lentBytes + unknown;
          const room = await quotaOf(options, { usedBytes, ownBytes, lentBytes }, disk).room();
          expect(room.wantedFreeBytes).toBeGreaterThanOrEqual(0);
          expect(room.wantedFreeBytes).toBeLessThanOrEqual(usedBytes + options.reservedBytes);
          expect(room.limit === undefined).toBe(room.wantedFreeBytes === 0);
          expect(room.freeBytes).toBeGreaterThanOrEqual(0);
          expect(room.freeBytes).toBeLessThanOrEqual(room.freeBytesOwn);
          expect(room.capacityBytes).toBeLessThanOrEqual(options.bytesMax);
        },
      ),
      { numRuns: 300 },
    );
  });
});
