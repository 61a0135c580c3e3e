import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { SEALED_LENGTH_MAX } from "@commonhold/wire/protocols.ts";
import { describe, expect, it, vi } from "vitest";
import { eventually } from "../testing/eventually.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { filesBelow, openTestStore } from "../testing/open-test-store.ts";
import { tempFolder } from "../testing/temp-folder.ts";
import { testChunk } from "../testing/test-chunks.ts";
import { createUnsyncedChunkFiles } from "../testing/unsynced-chunk-files.ts";
import { allNames, expectWholeStore, failingFiles, NEVER, sameFolder } from "../testing/whole-store.ts";
import type { ChunkStore } from "./chunk-store.ts";

// A busy machine needs more than the usual 5 s.
vi.setConfig({ testTimeout: 60_000 });

const CHILD = fileURLToPath(new URL("../testing/store-until-killed.ts", import.meta.url));
const CHILD_CHUNK_BYTES = 200_000;

/** Stores in a process of its own and kills that after `count` acknowledgements; answers the acknowledged seeds. */
async function storeAndKill(folder: string, firstSeed: number, count: number): Promise<readonly number[]> {
  const child = spawn(process.execPath, [CHILD, folder, String(firstSeed)], { stdio: ["ignore", "pipe", "inherit"] });
  const closed = once(child, "close");
  const acknowledged: number[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === "open") continue;
    acknowledged.push(Number(line));
    if (acknowledged.length === count) child.kill("SIGKILL");
  }
  await closed;
  expect(child.signalCode).toBe("SIGKILL");
  return acknowledged;
}

describe("a node killed while it stores", () => {
  it("has every acknowledged chunk afterwards, whole, and nothing partial, kill after kill", async () => {
    const folder = tempFolder();
    const acknowledged: number[] = [];
    for (const [round, count] of [1, 7, 20].entries()) {
      acknowledged.push(...(await storeAndKill(folder, round * 10_000, count)));
    }
    expect(existsSync(join(folder, "store-open"))).toBe(true);

    const store = await openTestStore(folder);
    const held = new Set<string>(allNames(store));
    for (const seed of acknowledged) expect(held.has(testChunk(seed, CHILD_CHUNK_BYTES).name)).toBe(true);
    await expectWholeStore(store, folder);
    for (const seed of acknowledged) {
      expect(await store.delete(testChunk(seed, CHILD_CHUNK_BYTES).name, seed + 1)).toBe("stored_anew");
    }
    expect(readdirSync(join(folder, "tmp"))).toEqual([]);
    await store.close();
    expect(existsSync(join(folder, "store-open"))).toBe(false);
  });
});

