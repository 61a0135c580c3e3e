import { AppError } from "@commonhold/core/app-error.ts";
import type { Insertable, Transaction } from "kysely";
import Type, { type Static } from "typebox";
import { defineCommand } from "../command.ts";
import { prepareChange, prepareQuery } from "../prepared-query.ts";
import type { Tables } from "../tables.ts";
import { ChunkNameText, Id, payloadOf, StoreEpoch, TimeMs } from "./payload-fields.ts";
import { recordReplicas } from "./replicas.ts";
import { openUpload } from "./uploads.ts";

const Replica = Type.Object({
  node_id: Id,
  state: Type.Union([Type.Literal("active"), Type.Literal("pending")]),
});

/** A chunk and the nodes that hold it, or shall; without `replicas` those count that are recorded. */
export const chunkFields = {
  chunk_name: ChunkNameText,
  sealed_length: Type.Integer({ minimum: 1 }),
  plain_length: Type.Integer({ minimum: 1 }),
  copies: Type.Integer({ minimum: 1 }),
  sealed_entry: Type.String(),
  replicas: Type.Array(Replica),
  epoch: StoreEpoch,
};
const ChunkFields = Type.Object(chunkFields);

/**
 * Records a chunk of an upload and the nodes that hold it, or shall. The same bytes again change nothing. Without
 * `replicas` it counts on those that are recorded.
 */
export const commitChunk = defineCommand({
  name: "chunk.commit",
  payload: payloadOf({
    upload_id: Id,
    chunk_index: Type.Integer({ minimum: 0 }),
    ...chunkFields,
    /** The upload lives at least until then. */
    lease_until_ms: Type.Optional(Type.Integer()),
    now_ms: TimeMs,
  }),
  apply: async (tx, p) => {
    const upload = await openUpload(tx, p.upload_id, p.now_ms);
    const [existing] = await chunkAt(tx, { fileId: upload.file_id, index: p.chunk_index });
    if (existing !== undefined && existing.chunk_name !== p.chunk_name) {
      throw new AppError(
        "CHUNK_CONFLICT",
        `chunk ${p.chunk_index} was sent before with other bytes: begin a new upload if the file changed`,
        { details: { chunk_index: p.chunk_index } },
      );
    }
    await recordChunk(tx, p, { ownerId: upload.owner_id, priority: upload.priority, nowMs: p.now_ms });
    if (p.lease_until_ms !== undefined && p.lease_until_ms > upload.expires_at_ms) {
      await tx.updateTable("uploads").set({ expires_at_ms: p.lease_until_ms }).where("id", "=", p.upload_id).execute();
    }
    if (existing !== undefined) return { repeated: true };
    await addChunkToFile(tx, p, { fileId: upload.file_id, index: p.chunk_index });
    return { repeated: false };
  },
});

const chunkAt = prepareQuery((tx, place: { readonly fileId: string; readonly index: number }) =>
  tx
    .selectFrom("file_chunks")
    .select("chunk_name")
    .where("file_id", "=", place.fileId)
    .where("chunk_index", "=", place.index),
);

const insertChunk = prepareChange(
  (
    tx,
    chunk: Omit<Insertable<Tables["chunks"]>, "pinned" | "priority" | `promised_${string}`> & {
      readonly priority: number;
    },
  ) =>
    tx
      .insertInto("chunks")
      .values(chunk)
      .onConflict((oc) =>
        oc
          .column("name")
          .doUpdateSet((eb) => ({
            copies: eb
              .case()
              .when("chunks.copies", "<", chunk.copies)
              .then(chunk.copies)
              .else(eb.ref("chunks.copies"))
              .end(),
            priority: eb
              .case()
              .when("chunks.priority", "<", chunk.priority)
              .then(chunk.priority)
              .else(eb.ref("chunks.priority"))
              .end(),
          }))
          .where((eb) => eb.or([eb("chunks.copies", "<", chunk.copies), eb("chunks.priority", "<", chunk.priority)])),
      ),
);

const insertFileChunk = prepareChange((tx, row: Insertable<Tables["file_chunks"]>) =>
  tx.insertInto("file_chunks").values(row),
);

const holderOf = prepareQuery((tx, { chunkName }: { readonly chunkName: string }) =>
  tx
    .selectFrom("assignments")
    .select("node_id")
    .where("chunk_name", "=", chunkName)
    .where("state", "=", "active")
    .limit(1),
);

/**
 * @throws AppError CONCURRENT_CHANGE where it counts on replicas that are not there any more, or that are deleted by now
 */
export async function recordChunk(
  tx: Transaction<Tables>,
  chunk: Static<typeof ChunkFields>,
  context: { readonly ownerId: string; readonly priority: number; readonly nowMs: number },
): Promise<void> {
  await insertChunk(tx, {
    name: chunk.chunk_name,
    owner_id: context.ownerId,
    sealed_length: chunk.sealed_length,
    copies: chunk.copies,
    priority: context.priority,
    created_at_ms: context.nowMs,
  });
  if (chunk.replicas.length === 0) await requireReplica(tx, chunk.chunk_name);
  await recordReplicas(tx, chunk.chunk_name, {
    replicas: chunk.replicas,
    epoch: chunk.epoch,
    nowMs: context.nowMs,
  });
}

export async function addChunkToFile(
  tx: Transaction<Tables>,
  chunk: Static<typeof ChunkFields>,
  place: { readonly fileId: string; readonly index: number },
): Promise<void> {
  await insertFileChunk(tx, {
    file_id: place.fileId,
    chunk_index: place.index,
    chunk_name: chunk.chunk_name,
    plain_length: chunk.plain_length,
    sealed_entry: Buffer.from(chunk.sealed_entry, "base64"),
  });
}

/** What deduplication saw may have gone meanwhile. */
async function requireReplica(tx: Transaction<Tables>, chunkName: string): Promise<void> {
  const [holder] = await holderOf(tx, { chunkName });
  if (holder !== undefined) return;
  throw new AppError("CONCURRENT_CHANGE", `no node holds chunk ${chunkName} any more: send the chunk again`);
}
