import { AppError } from "@commonhold/core/app-error.ts";
import type { Transaction } from "kysely";
import { defineCommand } from "../command.ts";
import type { Tables } from "../tables.ts";
import { renewDeposits } from "./deposits.ts";
import { placeOfReturn } from "./entries.ts";
import { StepLimit } from "./folder-deletions.ts";
import { findAnyFolder } from "./folders.ts";
import { Id, payloadOf, TimeMs } from "./payload-fields.ts";

/**
 * Brings a deleted folder back into sight, and takes what was prepaid for all in it again; `folder.restore_step` brings
 * back what went with it. One that is there stays as it is.
 * @throws AppError FOLDER_NOT_FOUND; CONCURRENT_CHANGE until its deletion is done; INSUFFICIENT_CREDITS
 */
export const restoreFolder = defineCommand({
  name: "folder.restore",
  payload: payloadOf({ folder_id: Id, owner_id: Id, transaction_id: Id, now_ms: TimeMs }),
  apply: async (tx, p) => {
    const folder = await findAnyFolder(tx, p);
    if (folder.deleted_at_ms === null) return { repeated: true };
    if (folder.deleted_with !== null) {
      throw new AppError(
        "FOLDER_NOT_FOUND",
        `folder ${folder.id} was deleted with folder ${folder.deleted_with}: restore that one`,
      );
    }
    if (folder.state === "deleting") {
      throw new AppError("CONCURRENT_CHANGE", `folder ${folder.id} is still being deleted: try again in a moment`);
    }
    const { deposits } = await tx
      .selectFrom("files")
      .select((eb) => eb.fn.sum<number | bigint | null>("deposit_microcredits").as("deposits"))
      .where("deleted_with", "=", folder.id)
      .where("state", "=", "deleted")
      .executeTakeFirstOrThrow();
    await renewDeposits(tx, BigInt(deposits ?? 0), {
      transactionId: p.transaction_id,
      fileId: folder.id,
      ownerId: p.owner_id,
      what: `the files in ${folder.name}`,
      nowMs: p.now_ms,
    });
    const place = await placeOfReturn(tx, { ownerId: p.owner_id, folderId: folder.parent_id }, folder);
    await tx
      .updateTable("folders")
      .set({ state: "restoring", deleted_at_ms: null, name: place.name, parent_id: place.folderId })
      .where("id", "=", folder.id)
      .execute();
    return { repeated: false };
  },
});

/**
 * Brings up to `limit` of the folders back that went with one, then of the files. Repeated until it is done.
 * @throws AppError FOLDER_NOT_FOUND
 */
export const stepFolderRestore = defineCommand({
  name: "folder.restore_step",
  payload: payloadOf({ folder_id: Id, owner_id: Id, limit: StepLimit, now_ms: TimeMs }),
  apply: async (tx, p) => {
    const root = await findAnyFolder(tx, p);
    if (root.state !== "restoring") return { is_done: true };
    const folders = await returnFolders(tx, root.id, p.limit);
    const files = p.limit > folders ? await returnFiles(tx, { rootId: root.id, ...p, limit: p.limit - folders }) : 0;
    if (folders + files >= p.limit) return { is_done: false };
    await tx.updateTable("folders").set({ state: "live" }).where("id", "=", root.id).execute();
    return { is_done: true };
  },
});

async function returnFolders(tx: Transaction<Tables>, rootId: string, limit: number): Promise<number> {
  const returning = tx.selectFrom("folders").select("id").where("deleted_with", "=", rootId).orderBy("id").limit(limit);
  const { numUpdatedRows } = await tx
    .updateTable("folders")
    .set({ state: "live", deleted_at_ms: null, deleted_with: null })
    .where("id", "in", returning)
    .executeTakeFirstOrThrow();
  return Number(numUpdatedRows);
}

async function returnFiles(
  tx: Transaction<Tables>,
  { rootId, limit, now_ms }: { readonly rootId: string; readonly limit: number; readonly now_ms: number },
): Promise<number> {
  const returning = tx
    .selectFrom("files")
    .select("id")
    .where("deleted_with", "=", rootId)
    .where("state", "=", "deleted")
    .orderBy("id")
    .limit(limit);
  const { numUpdatedRows } = await tx
    .updateTable("files")
    .set({ state: "complete", deleted_at_ms: null, deleted_with: null, deposit_at_ms: now_ms })
    .where("id", "in", returning)
    .executeTakeFirstOrThrow();
  return Number(numUpdatedRows);
}
