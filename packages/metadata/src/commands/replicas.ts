import { AppError } from "@commonhold/core/app-error.ts";
import { DAY_MS } from "@commonhold/core/economics/utc-day.ts";
import type { ReplicaState } from "@commonhold/core/repair/chunk-record.ts";
import { sql, type Transaction } from "kysely";
import Type from "typebox";
import { defineCommand } from "../command.ts";
import { prepareChange, prepareQuery } from "../prepared-query.ts";
import type { Tables } from "../tables.ts";
import { endCopies, namesIn } from "./end-copies.ts";
import { ChunkNames, ChunkNameText, Id, payloadOf, StoreEpoch, TimeMs } from "./payload-fields.ts";

export interface ReplicaRecord {
  readonly replicas: readonly { readonly node_id: string; readonly state: "active" | "pending" }[];
  /** Under which they were sent; null: any deletion is later. */
  readonly epoch: number | null;
  readonly nowMs: number;
}

const fencesOf = prepareQuery((tx, copies: { readonly chunkName: string; readonly nodeIds: readonly string[] }) =>
  tx
    .selectFrom("deletions")
    .select(["node_id", "epoch"])
    .where("chunk_name", "=", copies.chunkName)
    .where("node_id", "in", copies.nodeIds),
);

const upsertReplicas = prepareChange(
  (
    tx,
    rows: {
      readonly chunkName: string;
      readonly nodeIds: readonly string[];
      readonly states: readonly ReplicaState[];
      /** Null for those that are not held. */
      readonly heldSince: readonly (number | null)[];
      readonly nowMs: number;
    },
  ) =>
    tx
      .insertInto("assignments")
      .values(
        rows.nodeIds.map((node_id, index) => ({
          chunk_name: rows.chunkName,
          node_id,
          state: rows.states[index]!,
          updated_at_ms: rows.nowMs,
          held_since_ms: rows.heldSince[index]!,
        })),
      )
      .onConflict((oc) =>
        oc
          .columns(["chunk_name", "node_id"])
          .doUpdateSet((eb) => ({
            state: "active",
            updated_at_ms: rows.nowMs,
            held_since_ms: eb.fn.coalesce("assignments.held_since_ms", "excluded.held_since_ms"),
          }))
          .where("excluded.state", "=", "active"),
      ),
);

const knownChunk = prepareQuery((tx, { name }: { readonly name: string }) =>
  tx.selectFrom("chunks").select("name").where("name", "=", name),
);

/**
 * Records copies that nodes hold, or shall. A pending one changes nothing where the node has a copy in any state. Cancels
 * deletions of these copies that are not later than they.
 * @throws AppError CONCURRENT_CHANGE where a later deletion is recorded: the copy may be gone already
 */
export async function recordReplicas(
  tx: Transaction<Tables>,
  chunkName: string,
  { replicas, epoch, nowMs }: ReplicaRecord,
): Promise<void> {
  if (replicas.length === 0) return;
  const nodeIds = replicas.map((replica) => replica.node_id);
  await passFences(tx, { chunkName, nodeIds, epoch });
  const states = replicas.map((replica) => replica.state);
  const heldSince = states.map((state) => (state === "active" ? nowMs : null));
  await upsertReplicas(tx, { chunkName, nodeIds, states, heldSince, nowMs });
}

async function passFences(
  tx: Transaction<Tables>,
  store: { readonly chunkName: string; readonly nodeIds: readonly string[]; readonly epoch: number | null },
): Promise<void> {
  const { chunkName, nodeIds, epoch } = store;
  const fences = await fencesOf(tx, { chunkName, nodeIds });
  if (fences.length === 0) return;
  const later = fences.find((fence) => epoch === null || fence.epoch > epoch);
  if (later !== undefined) {
    throw new AppError(
      "CONCURRENT_CHANGE",
      `node ${later.node_id} was told to delete chunk ${chunkName} after this copy was sent to it: send it again`,
      { details: { node_id: later.node_id, deletion_epoch: later.epoch, epoch } },
    );
  }
  await tx.deleteFrom("deletions").where("chunk_name", "=", chunkName).where("node_id", "in", nodeIds).execute();
}