describe("the n-th call to the file system failing", () => {
  const old = testChunk(1, 3000);
  const fresh = testChunk(2, 3000);

  async function callsOf(work: (store: ChunkStore) => Promise<unknown>): Promise<number> {
    const files = failingFiles();
    const store = await openTestStore(tempFolder(), { files });
    await store.store(old.name, old.sealed);
    files.failAt(NEVER);
    await work(store);
    const { length } = files.calls;
    await store.close();
    return length;
  }

  it.each([
    ["that one alone", (n: number) => n],
    ["and all that follow", () => NEVER],
  ])("while storing, %s: refused without a trace, or kept whole", async (_, until) => {
    const calls = await callsOf((store) => store.store(fresh.name, fresh.sealed));
    expect(calls).toBeGreaterThan(8);
    for (let n = 1; n <= calls; n++) {
      const folder = tempFolder();
      const files = failingFiles();
      const store = await openTestStore(folder, { files });
      await store.store(old.name, old.sealed);
      files.failAt(n, until(n));
      await expect(store.store(fresh.name, fresh.sealed)).rejects.toMatchObject({ code: "STORAGE_FAILURE" });
      files.failAt(NEVER);
      expect(allNames(store)).toEqual([old.name]);
      await expect(store.read(fresh.name)).rejects.toMatchObject({ code: "CHUNK_NOT_FOUND" });
      if (until(n) === n) {
        await expectWholeStore(store, folder);
        expect(readdirSync(join(folder, "tmp"))).toEqual([]);
      }
      await store.close();

      const reopened = await openTestStore(folder);
      await expectWholeStore(reopened, folder);
      expect(readdirSync(join(folder, "tmp"))).toEqual([]);
      expect(allNames(reopened)).toContain(old.name);
      await reopened.close();
    }
  });

  it("while storing: the same chunk can be stored right after", async () => {
    const calls = await callsOf((store) => store.store(fresh.name, fresh.sealed));
    for (let n = 1; n <= calls; n++) {
      const folder = tempFolder();
      const files = failingFiles();
      const store = await openTestStore(folder, { files });
      files.failAt(n, NEVER);
      await expect(store.store(fresh.name, fresh.sealed)).rejects.toMatchObject({ code: "STORAGE_FAILURE" });
      files.failAt(NEVER);
      expect(await store.store(fresh.name, fresh.sealed)).toEqual({ alreadyHeld: false });
      await expectWholeStore(store, folder);
      await store.close();
    }
  });

  it.each([
    ["ENOSPC", "NO_SPACE"],
    ["EDQUOT", "NO_SPACE"],
    ["EROFS", "STORAGE_FAILURE"],
    ["EMFILE", "STORAGE_FAILURE"],
  ])("while storing, by %s: refused as %s without a trace, wherever it came", async (errno, code) => {
    const calls = await callsOf((store) => store.store(fresh.name, fresh.sealed));
    const folder = tempFolder();
    const files = failingFiles(errno);
    const store = await openTestStore(folder, { files });
    for (let n = 1; n <= calls; n++) {
      files.failAt(n);
      await expect(store.store(fresh.name, fresh.sealed), `call ${n}`).rejects.toMatchObject({ code });
      files.failAt(NEVER);
      expect(await store.usage()).toMatchObject({ chunkCount: 0, usedBytes: 0 });
      expect([...filesBelow(join(folder, "chunks")), ...readdirSync(join(folder, "tmp"))]).toEqual([]);
      // Its folders are made anew, as at the first time.
      rmSync(join(folder, "chunks", fresh.name.slice(0, 1)), { recursive: true, force: true });
    }
    await store.store(fresh.name, fresh.sealed);
    await expectWholeStore(store, folder);
    await store.close();
  });

  it("while deleting: the chunk is whole or gone", async () => {
    const calls = await callsOf((store) => store.delete(old.name));
    expect(calls).toBe(2);
    for (let n = 1; n <= calls; n++) {
      const folder = tempFolder();
      const files = failingFiles();
      const store = await openTestStore(folder, { files });
      await store.store(old.name, old.sealed);
      files.failAt(n);
      await expect(store.delete(old.name)).rejects.toMatchObject({ code: "STORAGE_FAILURE" });
      await expectWholeStore(store, folder);
      await store.close();
      const reopened = await openTestStore(folder);
      await expectWholeStore(reopened, folder);
      await reopened.close();
    }
  });

  it("while opening: it says so, and the next start is fine", async () => {
    async function crashedFolder(): Promise<string> {
      const folder = tempFolder();
      const store = await openTestStore(folder);
      await store.store(old.name, old.sealed);
      await store.close();
      writeFileSync(join(folder, "store-open"), "");
      writeFileSync(join(folder, "tmp", "leftover"), "half");
      rmSync(join(folder, "index.db"));
      return folder;
    }
    const counting = failingFiles();
    const counted = await openTestStore(await crashedFolder(), { files: counting });
    const calls = counting.calls.length;
    await counted.close();
    for (let n = 1; n <= calls; n++) {
      const folder = await crashedFolder();
      const files = failingFiles();
      files.failAt(n);
      await expect(openTestStore(folder, { files })).rejects.toMatchObject({ code: "STORAGE_FAILURE" });
      const store = await openTestStore(folder);
      expect(allNames(store)).toEqual([old.name]);
      await expectWholeStore(store, folder);
      await store.close();
    }
  });

  it("acknowledges after the bytes, the name and the folder are on the medium, in this order", async () => {
    const files = failingFiles();
    const store = await openTestStore(tempFolder(), { files });
    await store.store(old.name, old.sealed);
    const sibling = sameFolder(old.name);
    files.failAt(NEVER);
    await store.store(sibling.name, sibling.sealed);
    expect(files.calls).toEqual(["create", "write", "sync", "close", "rename", "syncFolder"]);
    await store.close();
  });

  it("makes the first chunk of a folder wait until the folder itself is on the medium", async () => {
    const calls: string[] = [];
    const real = createUnsyncedChunkFiles(new ManualClock());
    const { promise: gate, resolve: openGate } = Promise.withResolvers<void>();
    const folder = tempFolder();
    const store = await openTestStore(folder, {
      files: {
        ...real,
        async syncFolder(path) {
          if (path.startsWith(join(folder, "chunks"))) {
            calls.push(path.slice(folder.length + 1));
            if (path === join(folder, "chunks")) await gate;
          }
          await real.syncFolder(path);
        },
      },
    });
    const branch = old.name.slice(0, 1);
    let acknowledged = false;
    const storing = store.store(old.name, old.sealed).then(() => {
      acknowledged = true;
    });
    await eventually(() => calls).toEqual(["chunks"]);
    expect(acknowledged).toBe(false);
    openGate();
    await storing;
    expect(calls).toEqual(["chunks", `chunks/${branch}`, `chunks/${branch}/${old.name.slice(1, 2)}`]);
    await store.close();
  });
});

