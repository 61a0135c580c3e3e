import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { testChunk } from "../../testing/test-chunks.ts";
import { migrateIndex } from "../index-schema.ts";
import { PackIndex } from "./pack-index.ts";

const names = Array.from({ length: 5 }, (_, seed) => testChunk(seed, 10).name).sort();

it("forgets the dead records of a pack that is gone step by step, and no tombstone that others need", () => {
  const db = new DatabaseSync(":memory:");
  migrateIndex(db);
  const packs = new PackIndex(db);
  packs.setBytes(1, 1000, 0);
  packs.setBytes(2, 1000, 0);
  packs.setBytes(3, 1000, 0);
  for (const [at, name] of names.entries()) {
    packs.addDead(name, 1);
    packs.bury(name, { pack: 3, offset: 24 + 72 * at, sequence: 10 + at });
  }
  packs.addDead(names[1]!, 2);
  const buried = () => names.map((name) => packs.tombstoneOf(name) !== undefined);
  expect(packs.dropDead(1, 2)).toBe(2);
  expect(buried()).toEqual([false, true, true, true, true]);
  expect(packs.use.fillOf(3).aliveBytes).toBe(4 * 72);
  expect([packs.dropDead(1, 2), packs.dropDead(1, 2), packs.dropDead(1, 2)]).toEqual([2, 1, 0]);
  packs.drop(1);
  expect(buried()).toEqual([false, true, false, false, false]);
  expect(packs.numbers).toEqual([2, 3]);
  expect(packs.use.fillOf(3).aliveBytes).toBe(72);
  packs.reload();
  expect(packs.use.fillOf(3).aliveBytes).toBe(72);
  db.close();
});
