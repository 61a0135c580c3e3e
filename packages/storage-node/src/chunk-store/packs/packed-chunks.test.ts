import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../testing/manual-clock.ts";
import { openPackedStore } from "../../testing/open-packed-store.ts";
import { filesBelow } from "../../testing/open-test-store.ts";
import { packedNames, packFiles, recordsOnDisk } from "../../testing/read-packs.ts";
import { tempFolder } from "../../testing/temp-folder.ts";
import { type TestChunk, testChunk } from "../../testing/test-chunks.ts";
import { allNames, expectWholeStore, failingFiles, NEVER } from "../../testing/whole-store.ts";
import type { ChunkStore } from "../chunk-store.ts";
import { createNodeChunkFiles } from "../node-chunk-files.ts";

const KIB = 1024;
const chunks = Array.from({ length: 16 }, (_, seed) => testChunk(seed, 900 + seed));
const names = chunks.map(({ name }) => name).sort();
const asked = chunks.map(({ name, sealed }) => ({ chunkName: name, sealed }));

async function storeAll(store: ChunkStore, all: readonly TestChunk[] = chunks, epoch = 5): Promise<void> {
  const batch = all.map(({ name, sealed }) => ({ chunkName: name, sealed }));
  for (const outcome of await store.storeMany(batch, { epoch })) expect(outcome.status).toBe("fulfilled");
}

/** As a power cut or a kill leaves it: the index may lack what came last. */
function stopUncleanly(folder: string): void {
  writeFileSync(join(folder, "store-open"), "");
}

/** Changes bytes of the record of a chunk, in its file. */
function spoil({ name }: TestChunk, folder: string, at: number): void {
  const record = recordsOnDisk(folder).findLast((each) => each.name === name)!;
  const path = join(folder, "packs", record.file);
  const bytes = readFileSync(path);
  bytes[record.offset + at]! ^= 0xff;
  writeFileSync(path, bytes);
}

