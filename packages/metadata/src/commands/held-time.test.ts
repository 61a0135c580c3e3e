import { hasCode } from "@commonhold/core/app-error.ts";
import type { UserId } from "@commonhold/core/ids.ts";
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  chunkNameOf,
  type InProcessMetadata,
  NODES,
  openInProcessMetadata,
  storePayload,
} from "../catalog/catalog.fixture.ts";
import { createMetadataCatalog } from "../catalog/metadata-catalog.ts";

const DAY_MS = 86_400_000;
const NAMES = [chunkNameOf(1), chunkNameOf(2), chunkNameOf(3)];
const HOLDERS = NODES.slice(0, 3);

const operation = fc.record({
  kind: fc.constantFrom(
    ...(["store", "activate", "doubt", "leave", "stay", "drop", "collect", "forget", "settle"] as const),
  ),
  nodeId: fc.constantFrom(...HOLDERS),
  otherId: fc.constantFrom(...HOLDERS),
  name: fc.constantFrom(...NAMES),
  names: fc.subarray(NAMES, { minLength: 1 }),
  state: fc.constantFrom("active" as const, "pending" as const),
  /** How much later it is than the operation before, now and then hours. */
  laterMs: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 9 * 3_600_000 })),
  /** How far back a doubtful copy is taken as lost; more than a day now and then, or in the future. */
  lostForMs: fc.option(fc.integer({ min: -1_000, max: 30 * 3_600_000 }), { nil: undefined }),
  isSo: fc.boolean(),
  limit: fc.integer({ min: 1, max: 3 }),
});
type Operation = typeof operation extends fc.Arbitrary<infer Value> ? Value : never;

interface Moment {
  readonly nowMs: number;
  readonly step: number;
}

async function perform(metadata: InProcessMetadata, op: Operation, { nowMs, step }: Moment): Promise<void> {
  const catalog = createMetadataCatalog(metadata);
  const { nodeId, name, names } = op;
  const terms = { epoch: 10 + step, nowMs };
  if (op.kind === "store") {
    const replicas = [...new Set([nodeId, op.otherId])].map((id, index) => ({
      nodeId: id,
      state: index === 0 ? op.state : ("active" as const),
    }));
    const chunk = { name, ownerId: "ada" as UserId, sealedLength: 100, copies: 1, replicas, nowMs, epoch: terms.epoch };
    await metadata.apply("file.store", storePayload(`f${step}`, chunk));
  } else if (op.kind === "activate") {
    const insteadOf = op.isSo ? { insteadOf: op.otherId } : {};
    await catalog.recordReplica({ name, nodeId, epoch: terms.epoch, ...insteadOf, nowMs });
  } else if (op.kind === "doubt") {
    const heldUntil = op.lostForMs === undefined ? {} : { heldUntilMs: nowMs - op.lostForMs };
    await catalog.doubtReplicas(nodeId, names, nowMs, heldUntil);
  } else if (op.kind === "leave") await catalog.leaveReplicas(nodeId, names, nowMs);
  else if (op.kind === "stay") await catalog.stayReplicas(nodeId, names, nowMs);
  else if (op.kind === "drop") {
    await catalog.dropReplicas(nodeId, names, { ...terms, counted: HOLDERS, delivered: op.isSo });
  } else if (op.kind === "collect") {
    const files = await metadata.read
      .selectFrom("file_chunks")
      .select("file_id")
      .where("chunk_name", "in", names)
      .execute();
    for (const { file_id } of files) {
      const of = { file_id, owner_id: "ada", transaction_id: `delete-${file_id}`, now_ms: nowMs };
      await metadata.apply("file.delete", of);
      await metadata.apply("file.purge", { file_id, deleted_before_ms: nowMs + 1, chunk_limit: 9 });
    }
    await catalog.collectUnreferenced(names, terms);
  } else if (op.kind === "forget") await catalog.forgetNode(nodeId, op.limit, nowMs);
  else {
    const waiting = await catalog.deletionsOf(nodeId, { limit: 9 });
    const outcomes = waiting.map((deletion) => ({ ...deletion, outcome: "deleted" as const }));
    await catalog.settleDeletions(nodeId, outcomes, { freshEpoch: terms.epoch, nowMs });
  }
}

function passRefusals(error: unknown): void {
  if (!hasCode(error, "CONCURRENT_CHANGE") && !hasCode(error, "CHUNK_NOT_FOUND")) throw error;
}

/** "node chunk" → from when. */
type Held = Map<string, number>;

async function heldNow(metadata: InProcessMetadata): Promise<ReadonlySet<string>> {
  const rows = await metadata.read
    .selectFrom("assignments")
    .select(["node_id", "chunk_name"])
    .where("state", "in", ["active", "leaving"])
    .execute();
  return new Set(rows.map((row) => `${row.node_id} ${row.chunk_name}`));
}