describe("an index that cannot be trusted", () => {
  const chunks = Array.from({ length: 30 }, (_, seed) => testChunk(seed, 500 + seed));

  async function filledFolder(): Promise<string> {
    const folder = tempFolder();
    const store = await openTestStore(folder);
    for (const { name, sealed } of chunks) await store.store(name, sealed);
    await store.close();
    return folder;
  }

  it.each([
    ["missing", (file: string) => rmSync(file)],
    ["empty", (file: string) => writeFileSync(file, "")],
    ["full of rubbish", (file: string) => writeFileSync(file, Buffer.alloc(20_000, "rubbish"))],
    [
      "rotten in the middle",
      (file: string) => {
        const rotten = Buffer.from(readFileSync(file));
        rotten.fill(0xff, 4096, 8192);
        writeFileSync(file, rotten);
      },
    ],
  ])("is made anew when it is %s", async (_, spoil) => {
    const folder = await filledFolder();
    spoil(join(folder, "index.db"));
    const store = await openTestStore(folder);
    expect(allNames(store)).toEqual(chunks.map(({ name }) => name).sort());
    await expectWholeStore(store, folder);
    await store.close();
  });

  it("is made anew, or does no harm, with any byte of it changed", async () => {
    const folder = await filledFolder();
    const file = join(folder, "index.db");
    const whole = readFileSync(file);
    for (let offset = 0; offset < whole.length; offset += offset < 100 ? 3 : 701) {
      const spoilt = Buffer.from(whole);
      spoilt[offset]! ^= 0xff;
      writeFileSync(file, spoilt);
      const store = await openTestStore(folder);
      expect(allNames(store), `offset ${offset}`).toEqual(chunks.map(({ name }) => name).sort());
      await expectWholeStore(store, folder);
      await store.close();
    }
  });

  it("is compared with the files after an unclean stop: added, damaged and removed", async () => {
    const folder = await filledFolder();
    const stale = join(folder, "index.stale");
    copyFileSync(join(folder, "index.db"), stale);
    const store = await openTestStore(folder);
    const added = testChunk(100, 900);
    await store.store(added.name, added.sealed);
    for (const { name } of chunks.slice(0, 5)) await store.delete(name);
    await store.close();
    copyFileSync(stale, join(folder, "index.db"));
    writeFileSync(join(folder, "store-open"), "");
    rmSync(join(folder, "chunks", chunks[7]!.name.slice(0, 1)), { recursive: true });
    const cut = chunks[8]!.name;
    truncateSync(join(folder, "chunks", cut.slice(0, 1), cut.slice(1, 2), cut), 10);

    const reopened = await openTestStore(folder);
    const expected = [added.name, ...chunks.slice(5).map(({ name }) => name)]
      .filter((name) => name !== cut && name.slice(0, 1) !== chunks[7]!.name.slice(0, 1))
      .sort();
    expect(allNames(reopened)).toEqual(expected);
    await expect(reopened.read(cut)).rejects.toMatchObject({ code: "CHUNK_CORRUPT" });
    await reopened.delete(cut);
    await expectWholeStore(reopened, folder);
    await reopened.close();
  });

  it("is emptied when the files are gone", async () => {
    const folder = await filledFolder();
    rmSync(join(folder, "chunks"), { recursive: true });
    writeFileSync(join(folder, "store-open"), "");
    const store = await openTestStore(folder);
    expect(store.totals()).toMatchObject({ chunkCount: 0, usedBytes: 0 });
    expect(allNames(store)).toEqual([]);
    await store.close();
  });

  it("leaves files alone that are no chunks", async () => {
    const folder = await filledFolder();
    const strange = ["chunks/notes.txt", "chunks/a/readme", "chunks/zz/file", "chunks/0/0/half.tmp"];
    const { name } = chunks[0]!;
    strange.push(join("chunks", "0", "0", name === "0".repeat(64) ? "x" : name), `chunks/0/0/${"0".repeat(64)}`);
    const huge = join("chunks", "0", "0", `${"0".repeat(63)}1`);
    mkdirSync(join(folder, huge, ".."), { recursive: true });
    writeFileSync(join(folder, huge), "");
    truncateSync(join(folder, huge), SEALED_LENGTH_MAX + 1);
    for (const path of strange) {
      mkdirSync(join(folder, path, ".."), { recursive: true });
      writeFileSync(join(folder, path), path.endsWith("0".repeat(64)) ? "" : "mine");
    }
    unlinkSync(join(folder, "index.db"));
    const store = await openTestStore(folder);
    expect(allNames(store)).toEqual(chunks.map((chunk) => chunk.name).sort());
    await store.close();
    for (const path of strange) expect(existsSync(join(folder, path))).toBe(true);
  });
});
