import { formatCredits } from "@commonhold/core/credits.ts";
import { priorityRank } from "@commonhold/core/priority.ts";
import Type from "typebox";
import { defineCommand } from "../command.ts";
import { addChunkToFile, chunkFields, recordChunk } from "./chunks.ts";
import { prepayCredits } from "./credit-moves.ts";
import { claimPlace, inheritFrom } from "./entries.ts";
import { insertFile } from "./insert-file.ts";
import { FolderId, NewFolderIds } from "./make-folders.ts";
import { Id, MicroCredits, payloadOf, TimeMs } from "./payload-fields.ts";

/**
 * Records a whole file of at most one chunk, which is on its nodes already, and pays for it: what `upload.initiate`,
 * `chunk.commit` and `upload.complete` do for larger ones.
 * @throws AppError FOLDER_NOT_FOUND, NAME_TAKEN, TOO_MANY_ENTRIES, INSUFFICIENT_CREDITS, CONCURRENT_CHANGE
 */
export const storeFile = defineCommand({
  name: "file.store",
  payload: payloadOf({
    file_id: Id,
    owner_id: Id,
    folder_id: FolderId,
    /** A path below the folder. */
    name: Type.String(),
    folder_ids: NewFolderIds,
    size_bytes: Type.Integer({ minimum: 0 }),
    chunk_size_bytes: Type.Integer({ minimum: 1 }),
    copies: Type.Integer({ minimum: 1 }),
    media_type: Type.String(),
    sealed_key: Type.String(),
    content_id: Type.String({ pattern: "^[0-9a-f]{64}$" }),
    /** Null for an empty file. */
    chunk: Type.Union([Type.Null(), Type.Object(chunkFields, { additionalProperties: false })]),
    cost_microcredits: MicroCredits,
    transaction_id: Id,
    now_ms: TimeMs,
  }),
  apply: async (tx, p) => {
    const cost = BigInt(p.cost_microcredits);
    const entry = {
      fileId: p.file_id,
      ownerId: p.owner_id,
      folderId: p.folder_id,
      path: p.name,
      newFolderIds: p.folder_ids,
      transactionId: p.transaction_id,
      nowMs: p.now_ms,
    };
    const { placement, predecessor } = await claimPlace(tx, entry);
    await insertFile(tx, p, {
      ...placement,
      state: "complete",
      chunk_count: p.chunk === null ? 0 : 1,
      content_id: p.content_id,
      completed_at_ms: p.now_ms,
      deposit_microcredits: cost,
      deposit_at_ms: p.now_ms,
    });
    if (p.chunk !== null) {
      await recordChunk(tx, p.chunk, {
        ownerId: p.owner_id,
        priority: priorityRank("normal"),
        nowMs: p.now_ms,
      });
      await addChunkToFile(tx, p.chunk, { fileId: p.file_id, index: 0 });
    }
    if (predecessor !== undefined) await inheritFrom(tx, predecessor, entry);
    await prepayCredits(tx, {
      transactionId: p.transaction_id,
      userId: p.owner_id,
      amount: cost,
      description: `Storing ${placement.name} for a month (${formatCredits(cost)} credits)`,
      reference: p.file_id,
      nowMs: p.now_ms,
    });
    return null;
  },
});
