import { sql, type Transaction } from "kysely";
import Type from "typebox";
import { defineCommand } from "../command.ts";
import type { Tables } from "../tables.ts";
import { type FileDeposit, refundDeposits } from "./deposits.ts";
import { findAnyFolder } from "./folders.ts";
import { Id, payloadOf, RowLimit, TimeMs } from "./payload-fields.ts";

/** How many files and folders one step takes at most, a file with all its versions. */
export const StepLimit = Type.Integer({ minimum: 1, maximum: 1_000 });

/**
 * Marks up to `limit` of what lies in a folder that is being deleted; what is left of what was prepaid for it is given
 * back. Repeated until it is done, it ends the deletion. What was deleted before stays a deletion of its own.
 * @throws AppError FOLDER_NOT_FOUND
 */
export const stepFolderDeletion = defineCommand({
  name: "folder.delete_step",
  payload: payloadOf({ folder_id: Id, owner_id: Id, limit: StepLimit, transaction_id: Id, now_ms: TimeMs }),
  apply: async (tx, p) => {
    const root = await findAnyFolder(tx, p);
    if (root.deleted_at_ms === null || root.deleted_with !== null) return { is_done: true };
    const deletion: Deletion = { rootId: root.id, ownerId: p.owner_id, atMs: root.deleted_at_ms };
    const deposits: FileDeposit[] = [];
    let left = p.limit;
    let folderId = await nextFolder(tx, deletion);
    while (folderId !== undefined && left > 0) {
      const folders = await markFolders(tx, deletion, { folderId, limit: left });
      const files = left > folders ? await markFiles(tx, deletion, { folderId, limit: left - folders }) : undefined;
      left -= folders + (files?.count ?? 0);
      deposits.push(...(files?.deposits ?? []));
      if (left > 0) {
        await tx.updateTable("folders").set({ state: "deleted" }).where("id", "=", folderId).execute();
        // An empty folder is work too.
        left -= 1;
        folderId = await nextFolder(tx, deletion);
      }
    }
    await refundDeposits(tx, deposits, {
      transactionId: p.transaction_id,
      fileId: root.id,
      ownerId: p.owner_id,
      what: `files in ${root.name}`,
      nowMs: p.now_ms,
    });
    return { is_done: folderId === undefined };
  },
});

interface Deletion {
  readonly rootId: string;
  readonly ownerId: string;
  readonly atMs: number;
}

interface Part {
  readonly folderId: string;
  readonly limit: number;
}

/** One of the deletion of which not all that lies in it is marked. */
async function nextFolder(tx: Transaction<Tables>, { rootId, ownerId }: Deletion): Promise<string | undefined> {
  const folder = await tx
    .selectFrom("folders")
    .select("id")
    .where("owner_id", "=", ownerId)
    .where("state", "=", sql.lit("deleting"))
    .where((eb) => eb.or([eb("id", "=", rootId), eb("deleted_with", "=", rootId)]))
    .limit(1)
    .executeTakeFirst();
  return folder?.id;
}

async function markFolders(tx: Transaction<Tables>, deletion: Deletion, part: Part): Promise<number> {
  const children = await tx
    .selectFrom("folders")
    .select("id")
    .where("owner_id", "=", deletion.ownerId)
    .where(sql`coalesce(parent_id, '')`, "=", part.folderId)
    .where("deleted_at_ms", "is", null)
    .limit(part.limit)
    .execute();
  if (children.length === 0) return 0;
  const ids = children.map(({ id }) => id);
  await tx
    .updateTable("folders")
    .set({ state: "deleting", deleted_at_ms: deletion.atMs, deleted_with: deletion.rootId })
    .where("id", "in", ids)
    .execute();
  return ids.length;
}

async function markFiles(
  tx: Transaction<Tables>,
  deletion: Deletion,
  part: Part,
): Promise<{ readonly count: number; readonly deposits: readonly FileDeposit[] }> {
  const files = await tx
    .selectFrom("files")
    .select("entry_id")
    .where("owner_id", "=", deletion.ownerId)
    .where(sql`coalesce(folder_id, '')`, "=", part.folderId)
    .where("state", "=", sql.lit("complete"))
    .where("is_current", "=", sql.lit(1))
    .limit(part.limit)
    .execute();
  if (files.length === 0) return { count: 0, deposits: [] };
  const entries = files.map(({ entry_id }) => entry_id);
  const deposits = await tx
    .updateTable("files")
    .set({ state: "deleted", deleted_at_ms: deletion.atMs, deleted_with: deletion.rootId })
    .where("entry_id", "in", entries)
    .where("state", "=", "complete")
    .returning(["deposit_microcredits", "deposit_at_ms"])
    .execute();
  return { count: files.length, deposits };
}

/** Forgets up to `limit` folders that were deleted before a time, and can be restored no more. */
export const purgeFolders = defineCommand({
  name: "folder.purge",
  payload: payloadOf({ deleted_before_ms: TimeMs, limit: RowLimit }),
  apply: async (tx, p) => {
    const old = tx
      .selectFrom("folders")
      .select("id")
      .where("deleted_at_ms", "<", p.deleted_before_ms)
      .where("state", "=", "deleted")
      .orderBy("deleted_at_ms")
      .orderBy("id")
      .limit(p.limit);
    const { numDeletedRows } = await tx.deleteFrom("folders").where("id", "in", old).executeTakeFirstOrThrow();
    return { purged: Number(numDeletedRows) };
  },
});
