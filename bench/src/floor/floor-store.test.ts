import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect, onTestFinished, test } from "vitest";
import { createRandomBodies } from "../data/random-body.ts";
import { FloorStore } from "./floor-store.ts";

const bodies = createRandomBodies(1024 * 1024);

async function openStore() {
  const folder = await mkdtemp(join(tmpdir(), "commonhold-floor-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return { folder, store: await FloorStore.open(folder) };
}

async function readDigest(store: FloorStore, id: string, [start, end]: readonly [number, number]): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of store.read(store.get(id)!, start, end)) hash.update(piece);
  return hash.digest("hex");
}

test("what is put can be read, whole and in part", async () => {
  const { store } = await openStore();
  const body = bodies.next(2_500_001);
  const id = await store.put(Readable.from(body.pieces()), body.sizeBytes);
  for (const range of [
    [0, body.sizeBytes],
    [0, 1],
    [262_143, 262_145],
    [1_000_000, 2_500_001],
  ] as const) {
    expect(await readDigest(store, id, range)).toBe(body.digest(...range));
  }
});

test("every chunk stands three times on the disk, sealed", async () => {
  const { store, folder } = await openStore();
  const body = bodies.next(600 * 1024);
  await store.put(Readable.from(body.pieces()), body.sizeBytes);
  const copies = await Promise.all(["a", "b", "c"].map((copy) => readdir(join(folder, copy))));
  expect(copies.map((names) => names.length)).toEqual([3, 3, 3]);
  const name = copies[0]!.find((each) => each.endsWith("-0"))!;
  const [first, second] = await Promise.all(["a", "b"].map((copy) => readFile(join(folder, copy, name))));
  expect(first!.equals(second!)).toBe(true);
  expect(first!.length).toBe(256 * 1024 + 16);
  expect(first!.includes(Buffer.concat([...body.pieces(1000, 1100)]))).toBe(false);
});

test.each([-1, 1])("a body that is %i bytes off is refused", async (difference) => {
  const { store } = await openStore();
  const body = bodies.next(300_000);
  await expect(store.put(Readable.from(body.pieces()), body.sizeBytes + difference)).rejects.toThrow("bytes");
});
