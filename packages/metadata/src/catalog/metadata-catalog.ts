import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import { NAMES_MAX } from "../commands/payload-fields.ts";
import type { CommandPayload, Metadata } from "../metadata.ts";
import { createChunkReads } from "./chunk-reads.ts";
import { createDeletionReads } from "./deletion-reads.ts";
import { createNodeReads } from "./node-reads.ts";
import type { ReplicaCatalog } from "./replica-catalog.ts";

type Engine = Pick<Metadata, "read" | "apply">;

/** The catalog over the metadata. What takes more names than a command may have becomes several. */
export function createMetadataCatalog(metadata: Engine): ReplicaCatalog {
  const chunkReads = createChunkReads(metadata.read);
  return {
    ...chunkReads,
    ...createNodeReads(metadata.read, chunkReads.getMany),
    ...createDeletionReads(metadata.read),
    ...replicaChanges(metadata),
    ...deletionChanges(metadata),
  };
}

function replicaChanges({
  apply,
}: Engine): Pick<
  ReplicaCatalog,
  "recordReplica" | "doubtReplicas" | "leaveReplicas" | "stayReplicas" | "dropReplicas"
> {
  return {
    recordReplica: async ({ name, nodeId, epoch, insteadOf, nowMs }) => {
      await apply("assignment.activate", {
        chunk_name: name,
        node_id: nodeId,
        instead_of: insteadOf ?? null,
        epoch: epoch ?? null,
        now_ms: nowMs,
      });
    },
    doubtReplicas: async (...[nodeId, names, nowMs, { heldUntilMs } = {}]) => {
      const until = heldUntilMs === undefined ? {} : { held_until_ms: heldUntilMs };
      let doubted = 0;
      for (const batch of batchesOf(names)) {
        doubted += (await apply("assignment.doubt", { ...replicasOf(nodeId, batch, nowMs), ...until })).doubted;
      }
      return doubted;
    },
    leaveReplicas: async (nodeId, names, nowMs) => {
      const left: string[] = [];
      for (const batch of batchesOf(names)) {
        left.push(...(await apply("assignment.leave", replicasOf(nodeId, batch, nowMs))).chunk_names);
      }
      return left as ChunkName[];
    },
    stayReplicas: async (nodeId, names, nowMs) => {
      let stayed = 0;
      for (const batch of batchesOf(names)) {
        stayed += (await apply("assignment.stay", replicasOf(nodeId, batch, nowMs))).stayed;
      }
      return stayed;
    },
    dropReplicas: async (nodeId, names, { counted, epoch, delivered, nowMs }) => {
      const dropped: string[] = [];
      for (const batch of batchesOf(names)) {
        const { chunk_names } = await apply("assignment.drop", {
          ...replicasOf(nodeId, batch, nowMs),
          counted_node_ids: [...counted],
          epoch,
          delivered: delivered ?? false,
        });
        dropped.push(...chunk_names);
      }
      return dropped as ChunkName[];
    },
  };
}

function deletionChanges({
  apply,
}: Engine): Pick<
  ReplicaCatalog,
  "collectUnreferenced" | "deleteStrays" | "settleDeletions" | "forgetSettledDeletions" | "forgetNode" | "purgeFile"
> {
  return {
    collectUnreferenced: async (names, { epoch, nowMs }) => {
      let collected = 0;
      for (const batch of batchesOf(names)) {
        collected += (await apply("chunk.collect", { chunk_names: [...batch], epoch, now_ms: nowMs })).collected;
      }
      return collected;
    },
    deleteStrays: async (nodeId, names, { epoch, nowMs }) => {
      let queued = 0;
      for (const batch of batchesOf(names)) {
        queued += (await apply("deletion.stray", { ...replicasOf(nodeId, batch, nowMs), epoch })).queued;
      }
      return queued;
    },
    settleDeletions: async (nodeId, outcomes, { freshEpoch, nowMs }) => {
      for (const batch of batchesOf(outcomes)) {
        await apply("deletion.settle", {
          node_id: nodeId,
          outcomes: batch.map(({ name, epoch, outcome }) => ({ chunk_name: name, epoch, outcome })),
          fresh_epoch: freshEpoch,
          now_ms: nowMs,
        });
      }
    },
    forgetSettledDeletions: async (settledBeforeMs, limit) =>
      (await apply("deletion.forget", { settled_before_ms: settledBeforeMs, limit })).forgotten,
    forgetNode: async (nodeId, limit, nowMs) =>
      (await apply("node.forget", { node_id: nodeId, limit, now_ms: nowMs })).forgotten,
    purgeFile: async (fileId, deletedBeforeMs, chunkLimit) => {
      const purge = { file_id: fileId, deleted_before_ms: deletedBeforeMs, chunk_limit: chunkLimit };
      return { isGone: (await apply("file.purge", purge)).is_gone };
    },
  };
}

function replicasOf(nodeId: NodeId, names: readonly ChunkName[], nowMs: number): CommandPayload<"assignment.leave"> {
  return { node_id: nodeId, chunk_names: [...names], now_ms: nowMs };
}

function* batchesOf<T>(items: readonly T[]): Generator<readonly T[], undefined> {
  for (let from = 0; from < items.length; from += NAMES_MAX) yield items.slice(from, from + NAMES_MAX);
  return undefined;
}
