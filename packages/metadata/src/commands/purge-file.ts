import { AppError } from "@commonhold/core/app-error.ts";
import { sql, type Transaction } from "kysely";
import { defineCommand } from "../command.ts";
import type { Tables } from "../tables.ts";
import { Id, payloadOf, RowLimit, TimeMs } from "./payload-fields.ts";
import { recomputePromises } from "./promises.ts";
import { deleteSharesOfEntry } from "./shares.ts";

/**
 * Lets go of up to `chunk_limit` of the chunks that a deleted file uses, and of the file with the last. From the first
 * step on it cannot be restored.
 * @throws AppError CONCURRENT_CHANGE where it is not deleted, or later than `deleted_before_ms`
 */
export const purgeFile = defineCommand({
  name: "file.purge",
  payload: payloadOf({ file_id: Id, deleted_before_ms: TimeMs, chunk_limit: RowLimit }),
  apply: async (tx, p) => {
    if (!(await beginPurge(tx, p))) return { is_gone: true };
    const chunks = await tx
      .selectFrom("file_chunks")
      .select(["chunk_index", "chunk_name"])
      .where("file_id", "=", p.file_id)
      .orderBy("chunk_index")
      .limit(p.chunk_limit + 1)
      .execute();
    const step = chunks.slice(0, p.chunk_limit);
    const last = step.at(-1);
    if (last !== undefined) {
      await tx
        .deleteFrom("file_chunks")
        .where("file_id", "=", p.file_id)
        .where("chunk_index", "<=", last.chunk_index)
        .execute();
      await recomputePromises(tx, sql`(${sql.join([...new Set(step.map((chunk) => chunk.chunk_name))])})`);
    }
    if (chunks.length > step.length) return { is_gone: false };
    // The upload that made it is kept for a while, so that completing it once more is answered.
    await tx.deleteFrom("uploads").where("file_id", "=", p.file_id).execute();
    await tx.deleteFrom("file_pins").where("file_id", "=", p.file_id).execute();
    const gone = await tx
      .deleteFrom("files")
      .where("id", "=", p.file_id)
      .returning("entry_id")
      .executeTakeFirstOrThrow();
    await deleteSharesOfEntry(tx, gone.entry_id);
    return { is_gone: true };
  },
});

/** @returns false where the file is gone already */
async function beginPurge(
  tx: Transaction<Tables>,
  purge: { readonly file_id: string; readonly deleted_before_ms: number },
): Promise<boolean> {
  const file = await tx
    .selectFrom("files")
    .select(["state", "deleted_at_ms"])
    .where("id", "=", purge.file_id)
    .executeTakeFirst();
  if (file === undefined) return false;
  if (file.state === "purging") return true;
  if (file.state !== "deleted" || file.deleted_at_ms === null || file.deleted_at_ms >= purge.deleted_before_ms) {
    throw new AppError(
      "CONCURRENT_CHANGE",
      `file ${purge.file_id} is not to be purged: it was restored, or deleted anew`,
    );
  }
  await tx.updateTable("files").set({ state: "purging" }).where("id", "=", purge.file_id).execute();
  return true;
}
