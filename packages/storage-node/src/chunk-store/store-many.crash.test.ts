import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it, vi } from "vitest";
import { openTestStore } from "../testing/open-test-store.ts";
import { tempFolder } from "../testing/temp-folder.ts";
import { testChunk } from "../testing/test-chunks.ts";
import { allNames, expectWholeStore, failingFiles, NEVER, sameFolder } from "../testing/whole-store.ts";

// A busy machine needs more than the usual 5 s.
vi.setConfig({ testTimeout: 60_000 });

const old = testChunk(1, 3000);
const batch = [testChunk(3, 1000), testChunk(4, 2000), testChunk(5, 3000), sameFolder(testChunk(3, 1000).name)];
const asked = batch.map(({ name, sealed }) => ({ chunkName: name, sealed }));

async function callsOfBatch(): Promise<number> {
  const files = failingFiles();
  const store = await openTestStore(tempFolder(), { files });
  await store.store(old.name, old.sealed);
  files.failAt(NEVER);
  await store.storeMany(asked);
  const { length } = files.calls;
  await store.close();
  return length;
}

describe("the n-th call to the file system failing", () => {
  it.each([
    ["that one alone", (n: number) => n],
    ["and all that follow", () => NEVER],
  ])("while storing a batch, %s: each chunk is refused without a trace, or kept whole", async (_, until) => {
    const calls = await callsOfBatch();
    expect(calls).toBeGreaterThan(20);
    for (let n = 1; n <= calls; n++) {
      const folder = tempFolder();
      const files = failingFiles();
      const store = await openTestStore(folder, { files });
      await store.store(old.name, old.sealed);
      files.failAt(n, until(n));
      const outcomes = await store.storeMany(asked);
      files.failAt(NEVER);
      expect(outcomes.some(({ status }) => status === "rejected")).toBe(true);
      const kept = batch.filter((_chunk, at) => outcomes[at]!.status === "fulfilled").map(({ name }) => name);
      expect(allNames(store)).toEqual([old.name, ...kept].toSorted());
      for (const [at, outcome] of outcomes.entries()) {
        if (outcome.status === "fulfilled") continue;
        expect(outcome.reason).toMatchObject({ code: "STORAGE_FAILURE" });
        await expect(store.read(batch[at]!.name)).rejects.toMatchObject({ code: "CHUNK_NOT_FOUND" });
      }
      if (until(n) === n) {
        await expectWholeStore(store, folder);
        expect(readdirSync(join(folder, "tmp"))).toEqual([]);
      }
      await store.close();

      const reopened = await openTestStore(folder);
      await expectWholeStore(reopened, folder);
      expect(readdirSync(join(folder, "tmp"))).toEqual([]);
      for (const name of [old.name, ...kept]) expect(allNames(reopened)).toContain(name);
      await reopened.close();
    }
  });

  it("while storing a batch: a call that is one chunk's costs that chunk alone, and all can be stored right after", async () => {
    const calls = await callsOfBatch();
    let others = 0;
    for (let n = 1; n <= calls; n++) {
      const folder = tempFolder();
      const files = failingFiles();
      const store = await openTestStore(folder, { files });
      files.failAt(n);
      const outcomes = await store.storeMany(asked);
      files.failAt(NEVER);
      others += outcomes.filter(({ status }) => status === "fulfilled").length;
      for (const outcome of await store.storeMany(asked)) expect(outcome.status).toBe("fulfilled");
      await expectWholeStore(store, folder);
      await store.close();
    }
    expect(others).toBeGreaterThan(calls);
  });
});

describe("a batch", () => {
  it("acknowledges a batch after all of it is on the medium, each folder synced once", async () => {
    const files = failingFiles();
    const store = await openTestStore(tempFolder(), { files });
    await store.storeMany(asked);
    for (const { chunkName } of asked) await store.delete(chunkName);
    files.failAt(NEVER);
    await store.storeMany(asked);
    const inPlace = asked.flatMap(() => ["create", "write", "sync", "close", "rename"]);
    expect(files.calls.slice(0, inPlace.length).toSorted()).toEqual(inPlace.toSorted());
    // Two of the four lie in one folder.
    expect(files.calls.slice(inPlace.length)).toEqual(["syncFolder", "syncFolder", "syncFolder"]);
    await store.close();
  });

  it("keeps nothing of a batch that cannot be noted in the index", async () => {
    const folder = tempFolder();
    const store = await openTestStore(folder);
    await store.store(old.name, old.sealed);
    const db = new DatabaseSync(join(folder, "index.db"));
    db.exec(`CREATE TRIGGER third BEFORE INSERT ON chunk WHEN new.name = '${batch[2]!.name}'
    BEGIN SELECT RAISE(ABORT, 'on purpose'); END`);
    db.close();
    const refused = { status: "rejected", reason: expect.objectContaining({ code: "STORAGE_FAILURE" }) };
    expect(await store.storeMany(asked)).toEqual(asked.map(() => refused));
    expect(allNames(store)).toEqual([old.name]);
    await expectWholeStore(store, folder);
    expect(readdirSync(join(folder, "tmp"))).toEqual([]);
    await store.close();
  });
});
