import type { Metadata } from "@commonhold/metadata/metadata.ts";
import { openMemoryDatabase } from "@commonhold/metadata/sqlite/memory-database.fixture.ts";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { NodeRecord } from "../nodes/node-record.ts";
import { createReplicationCensus } from "./replication-census.ts";

const CHUNKS = 4_500;

let database: Metadata["read"];
let nowMs = 0;
let tickMs = 0;
let lost: readonly Pick<NodeRecord, "id" | "declared">[] = [];

beforeEach(async () => {
  nowMs = 0;
  tickMs = 0;
  lost = [];
  database = await openMemoryDatabase();
  const user = { id: "u", email: "u@x", name: "", role: "user" as const, password_hash: "", created_at_ms: 0 };
  await database
    .insertInto("users")
    .values({ ...user, sealed_secret: new Uint8Array(1) })
    .execute();
  for (const id of ["n1", "n2"]) {
    await database
      .insertInto("nodes")
      .values({
        id,
        name: id,
        operator_id: "u",
        api_key_hash: id,
        declared_state: "active",
        addresses: "[]",
        labels: "{}",
        capacity_bytes: 0,
        used_bytes: 0,
        free_bytes: 0,
        chunk_count: 0,
        version: "",
        joined_at_ms: 0,
        last_heartbeat_at_ms: 0,
      })
      .execute();
  }
  await addChunks(0, CHUNKS);
});
afterEach(() => database.destroy());

/** Every chunk wants two copies; every third has only one. */
async function addChunks(from: number, to: number): Promise<void> {
  const indices = Array.from({ length: to - from }, (_, i) => from + i);
  const nameOf = (index: number) => index.toString(16).padStart(64, "0");
  const chunks = indices.map((i) => ({
    name: nameOf(i),
    owner_id: "u",
    sealed_length: 1,
    copies: 2,
    created_at_ms: 0,
  }));
  const assignments = indices.flatMap((i) => [
    { chunk_name: nameOf(i), node_id: "n1", state: "active" as const, updated_at_ms: 0 },
    {
      chunk_name: nameOf(i),
      node_id: "n2",
      state: i % 3 === 0 ? ("pending" as const) : ("active" as const),
      updated_at_ms: 0,
    },
  ]);
  for (let i = 0; i < chunks.length; i += 1000) {
    await database
      .insertInto("chunks")
      .values(chunks.slice(i, i + 1000))
      .execute();
    await database
      .insertInto("assignments")
      .values(assignments.slice(2 * i, 2 * i + 2000))
      .execute();
  }
}

function createCensus() {
  return createReplicationCensus({
    metadata: { read: database },
    directory: { list: () => lost as readonly NodeRecord[] },
    clock: {
      monotonicMs: () => {
        nowMs += tickMs;
        return nowMs;
      },
    },
  });
}

it("counts over several slices", async () => {
  const census = createCensus();
  expect(await census()).toEqual({ total: 4500, fullyReplicated: 3000, underReplicated: 1500 });
});

it("does not count copies on nodes that are lost", async () => {
  const census = createCensus();
  lost = [{ id: "n1", declared: "banned" } as NodeRecord];
  expect(await census()).toEqual({ total: 4500, fullyReplicated: 0, underReplicated: 4500 });
});

it("is fresh while it is quick", async () => {
  const census = createCensus();
  await census();
  await addChunks(CHUNKS, CHUNKS + 1);
  expect((await census()).total).toBe(CHUNKS + 1);
});

it("is kept twenty times as long as it took, once it is slow", async () => {
  const census = createCensus();
  tickMs = 100;
  await census();
  tickMs = 0;
  await addChunks(CHUNKS, CHUNKS + 1);
  nowMs += 1900;
  expect((await census()).total).toBe(CHUNKS);
  nowMs += 101;
  expect((await census()).total).toBe(CHUNKS + 1);
});

it("is counted once for all who ask at the same time", async () => {
  let queries = 0;
  const counting = {
    selectFrom: (...args: Parameters<typeof database.selectFrom>) => {
      queries++;
      return database.selectFrom(...args);
    },
  } as unknown as Metadata["read"];
  const deps = { directory: { list: () => [] }, clock: { monotonicMs: () => 0 } };
  const census = createReplicationCensus({ ...deps, metadata: { read: counting } });
  await Promise.all([census(), census(), census()]);
  const together = queries;
  await census();
  expect(queries).toBe(2 * together);
});