describe("small chunks", () => {
  it("lie in a pack for its owner only, up to 64 KiB; longer ones have files of their own", async () => {
    const folder = tempFolder();
    const store = await openPackedStore(folder);
    const limit = [testChunk(91, 64 * KIB), testChunk(92, 64 * KIB + 1)] as const;
    await storeAll(store, [...chunks, ...limit]);
    expect(packedNames(folder)).toEqual([...names, limit[0].name].sort());
    expect(filesBelow(join(folder, "chunks"))).toEqual([limit[1].name]);
    expect(statSync(join(folder, "packs", "0000000001.pack")).mode & 0o777).toBe(0o600);
    await expectWholeStore(store, folder);
    await store.close();
    const reopened = await openPackedStore(folder);
    await expectWholeStore(reopened, folder);
    expect(reopened.list({ limit: 1 }).items[0]).toMatchObject({ epoch: 5, own: false });
    await reopened.close();
  });

  it("of a batch share one write, one fsync and one change of the index", async () => {
    const files = failingFiles();
    const store = await openPackedStore(tempFolder(), { files });
    await store.store(testChunk(99).name, testChunk(99).sealed);
    files.failAt(NEVER);
    await storeAll(store);
    expect(files.calls).toEqual(["write", "sync"]);
    await store.close();
  });

  it("that come one by one while others are on their way share what follows", async () => {
    const files = failingFiles();
    const store = await openPackedStore(tempFolder(), { files });
    files.failAt(NEVER);
    await Promise.all(chunks.map(({ name, sealed }) => store.store(name, sealed)));
    expect(files.calls.filter((call) => call === "sync").length).toBeLessThanOrEqual(3);
    expect(store.totals().chunkCount).toBe(chunks.length);
    await store.close();
  });

  it("stored at once in batches that overlap are written once each", async () => {
    const folder = tempFolder();
    const store = await openPackedStore(folder);
    const batches = [asked.slice(0, 9), asked.slice(5).toReversed(), asked, asked.toReversed()];
    const outcomes = (await Promise.all(batches.map((batch) => store.storeMany(batch)))).flat();
    expect(outcomes.filter((each) => each.status === "fulfilled" && !each.value.alreadyHeld)).toHaveLength(16);
    expect(recordsOnDisk(folder)).toHaveLength(16);
    await store.close();
  });

  it("are gone when they are deleted, can come back, and a wiped index knows which is which", async () => {
    const folder = tempFolder();
    const store = await openPackedStore(folder);
    await storeAll(store);
    for (const { name } of chunks.slice(0, 10)) expect(await store.delete(name, 6)).toBe("deleted");
    expect(await store.delete(chunks[0]!.name, 6)).toBe("not_held");
    expect(await store.delete(chunks[15]!.name, 5)).toBe("stored_anew");
    await storeAll(store, chunks.slice(0, 4), 7);
    expect(await store.delete(chunks[0]!.name, 7)).toBe("stored_anew");
    expect(await store.delete(chunks[1]!.name, 8)).toBe("deleted");
    const held = [...chunks.slice(2, 4), chunks[0]!, ...chunks.slice(10)].map(({ name }) => name).sort();
    expect(allNames(store)).toEqual(held);
    await expectWholeStore(store, folder);
    await store.close();
    for (const wiped of [false, true]) {
      if (wiped) rmSync(join(folder, "index.db"));
      stopUncleanly(folder);
      const reopened = await openPackedStore(folder);
      expect(allNames(reopened)).toEqual(held);
      await expectWholeStore(reopened, folder);
      expect(await reopened.delete(chunks[0]!.name, 7)).toBe("stored_anew");
      expect(await reopened.delete(chunks[10]!.name, 5)).toBe("stored_anew");
      await reopened.close();
    }
  });

  it("fill one pack after another, and go on in the newest one after a restart", async () => {
    const folder = tempFolder();
    for (let round = 0; round < 3; round++) {
      const store = await openPackedStore(folder, { packBytesMax: 8 * KIB });
      for (const { name, sealed } of chunks.slice(round * 5, round * 5 + 5)) await store.store(name, sealed);
      await expectWholeStore(store, folder);
      await store.close();
    }
    expect(packFiles(folder)).toEqual(["0000000001.pack", "0000000002.pack"]);
    for (const file of packFiles(folder)) expect(statSync(join(folder, "packs", file)).size).toBeLessThanOrEqual(8192);
  });

  it("are taken for lost where their pack is gone, cut short or changed, they alone", async () => {
    const folder = tempFolder();
    const store = await openPackedStore(folder, { packBytesMax: 8 * KIB });
    for (const { name, sealed } of chunks) await store.store(name, sealed);
    const [first, last] = [chunks[0]!, chunks[15]!];
    spoil(first, folder, 100);
    expect(await store.verify(first.name)).toEqual({ kind: "damaged" });
    spoil(chunks[1]!, folder, 10);
    await expect(store.read(chunks[1]!.name)).rejects.toMatchObject({ code: "CHUNK_CORRUPT" });
    rmSync(join(folder, "packs", "0000000002.pack"));
    expect(await store.holds(last.name)).toBe(false);
    expect(await store.verify(last.name)).toEqual({ kind: "missing" });
    expect(await store.verify(chunks[2]!.name)).toMatchObject({ kind: "whole" });
    // Both come back when they are stored anew.
    await storeAll(store, [first, chunks[1]!, last]);
    expect(await store.verify(first.name)).toMatchObject({ kind: "whole" });
    expect(await store.verify(chunks[1]!.name)).toMatchObject({ kind: "whole" });
    expect(await store.verify(last.name)).toMatchObject({ kind: "whole" });
    await store.close();
  });

  it("that are stored once more are read in full, and written anew where they have rotted", async () => {
    const folder = tempFolder();
    const store = await openPackedStore(folder);
    await storeAll(store);
    spoil(chunks[3]!, folder, 500);
    const outcomes = await store.storeMany(asked, { epoch: 9 });
    const written = outcomes.map((each) => each.status === "fulfilled" && !each.value.alreadyHeld);
    expect(written.filter(Boolean)).toHaveLength(1);
    expect(written[3]).toBe(true);
    expect(await store.delete(chunks[0]!.name, 9)).toBe("stored_anew");
    expect(store.losses(10)).toEqual([]);
    await store.close();
    // The older record of it counts for nothing.
    rmSync(join(folder, "index.db"));
    const rebuilt = await openPackedStore(folder);
    await expectWholeStore(rebuilt, folder);
    await rebuilt.close();
  });

  it("are not acknowledged where they cannot be noted, and nothing of them stays", async () => {
    const folder = tempFolder();
    const store = await openPackedStore(folder);
    await store.store(chunks[0]!.name, chunks[0]!.sealed);
    const db = new DatabaseSync(join(folder, "index.db"));
    db.exec(`CREATE TRIGGER third BEFORE INSERT ON chunk WHEN new.name = '${chunks[5]!.name}'
      BEGIN SELECT RAISE(ABORT, 'on purpose'); END`);
    const used = store.totals();
    const refused = { status: "rejected", reason: expect.objectContaining({ code: "STORAGE_FAILURE" }) };
    expect(await store.storeMany(asked.slice(1, 8))).toEqual(asked.slice(1, 8).map(() => refused));
    expect(store.totals()).toEqual(used);
    expect(recordsOnDisk(folder)).toHaveLength(1);
    db.exec("DROP TRIGGER third");
    db.close();
    await storeAll(store);
    await expectWholeStore(store, folder);
    await store.close();
  });

  it("whose folder somebody took away are written to a new one from the next store on", async () => {
    const folder = tempFolder();
    // Only where what is written is synced does it show that the file is gone.
    const store = await openPackedStore(folder, { files: createNodeChunkFiles({ clock: new ManualClock() }) });
    await storeAll(store, chunks.slice(0, 4));
    rmSync(join(folder, "packs"), { recursive: true });
    const { name, sealed } = chunks[7]!;
    await expect(store.store(name, sealed)).rejects.toMatchObject({ code: "STORAGE_FAILURE" });
    expect(await store.store(name, sealed)).toEqual({ alreadyHeld: false });
    expect(existsSync(join(folder, "packs"))).toBe(true);
    expect(await store.verify(name)).toMatchObject({ kind: "whole" });
    expect(await store.verify(chunks[0]!.name)).toEqual({ kind: "missing" });
    await store.close();
  });
});