async function recorded(metadata: InProcessMetadata): Promise<readonly string[]> {
  const ended = await metadata.read.selectFrom("ended_copies").selectAll().execute();
  for (const row of ended) {
    expect(row.from_ms).toBeLessThan(row.to_ms);
    expect(row.to_ms).toBeLessThanOrEqual(row.ended_at_ms);
    expect(Math.floor(row.to_ms / DAY_MS)).toBeGreaterThanOrEqual(Math.floor(row.ended_at_ms / DAY_MS));
    expect([row.owner_id, row.sealed_length]).toEqual(["ada", 100]);
  }
  const held = await metadata.read.selectFrom("assignments").selectAll().execute();
  for (const row of held) {
    expect(row.held_since_ms === null, row.state).toBe(row.state !== "active" && row.state !== "leaving");
  }
  const open = held.filter((row) => row.held_since_ms !== null);
  return [
    ...ended.map((row) => `${row.node_id} ${row.chunk_name} ${row.from_ms} ${row.to_ms}`),
    ...open.map((row) => `${row.node_id} ${row.chunk_name} ${row.held_since_ms} now`),
  ].toSorted();
}

it("how long copies were held is in assignments and ended copies, as a trace of every change has it", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 60, size: "max" }), async (operations) => {
      const metadata = await openInProcessMetadata();
      const held: Held = new Map();
      const traced: string[] = [];
      let nowMs = 5 * DAY_MS - 3_600_000;
      for (const [step, op] of operations.entries()) {
        nowMs += op.laterMs;
        await perform(metadata, op, { nowMs, step }).catch(passRefusals);
        const after = await heldNow(metadata);
        const lostMs = op.kind === "doubt" && op.lostForMs !== undefined ? nowMs - op.lostForMs : nowMs;
        const endMs = Math.max(Math.min(lostMs, nowMs), Math.floor(nowMs / DAY_MS) * DAY_MS);
        for (const [copy, fromMs] of held) {
          if (after.has(copy)) continue;
          held.delete(copy);
          if (fromMs < endMs) traced.push(`${copy} ${fromMs} ${endMs}`);
        }
        for (const copy of after) if (!held.has(copy)) held.set(copy, nowMs);
      }
      const open = [...held].map(([copy, fromMs]) => `${copy} ${fromMs} now`);
      expect(await recorded(metadata)).toEqual([...traced, ...open].toSorted());
    }),
    { numRuns: 60 },
  );
});

it("a copy that is taken away keeps what was promised of its chunk then", async () => {
  const metadata = await openInProcessMetadata();
  const catalog = createMetadataCatalog(metadata);
  const replicas = HOLDERS.map((nodeId) => ({ nodeId, state: "active" as const }));
  const chunk = { name: NAMES[0]!, ownerId: "ada" as UserId, sealedLength: 7, copies: 2, replicas, nowMs: 1_000 };
  await metadata.apply("file.store", storePayload("f", chunk));
  await catalog.dropReplicas(HOLDERS[0]!, [NAMES[0]!], { counted: HOLDERS, epoch: 1, nowMs: 4_000 });
  expect(await metadata.read.selectFrom("ended_copies").selectAll().execute()).toEqual([
    {
      id: 1,
      node_id: HOLDERS[0],
      chunk_name: NAMES[0],
      owner_id: "ada",
      sealed_length: 7,
      promised: 2,
      from_ms: 1_000,
      to_ms: 4_000,
      ended_at_ms: 4_000,
    },
  ]);
});

it("a copy that is recorded again keeps the time since when it is held, in any state but doubt", async () => {
  const metadata = await openInProcessMetadata();
  const A = HOLDERS[0]!;
  const name = chunkNameOf(1);
  const chunk = { name, ownerId: "ada" as UserId, sealedLength: 9, copies: 1, nowMs: 10 };
  const stored = (id: string, nowMs: number) =>
    metadata.apply(
      "file.store",
      storePayload(id, { ...chunk, nowMs, replicas: [{ nodeId: A, state: "active" as const }] }),
    );
  const heldSince = async () =>
    (await metadata.read.selectFrom("assignments").select("held_since_ms").executeTakeFirstOrThrow()).held_since_ms;
  const of = (now_ms: number) => ({ node_id: A, chunk_names: [name], now_ms });
  await stored("f1", 10);
  await stored("f2", 20);
  expect(await heldSince()).toBe(10);
  await metadata.apply("assignment.leave", of(30));
  await stored("f3", 40);
  expect(await heldSince()).toBe(10);
  await metadata.apply("assignment.doubt", of(50));
  expect(await heldSince()).toBeNull();
  await stored("f4", 60);
  expect(await heldSince()).toBe(60);
});