/**
 * A node has a chunk on disk; `instead_of` is the node it was meant for, where that differs.
 * @throws AppError CHUNK_NOT_FOUND, CONCURRENT_CHANGE
 */
export const activateAssignment = defineCommand({
  name: "assignment.activate",
  payload: payloadOf({
    chunk_name: ChunkNameText,
    node_id: Id,
    instead_of: Type.Union([Type.Null(), Type.String()]),
    epoch: StoreEpoch,
    now_ms: TimeMs,
  }),
  apply: async (tx, p) => {
    const [chunk] = await knownChunk(tx, { name: p.chunk_name });
    if (chunk === undefined) throw new AppError("CHUNK_NOT_FOUND", `chunk ${p.chunk_name} is not known`);
    if (p.instead_of !== null && p.instead_of !== p.node_id) {
      await tx
        .deleteFrom("assignments")
        .where("chunk_name", "=", p.chunk_name)
        .where("node_id", "=", p.instead_of)
        .where("state", "=", "pending")
        .execute();
    }
    await recordReplicas(tx, p.chunk_name, {
      replicas: [{ node_id: p.node_id, state: "active" }],
      epoch: p.epoch,
      nowMs: p.now_ms,
    });
    return null;
  },
});

const ReplicasOfNode = payloadOf({ node_id: Id, chunk_names: ChunkNames, now_ms: TimeMs });

/** Copies found to be missing or wrong. They were held until now, or until when it is known, within this UTC day. */
export const doubtAssignments = defineCommand({
  name: "assignment.doubt",
  payload: payloadOf({
    node_id: Id,
    chunk_names: ChunkNames,
    held_until_ms: Type.Optional(TimeMs),
    now_ms: TimeMs,
  }),
  apply: async (tx, p) => {
    const from = ["active", "leaving"] as const;
    const heldUntilMs = Math.max(Math.min(p.held_until_ms ?? p.now_ms, p.now_ms), p.now_ms - (p.now_ms % DAY_MS));
    return { doubted: (await changeState(tx, p, { from, to: "doubtful", heldUntilMs })).length };
  },
});

/** Copies that shall go as soon as others stand in for them. Answers with their names. */
export const leaveAssignments = defineCommand({
  name: "assignment.leave",
  payload: ReplicasOfNode,
  apply: async (tx, p) => ({ chunk_names: await changeState(tx, p, { from: ["active"], to: "leaving" }) }),
});

/** Leaving copies count again. */
export const stayAssignments = defineCommand({
  name: "assignment.stay",
  payload: ReplicasOfNode,
  apply: async (tx, p) => ({ stayed: (await changeState(tx, p, { from: ["leaving"], to: "active" })).length }),
});

/** @returns the names of those that changed, in order */
async function changeState(
  tx: Transaction<Tables>,
  copies: { readonly node_id: string; readonly chunk_names: readonly string[]; readonly now_ms: number },
  change: { readonly from: readonly ReplicaState[]; readonly to: ReplicaState; readonly heldUntilMs?: number },
): Promise<readonly string[]> {
  if (copies.chunk_names.length === 0) return [];
  const rows = await tx
    .selectFrom("assignments")
    .select("chunk_name")
    .where("chunk_name", "in", copies.chunk_names)
    .where("node_id", "=", copies.node_id)
    .where("state", "in", change.from)
    .orderBy("chunk_name")
    .execute();
  const names = rows.map((row) => row.chunk_name);
  if (names.length === 0) return names;
  const { heldUntilMs } = change;
  if (heldUntilMs !== undefined) {
    const where = sql`assignments.node_id = ${copies.node_id} and assignments.chunk_name in ${namesIn(names)}`;
    await endCopies(tx, { where, heldUntilMs, nowMs: copies.now_ms });
  }
  await tx
    .updateTable("assignments")
    .set({
      state: change.to,
      updated_at_ms: copies.now_ms,
      ...(heldUntilMs === undefined ? {} : { held_since_ms: null }),
    })
    .where("chunk_name", "in", names)
    .where("node_id", "=", copies.node_id)
    .execute();
  return names;
}