describe("a start", () => {
  const filled = async (packBytesMax = 64 * KIB) => {
    const folder = tempFolder();
    const store = await openPackedStore(folder, { packBytesMax });
    for (const { name, sealed } of chunks) await store.store(name, sealed);
    await store.close();
    return folder;
  };

  it("cuts off what is torn at the end, wherever it is torn, and loses nothing before it", async () => {
    const folder = await filled();
    const path = join(folder, "packs", "0000000001.pack");
    const whole = readFileSync(path);
    const last = recordsOnDisk(folder).at(-1)!;
    for (let end = last.offset; end < whole.length; end += 97) {
      // What came last is unknown to the index, as a crash before its transaction leaves it.
      writeFileSync(path, whole.subarray(0, end));
      rmSync(join(folder, "index.db"));
      const store = await openPackedStore(folder);
      expect(allNames(store), `torn at ${end}`).toEqual(names.filter((name) => name !== last.name));
      expect(statSync(path).size).toBe(last.offset);
      await store.store(testChunk(15, 915).name, testChunk(15, 915).sealed);
      await expectWholeStore(store, folder);
      await store.close();
    }
  });

  it("holds what lies behind a damaged record", async () => {
    const folder = await filled();
    spoil(chunks[4]!, folder, 3);
    rmSync(join(folder, "index.db"));
    const store = await openPackedStore(folder);
    expect(allNames(store)).toEqual(names.filter((name) => name !== chunks[4]!.name));
    await store.close();
  });

  it("finds packs that it does not know, and misses those that are gone, also after a clean stop", async () => {
    const [folder, other] = [await filled(4 * KIB), tempFolder()];
    const files = packFiles(folder);
    expect(files.length).toBeGreaterThan(3);
    const inSecond = recordsOnDisk(folder).filter(({ file }) => file === files[1]);
    const away = join(other, files[1]!);
    writeFileSync(away, readFileSync(join(folder, "packs", files[1]!)));
    rmSync(join(folder, "packs", files[1]!));
    const store = await openPackedStore(folder);
    expect(allNames(store)).toEqual(names.filter((name) => !inSecond.some((each) => each.name === name)));
    expect(store.losses(100)).toHaveLength(inSecond.length);
    await store.close();
    writeFileSync(join(folder, "packs", files[1]!), readFileSync(away));
    const again = await openPackedStore(folder);
    expect(allNames(again)).toEqual(names);
    expect(again.losses(100)).toEqual([]);
    await expectWholeStore(again, folder);
    await again.close();
  });

  it("takes what was cut off a pack for lost", async () => {
    const folder = await filled();
    const records = recordsOnDisk(folder);
    truncateSync(join(folder, "packs", "0000000001.pack"), records[12]!.offset + 30);
    stopUncleanly(folder);
    const store = await openPackedStore(folder);
    expect(allNames(store)).toEqual(
      records
        .slice(0, 12)
        .map(({ name }) => name)
        .sort(),
    );
    expect(store.losses(100).map(({ why }) => why)).toEqual(["missing", "missing", "missing", "missing"]);
    await store.store(chunks[0]!.name, chunks[0]!.sealed);
    await storeAll(store);
    for (const name of names) expect(await store.verify(name)).toMatchObject({ kind: "whole" });
    await store.close();
  });

  it("leaves files alone that are no packs, or packs of a later version, and removes what was never one", async () => {
    const folder = await filled();
    writeFileSync(join(folder, "packs", "notes.txt"), "mine");
    writeFileSync(join(folder, "packs", "0000000009.pack"), "rubbish".repeat(1000));
    const later = Buffer.concat([Buffer.from("CHPACK\0\u0002", "latin1"), Buffer.alloc(5000, 1)]);
    writeFileSync(join(folder, "packs", "0000000011.pack"), later);
    rmSync(join(folder, "index.db"));
    const store = await openPackedStore(folder, { packBytesMax: 20 * KIB });
    expect(allNames(store)).toEqual(names);
    await storeAll(store, [testChunk(77, 8000)]);
    expect(readdirSync(join(folder, "packs")).sort()).toEqual([
      "0000000001.pack",
      "0000000011.pack",
      "0000000012.pack",
      "notes.txt",
    ]);
    expect(Buffer.compare(readFileSync(join(folder, "packs", "0000000011.pack")), later)).toBe(0);
    await store.close();
  });

  it("keeps one of two where a chunk has a file and lies in a pack", async () => {
    const folder = await filled();
    const [twice, rotten] = [chunks[2]!, chunks[3]!];
    for (const { name, sealed } of [twice, rotten]) {
      const path = join(folder, "chunks", name.slice(0, 1), name.slice(1, 2));
      mkdirSync(path, { recursive: true });
      writeFileSync(join(path, name), sealed);
    }
    spoil(rotten, folder, 200);
    stopUncleanly(folder);
    const store = await openPackedStore(folder);
    expect(filesBelow(join(folder, "chunks"))).toEqual([rotten.name]);
    for (const name of names) expect(await store.verify(name)).toMatchObject({ kind: "whole" });
    expect(store.totals().chunkCount).toBe(16);
    // The same while it runs.
    const { name, sealed } = twice;
    mkdirSync(join(folder, "chunks", name.slice(0, 1), name.slice(1, 2)), { recursive: true });
    writeFileSync(join(folder, "chunks", name.slice(0, 1), name.slice(1, 2), name), sealed);
    const compared = await store.compareBucket(Number.parseInt(name.slice(0, 2), 16));
    expect(compared).toEqual({ missing: [], resized: [], found: 0 });
    expect(existsSync(join(folder, "chunks", name.slice(0, 1), name.slice(1, 2), name))).toBe(false);
    await store.close();
  });
});
