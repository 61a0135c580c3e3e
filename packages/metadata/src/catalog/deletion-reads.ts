import type { ChunkName, FileId, NodeId } from "@commonhold/core/ids.ts";
import { type Kysely, sql } from "kysely";
import { prepareQuery } from "../prepared-query.ts";
import type { Tables } from "../tables.ts";
import type { ReplicaCatalog } from "./replica-catalog.ts";

const waitingOf = prepareQuery(
  (read, page: { readonly nodeId: string; readonly after: string; readonly limit: number }) =>
    read
      .selectFrom("deletions")
      .select(["chunk_name", "epoch", "reason", "queued_at_ms"])
      .where("node_id", "=", page.nodeId)
      .where("chunk_name", ">", page.after)
      .where("settled_at_ms", "is", null)
      .orderBy("chunk_name")
      .limit(page.limit),
);

/** Reads what shall be deleted. */
export function createDeletionReads(
  read: Kysely<Tables>,
): Pick<ReplicaCatalog, "highestEpoch" | "deletionsOf" | "waitingDeletions" | "filesToPurge"> {
  return {
    highestEpoch: async () => {
      const counter = await read
        .selectFrom("counters")
        .select("value")
        .where("name", "=", "deletion_epoch")
        .executeTakeFirst();
      return counter?.value ?? 0;
    },
    deletionsOf: async (nodeId, { after, limit }) =>
      (await waitingOf(read, { nodeId, after: after ?? "", limit })).map((row) => ({
        name: row.chunk_name as ChunkName,
        epoch: row.epoch,
        reason: row.reason,
        queuedAtMs: row.queued_at_ms,
      })),
    waitingDeletions: async () => {
      const rows = await read
        .selectFrom("deletions")
        .select(["node_id", sql<number>`count(*)`.as("waiting")])
        .where("settled_at_ms", "is", null)
        .groupBy("node_id")
        .execute();
      return new Map(rows.map((row) => [row.node_id as NodeId, row.waiting]));
    },
    filesToPurge: async (deletedBeforeMs, limit) => {
      const files = await read
        .selectFrom("files")
        .select("id")
        .where("deleted_at_ms", "<", deletedBeforeMs)
        .orderBy("deleted_at_ms")
        .orderBy("id")
        .limit(limit)
        .execute();
      return files.map((file) => file.id as FileId);
    },
  };
}
