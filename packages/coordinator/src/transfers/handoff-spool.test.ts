import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chunkNameOf } from "@commonhold/chunk/merkle.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openHandoffSpool } from "./handoff-spool.ts";

const name = (digit: string): ChunkName => digit.repeat(64) as ChunkName;
const hello = Buffer.from("hello");
const helloName = chunkNameOf(hello);
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "spool-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("handoff spool", () => {
  it("keeps chunks across a restart and forgets removed ones", async () => {
    const spool = await openHandoffSpool({ folder, maxBytes: 100 });
    expect(await spool.put(helloName, hello)).toBe(true);
    expect(await spool.put(name("b"), Buffer.from("world!"))).toBe(true);
    await spool.remove(name("b"));
    const again = await openHandoffSpool({ folder, maxBytes: 100 });
    expect(again.names()).toEqual([helloName]);
    expect(again.usedBytes).toBe(5);
    expect(Buffer.from((await again.get(helloName))!).toString()).toBe("hello");
    expect(await again.get(name("b"))).toBeUndefined();
  });

  it("takes no more than its bound, also when asked at once", async () => {
    const spool = await openHandoffSpool({ folder, maxBytes: 10 });
    const taken = await Promise.all(["a", "b", "c"].map((digit) => spool.put(name(digit), new Uint8Array(4))));
    expect(taken.filter(Boolean)).toHaveLength(2);
    expect(spool.usedBytes).toBe(8);
    expect(await spool.put(name("a"), new Uint8Array(4))).toBe(true);
    expect(spool.usedBytes).toBe(8);
  });

  it("does not lose a chunk that is removed and put again at once", async () => {
    const spool = await openHandoffSpool({ folder, maxBytes: 100 });
    await spool.put(helloName, hello);
    await Promise.all([spool.remove(helloName), spool.put(helloName, hello)]);
    expect(await spool.get(helloName)).toHaveLength(5);
    expect(spool.usedBytes).toBe(5);
  });

  it.each([
    ["changed", () => writeFile(join(folder, helloName), "hullo")],
    ["lost", () => rm(join(folder, helloName))],
  ])("forgets a chunk whose file was %s", async (_how, harm) => {
    const spool = await openHandoffSpool({ folder, maxBytes: 100 });
    await spool.put(helloName, hello);
    await harm();
    expect(await spool.get(helloName)).toBeUndefined();
    expect([spool.names(), spool.usedBytes, await readdir(folder)]).toEqual([[], 0, []]);
  });

  it("removes what an interrupted write left behind", async () => {
    await writeFile(join(folder, ".half.tmp"), "half");
    await openHandoffSpool({ folder, maxBytes: 100 });
    expect(await readdir(folder)).toEqual([]);
  });

  it("gives its room back when a write fails", async () => {
    const spool = await openHandoffSpool({ folder, maxBytes: 10 });
    await rm(folder, { recursive: true });
    await expect(spool.put(name("a"), new Uint8Array(8))).rejects.toMatchObject({ code: "STORAGE_FAILURE" });
    expect(spool.usedBytes).toBe(0);
    await mkdir(folder);
    expect(await spool.put(name("a"), new Uint8Array(8))).toBe(true);
  });
});
