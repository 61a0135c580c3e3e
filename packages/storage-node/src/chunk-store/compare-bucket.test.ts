import { mkdirSync, rmSync, truncateSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { describe, expect, it } from "vitest";
import { createFailingChunkFiles } from "../testing/failing-chunk-files.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { openTestStore } from "../testing/open-test-store.ts";
import { tempFolder } from "../testing/temp-folder.ts";
import { type TestChunk, testChunk } from "../testing/test-chunks.ts";
import { createUnsyncedChunkFiles } from "../testing/unsynced-chunk-files.ts";

const NEVER = Number.POSITIVE_INFINITY;
const first = testChunk(1, 500);
const BUCKET = Number.parseInt(first.name.slice(0, 2), 16);
/** Chunks of one bucket. */
const inBucket: TestChunk[] = [first];
for (let seed = 2; inBucket.length < 4; seed++) {
  const chunk = testChunk(seed, 500);
  if (chunk.name.startsWith(first.name.slice(0, 2))) inBucket.push(chunk);
}
const [kept, gone, cut, stray] = inBucket as [TestChunk, TestChunk, TestChunk, TestChunk];

function pathIn(folder: string, name: ChunkName): string {
  return join(folder, "chunks", name.slice(0, 1), name.slice(1, 2), name);
}

/** One chunk as it should be, one without its file, one that was cut short, and a file without a row. */
async function disorder() {
  const folder = tempFolder();
  const files = createFailingChunkFiles(createUnsyncedChunkFiles(new ManualClock()));
  const store = await openTestStore(folder, { files });
  for (const { name, sealed } of [kept, gone, cut]) await store.store(name, sealed, { epoch: 2 });
  unlinkSync(pathIn(folder, gone.name));
  truncateSync(pathIn(folder, cut.name), 9);
  writeFileSync(pathIn(folder, stray.name), stray.sealed);
  return { folder, files, store };
}

const AGREED = { missing: [gone.name], resized: [cut.name], found: 1 };

describe("a bucket of chunks compared with its folder", () => {
  it("says what is missing, resized and found, and then agrees", async () => {
    const { store } = await disorder();
    expect(await store.compareBucket(BUCKET)).toEqual(AGREED);
    expect(await store.compareBucket(BUCKET)).toEqual({ missing: [], resized: [], found: 0 });
    expect(store.list({ limit: 10 }).items.map(({ name }) => name)).toEqual([kept.name, stray.name].sort());
    expect(store.listHeld({ limit: 10 }).items.find(({ name }) => name === stray.name)).toMatchObject({
      epoch: undefined,
      own: undefined,
    });
    for (let bucket = 0; bucket < 256; bucket++) {
      expect(await store.compareBucket(bucket)).toEqual({ missing: [], resized: [], found: 0 });
    }
    await store.close();
  });

  it("takes no chunk for lost because the disk does not answer: whichever call fails, the next try is right", async () => {
    const counting = await disorder();
    counting.files.failAt(NEVER);
    await counting.store.compareBucket(BUCKET);
    const calls = counting.files.calls.length;
    await counting.store.close();
    expect(calls).toBeGreaterThan(6);
    for (let n = 1; n <= calls; n++) {
      const { store, files } = await disorder();
      files.failAt(n);
      await expect(store.compareBucket(BUCKET)).rejects.toMatchObject({ code: "STORAGE_FAILURE" });
      files.failAt(NEVER);
      await store.compareBucket(BUCKET);
      expect(
        store.list({ limit: 10 }).items.map(({ name }) => name),
        `call ${n}`,
      ).toEqual([kept.name, stray.name].sort());
      expect(
        store
          .losses(10)
          .map(({ name, why }) => [name, why])
          .sort(),
      ).toEqual(
        [
          [gone.name, "missing"],
          [cut.name, "damaged"],
        ].sort(),
      );
      await store.close();
    }
  });

  it("has lost all of it where the folder is gone", async () => {
    const { folder, store } = await disorder();
    rmSync(join(folder, "chunks", first.name.slice(0, 1)), { recursive: true });
    const { missing, found } = await store.compareBucket(BUCKET);
    expect([...missing].sort()).toEqual([kept.name, gone.name, cut.name].sort());
    expect(found).toBe(0);
    mkdirSync(join(folder, "chunks", first.name.slice(0, 1)), { recursive: true });
    await store.close();
  });
});
