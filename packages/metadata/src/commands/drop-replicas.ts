import { sql, type Transaction } from "kysely";
import Type from "typebox";
import { type DropGuard, mayDrop } from "../catalog/may-drop.ts";
import { defineCommand } from "../command.ts";
import type { Tables } from "../tables.ts";
import { noteDeletionEpoch, queueDeletions } from "./deletion-queue.ts";
import { endCopies, namesIn } from "./end-copies.ts";
import { ChunkNames, DeletionEpoch, Id, payloadOf, TimeMs } from "./payload-fields.ts";

const COUNTED_NODES_MAX = 20_000;

/**
 * Takes copies of a node away where enough others remain, and queues their deletion. Answers with the names of those
 * that were taken.
 */
export const dropAssignments = defineCommand({
  name: "assignment.drop",
  payload: payloadOf({
    node_id: Id,
    chunk_names: ChunkNames,
    /** Nodes whose active copies count. */
    counted_node_ids: Type.Array(Id, { maxItems: COUNTED_NODES_MAX }),
    epoch: DeletionEpoch,
    /** The node deletes them itself: nothing is queued, but stores that began earlier are refused. */
    delivered: Type.Boolean(),
    now_ms: TimeMs,
  }),
  apply: async (tx, p) => {
    await noteDeletionEpoch(tx, p.epoch);
    const counted = new Set(p.counted_node_ids);
    const dropped: string[] = [];
    for (const [name, guard] of await loadGuards(tx, p.chunk_names)) {
      const isHeld = guard.replicas.some((replica) => replica.nodeId === p.node_id);
      if (isHeld && mayDrop(guard, p.node_id, counted)) dropped.push(name);
    }
    if (dropped.length === 0) return { chunk_names: dropped };
    const where = sql`assignments.node_id = ${p.node_id} and assignments.chunk_name in ${namesIn(dropped)}`;
    await endCopies(tx, { where, nowMs: p.now_ms });
    await tx.deleteFrom("assignments").where("chunk_name", "in", dropped).where("node_id", "=", p.node_id).execute();
    await queueDeletions(
      tx,
      dropped.map((chunk_name) => ({ chunk_name, node_id: p.node_id })),
      { epoch: p.epoch, reason: "surplus", nowMs: p.now_ms, isDelivered: p.delivered },
    );
    return { chunk_names: dropped };
  },
});

/** In the order of names. */
async function loadGuards(tx: Transaction<Tables>, names: readonly string[]): Promise<ReadonlyMap<string, DropGuard>> {
  if (names.length === 0) return new Map();
  const chunks = await tx
    .selectFrom("chunks")
    .select(["name", "copies", "pinned"])
    .where("name", "in", names)
    .orderBy("name")
    .execute();
  const guards = new Map(
    chunks.map(({ name, copies }) => [
      name,
      { copies, pins: [] as string[], replicas: [] as DropGuard["replicas"][number][] },
    ]),
  );
  const replicas = await tx
    .selectFrom("assignments")
    .select(["chunk_name", "node_id", "state"])
    .where("chunk_name", "in", names)
    .execute();
  for (const { chunk_name, node_id, state } of replicas) {
    guards.get(chunk_name)?.replicas.push({ nodeId: node_id, state });
  }
  const pinned = chunks.flatMap(({ name, pinned: isPinned }) => (isPinned === 1 ? [name] : []));
  for (const { chunk_name, node_id } of await loadPins(tx, pinned)) guards.get(chunk_name)?.pins.push(node_id);
  return guards;
}

async function loadPins(tx: Transaction<Tables>, names: readonly string[]) {
  if (names.length === 0) return [];
  return await tx
    .selectFrom("file_chunks")
    .innerJoin("file_pins", "file_pins.file_id", "file_chunks.file_id")
    .select(["file_chunks.chunk_name", "file_pins.node_id"])
    .distinct()
    .where("file_chunks.chunk_name", "in", names)
    .execute();
}
