import { bucketNames } from "@commonhold/core/audit/audit-schedule.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import type { ReplicaCatalog } from "@commonhold/metadata/catalog/replica-catalog.ts";
import { expect, it } from "vitest";
import { FEW_CHUNKS, FewNames, READS_PER_CYCLE } from "./few-names.ts";

const NODE = "node" as NodeId;
const BITS = 8;
const CYCLE_MS = 256_000;

/** `perBucket` chunks in every bucket of which the number is a multiple of `step`, and how often they were read. */
function open(perBucket: number, step: number) {
  const names: ChunkName[] = [];
  for (let bucket = 0; bucket < 256; bucket += step) {
    for (let chunk = 0; chunk < perBucket; chunk++) {
      names.push((bucket.toString(16).padStart(2, "0") + chunk.toString(16).padStart(62, "0")) as ChunkName);
    }
  }
  const counts = { reads: 0 };
  const expectedOf: ReplicaCatalog["expectedOf"] = async (_, { after = "", until = "g", limit }) => {
    counts.reads += 1;
    return names
      .filter((name) => after < name && name <= until)
      .slice(0, limit)
      .map((name, index) => ({ name, state: index === 1 ? "pending" : "active", epoch: 0, sealedLength: 1 }) as never);
  };
  return { names, counts, few: new FewNames({ expectedOf }, CYCLE_MS) };
}

async function cycleOf(few: FewNames, limit: number): Promise<string[]> {
  const found: string[] = [];
  for (let bucket = 0; bucket < 256; bucket++) {
    let range = bucketNames(BITS, bucket);
    for (;;) {
      const page = await few.of({ nodeId: NODE, range, limit }, bucket * 1_000);
      found.push(...page.names);
      if (page.lastName === undefined) break;
      range = { ...range, after: page.lastName };
    }
  }
  return found;
}

it("reads what a node with few chunks holds some times a cycle, not once a slot", async () => {
  const { names, counts, few } = open(2, 4);
  const held = names.filter((_, index) => index !== 1);
  expect(await cycleOf(few, 1)).toEqual(held);
  expect(counts.reads).toBe(READS_PER_CYCLE);
});

it("sees what came and went since in the next part of the cycle", async () => {
  const { names, few } = open(1, 128);
  const first = { nodeId: NODE, range: bucketNames(BITS, 0), limit: 20 };
  expect((await few.of(first, 0)).names).toEqual([names[0]]);
  const [gone] = names.splice(0, 1, "00ff".padEnd(64, "0") as ChunkName);
  expect((await few.of(first, CYCLE_MS / READS_PER_CYCLE - 1)).names).toEqual([gone]);
  expect((await few.of(first, CYCLE_MS / READS_PER_CYCLE)).names).toEqual([names[0]]);
  expect((await few.of(first, 0)).names).toEqual([names[0]]);
});

it("reads range by range where a node has many, and leaves out what it does not hold", async () => {
  const { names, counts, few } = open(3, 1);
  expect(names.length).toBeGreaterThan(FEW_CHUNKS);
  const range = bucketNames(BITS, 7);
  const page = await few.of({ nodeId: NODE, range, limit: 2 }, 0);
  expect(page).toEqual({ names: [names[21]], lastName: names[22] });
  const rest = await few.of({ nodeId: NODE, range: { ...range, after: page.lastName! }, limit: 2 }, 0);
  expect(rest).toEqual({ names: [names[23]], lastName: undefined });
  expect(counts.reads).toBe(3);
});
