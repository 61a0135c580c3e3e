import { AppError } from "@commonhold/core/app-error.ts";
import type { Transaction } from "kysely";
import { defineCommand } from "../command.ts";
import type { Tables } from "../tables.ts";
import { Id, payloadOf, TimeMs } from "./payload-fields.ts";

/** Takes a file out of its owner's sight; its bytes are collected after the grace period. */
export const deleteFile = defineCommand({
  name: "file.delete",
  payload: payloadOf({ file_id: Id, owner_id: Id, now_ms: TimeMs }),
  apply: async (tx, p) => {
    const result = await tx
      .updateTable("files")
      .set({ state: "deleted", deleted_at_ms: p.now_ms })
      .where("id", "=", p.file_id)
      .where("owner_id", "=", p.owner_id)
      .where("state", "=", "complete")
      .executeTakeFirst();
    if (Number(result.numUpdatedRows) === 0) {
      throw new AppError("FILE_NOT_FOUND", `you have no file ${p.file_id}`);
    }
    return null;
  },
});

/**
 * Brings a deleted file back, until what it uses begins to be let go. One that is there stays as it is.
 * @throws AppError FILE_NOT_FOUND
 */
export const restoreFile = defineCommand({
  name: "file.restore",
  payload: payloadOf({ file_id: Id, owner_id: Id }),
  apply: async (tx, p) => {
    const file = await tx
      .selectFrom("files")
      .select("state")
      .where("id", "=", p.file_id)
      .where("owner_id", "=", p.owner_id)
      .executeTakeFirst();
    if (file?.state === "complete") return { repeated: true };
    if (file?.state === "purging") {
      throw new AppError(
        "FILE_NOT_FOUND",
        `file ${p.file_id} cannot be restored any more: the time for it is over and its bytes are being deleted`,
      );
    }
    if (file?.state !== "deleted") throw new AppError("FILE_NOT_FOUND", `you have no deleted file ${p.file_id}`);
    await tx.updateTable("files").set({ state: "complete", deleted_at_ms: null }).where("id", "=", p.file_id).execute();
    return { repeated: false };
  },
});

/** @throws AppError FILE_NOT_FOUND unless it is the owner's and neither deleted nor still being uploaded */
export async function requireCompleteFile(
  tx: Transaction<Tables>,
  { file_id, owner_id }: { readonly file_id: string; readonly owner_id: string },
) {
  const file = await tx
    .selectFrom("files")
    .select(["name", "size_bytes", "copies", "priority", "pinned"])
    .where("id", "=", file_id)
    .where("owner_id", "=", owner_id)
    .where("state", "=", "complete")
    .executeTakeFirst();
  if (file === undefined) throw new AppError("FILE_NOT_FOUND", `you have no file ${file_id}`);
  return file;
}
