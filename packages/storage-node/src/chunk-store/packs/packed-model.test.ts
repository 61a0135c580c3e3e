import { copyFileSync, existsSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { eventually } from "../../testing/eventually.ts";
import { openPackedStore } from "../../testing/open-packed-store.ts";
import { packedNames, packFiles } from "../../testing/read-packs.ts";
import { tempFolder } from "../../testing/temp-folder.ts";
import { testChunk } from "../../testing/test-chunks.ts";
import { allNames, expectWholeStore } from "../../testing/whole-store.ts";
import type { ChunkStore } from "../chunk-store.ts";

vi.setConfig({ testTimeout: 120_000 });

const CHUNKS = 12;
const chunks = Array.from({ length: CHUNKS }, (_, seed) => testChunk(seed, 300 + seed * 37));
const PACK_BYTES_MAX = 4000;
const open = (folder: string) => openPackedStore(folder, { packBytesMax: PACK_BYTES_MAX });

type Step =
  | { readonly kind: "store" | "delete"; readonly at: number; readonly epoch: number }
  | { readonly kind: "storeAll"; readonly epoch: number }
  /** kill: the index is as it was, and the stop not clean · stale: it lacks what came last · wipe: it is gone */
  | { readonly kind: "restart" | "kill" | "stale" | "wipe" | "settle" };

const at = fc.nat(CHUNKS - 1);
const epoch = fc.integer({ min: 1, max: 9 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("store" as const), at, epoch }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("delete" as const), at, epoch }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("storeAll" as const), epoch }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom("restart", "kill", "stale", "wipe", "settle") }) as fc.Arbitrary<Step>,
  },
);

/** What the index says of each chunk that is held: its epoch. */
type Model = Map<number, number>;

async function apply(store: ChunkStore, model: Model, each: Extract<Step, { readonly epoch: number }>): Promise<void> {
  const targets = each.kind === "storeAll" ? chunks.keys() : [each.at];
  for (const target of targets) {
    const { name, sealed } = chunks[target]!;
    const held = model.get(target);
    if (each.kind === "delete") {
      const outcome = await store.delete(name, each.epoch);
      expect(outcome).toBe(held === undefined ? "not_held" : held < each.epoch ? "deleted" : "stored_anew");
      if (outcome === "deleted") model.delete(target);
    } else {
      await store.store(name, sealed, { epoch: each.epoch });
      model.set(target, Math.max(held ?? 0, each.epoch));
    }
  }
}

/** Stops the store and starts it with another index than it left. */
async function restart(store: ChunkStore, folder: string, kind: Step["kind"]): Promise<ChunkStore> {
  const index = join(folder, "index.db");
  await store.close();
  if (kind !== "restart") writeFileSync(join(folder, "store-open"), "");
  if (kind === "wipe") rmSync(index);
  // What a power cut leaves of SQLite's log is an earlier state.
  if (kind === "stale" && existsSync(`${index}.earlier`)) copyFileSync(`${index}.earlier`, index);
  const opened = await open(folder);
  await opened.close();
  copyFileSync(index, `${index}.earlier`);
  return await open(folder);
}

/** A tombstone that kept nothing dead any more was forgotten, and a store after the restart had its sequence again. */
const FORGOTTEN_TOMBSTONE: readonly Step[] = [
  { kind: "storeAll", epoch: 1 },
  { kind: "delete", at: 11, epoch: 3 },
  { kind: "delete", at: 10, epoch: 6 },
  { kind: "storeAll", epoch: 4 },
  { kind: "delete", at: 11, epoch: 7 },
  { kind: "delete", at: 7, epoch: 7 },
  { kind: "restart" },
  { kind: "storeAll", epoch: 3 },
  { kind: "delete", at: 11, epoch: 5 },
];

describe("packs", () => {
  it("hold what was stored and not deleted since, whatever comes in whatever order, and give back what is dead", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
        const folder = tempFolder();
        const model: Model = new Map();
        let store = await open(folder);
        const expectModel = async (): Promise<void> => {
          const held = [...model.keys()].map((target) => chunks[target]!.name).sort();
          expect(allNames(store)).toEqual(held);
          // Compaction may be between two steps.
          await eventually(() => packedNames(folder)).toEqual(held);
          await expectWholeStore(store, folder);
        };
        for (const each of steps) {
          if ("epoch" in each) await apply(store, model, each);
          else if (each.kind === "settle") await expectModel();
          else {
            store = await restart(store, folder, each.kind);
            // An epoch that only the index knew may be a lower one now.
            for (const { name, epoch: known } of store.list({ limit: 100 }).items) {
              const target = chunks.findIndex((chunk) => chunk.name === name);
              expect(known).toBeLessThanOrEqual(model.get(target) ?? -1);
              model.set(target, known!);
            }
          }
        }
        await expectModel();
        // An index of before a deletion misses what was deleted since and compacted away: nobody asks for that any more.
        const lost = store.losses(100).map(({ name }) => chunks.findIndex((chunk) => chunk.name === name));
        expect(lost.filter((target) => model.has(target))).toEqual([]);
        const onDisk = (): number =>
          packFiles(folder).reduce((sum, file) => sum + statSync(join(folder, "packs", file)).size, 0);
        await eventually(() => store.totals().usedBytes - onDisk()).toBe(0);
        await store.close();
        rmSync(folder, { recursive: true, force: true });
      }),
      { numRuns: 40, examples: [[[...FORGOTTEN_TOMBSTONE]]] },
    );
  });
});
