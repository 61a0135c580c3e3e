import { sql, type Transaction } from "kysely";
import Type, { type Static } from "typebox";
import { defineCommand } from "../command.ts";
import type { Tables } from "../tables.ts";
import { noteDeletionEpoch, queueDeletions } from "./deletion-queue.ts";
import {
  ChunkNames,
  ChunkNameText,
  DeletionEpoch,
  Id,
  NAMES_MAX,
  payloadOf,
  RowLimit,
  TimeMs,
} from "./payload-fields.ts";

/** Queues the deletion of copies that no row expects. What has a row meanwhile, or is queued already, stays as it is. */
export const deleteStrays = defineCommand({
  name: "deletion.stray",
  payload: payloadOf({ node_id: Id, chunk_names: ChunkNames, epoch: DeletionEpoch, now_ms: TimeMs }),
  apply: async (tx, p) => {
    await noteDeletionEpoch(tx, p.epoch);
    const known = new Set([...(await expectedNames(tx, p)), ...(await queuedNames(tx, p))]);
    const strays = [...new Set(p.chunk_names)].filter((name) => !known.has(name));
    await queueDeletions(
      tx,
      strays.map((chunk_name) => ({ chunk_name, node_id: p.node_id })),
      { epoch: p.epoch, reason: "stray", nowMs: p.now_ms },
    );
    return { queued: strays.length };
  },
});

interface CopiesOfNode {
  readonly node_id: string;
  readonly chunk_names: readonly string[];
}

async function expectedNames(tx: Transaction<Tables>, copies: CopiesOfNode): Promise<readonly string[]> {
  if (copies.chunk_names.length === 0) return [];
  const rows = await tx
    .selectFrom("assignments")
    .select("chunk_name")
    .where("chunk_name", "in", copies.chunk_names)
    .where("node_id", "=", copies.node_id)
    .execute();
  return rows.map((row) => row.chunk_name);
}

async function queuedNames(tx: Transaction<Tables>, copies: CopiesOfNode): Promise<readonly string[]> {
  if (copies.chunk_names.length === 0) return [];
  const rows = await tx
    .selectFrom("deletions")
    .select("chunk_name")
    .where("node_id", "=", copies.node_id)
    .where("chunk_name", "in", copies.chunk_names)
    .where("settled_at_ms", "is", null)
    .execute();
  return rows.map((row) => row.chunk_name);
}

const Outcome = Type.Object(
  {
    chunk_name: ChunkNameText,
    /** Of the deletion that the node was asked for. */
    epoch: DeletionEpoch,
    outcome: Type.Union([Type.Literal("deleted"), Type.Literal("stored_anew")]),
  },
  { additionalProperties: false },
);

/**
 * Notes what a node answered, for deletions that still wait under the epoch given. What it stored anew is queued once
 * more under `fresh_epoch`.
 */
export const settleDeletions = defineCommand({
  name: "deletion.settle",
  payload: payloadOf({
    node_id: Id,
    outcomes: Type.Array(Outcome, { maxItems: NAMES_MAX }),
    fresh_epoch: DeletionEpoch,
    now_ms: TimeMs,
  }),
  apply: async (tx, p) => {
    await noteDeletionEpoch(tx, p.fresh_epoch);
    for (const [epoch, outcomes] of Map.groupBy(p.outcomes, (outcome) => outcome.epoch)) {
      const answered = { node_id: p.node_id, epoch };
      await update(tx, { ...answered, chunk_names: namesOf(outcomes, "deleted") }, { settled_at_ms: p.now_ms });
      const again = { epoch: Math.max(epoch, p.fresh_epoch), queued_at_ms: p.now_ms };
      await update(tx, { ...answered, chunk_names: namesOf(outcomes, "stored_anew") }, again);
    }
    return null;
  },
});

function namesOf(outcomes: readonly Static<typeof Outcome>[], outcome: string): readonly string[] {
  return outcomes.flatMap((row) => (row.outcome === outcome ? [row.chunk_name] : []));
}

async function update(
  tx: Transaction<Tables>,
  waiting: CopiesOfNode & { readonly epoch: number },
  change: { readonly settled_at_ms?: number; readonly epoch?: number; readonly queued_at_ms?: number },
): Promise<void> {
  if (waiting.chunk_names.length === 0) return;
  await tx
    .updateTable("deletions")
    .set(change)
    .where("node_id", "=", waiting.node_id)
    .where("chunk_name", "in", waiting.chunk_names)
    .where("epoch", "=", waiting.epoch)
    .where("settled_at_ms", "is", null)
    .execute();
}

/** Forgets up to `limit` settled deletions that are old enough to fence nothing any more, oldest first. */
export const forgetDeletions = defineCommand({
  name: "deletion.forget",
  payload: payloadOf({ settled_before_ms: TimeMs, limit: RowLimit }),
  apply: async (tx, p) => {
    const deleted = await sql`
      delete from deletions where (node_id, chunk_name) in (
        select node_id, chunk_name from deletions where settled_at_ms < ${p.settled_before_ms}
        order by settled_at_ms, node_id, chunk_name limit ${p.limit}
      )`.execute(tx);
    return { forgotten: Number(deleted.numAffectedRows ?? 0n) };
  },
});
