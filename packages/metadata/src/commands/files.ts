import { AppError } from "@commonhold/core/app-error.ts";
import type { Transaction } from "kysely";
import { defineCommand } from "../command.ts";
import type { Tables } from "../tables.ts";
import { type DepositMove, refundDeposit, renewDeposit } from "./deposits.ts";
import { Id, payloadOf, TimeMs } from "./payload-fields.ts";

/**
 * Takes a file out of its owner's sight; its bytes are collected after the grace period. What is left of what was
 * prepaid for it is given back.
 * @throws AppError FILE_NOT_FOUND
 */
export const deleteFile = defineCommand({
  name: "file.delete",
  payload: payloadOf({ file_id: Id, owner_id: Id, transaction_id: Id, now_ms: TimeMs }),
  apply: async (tx, p) => {
    const file = await tx
      .updateTable("files")
      .set({ state: "deleted", deleted_at_ms: p.now_ms })
      .where("id", "=", p.file_id)
      .where("owner_id", "=", p.owner_id)
      .where("state", "=", "complete")
      .returning(["name", "deposit_microcredits", "deposit_at_ms"])
      .executeTakeFirst();
    if (file === undefined) throw new AppError("FILE_NOT_FOUND", `you have no file ${p.file_id}`);
    return { refunded_microcredits: (await refundDeposit(tx, file, depositMoveOf(p))).toString() };
  },
});

/**
 * Brings a deleted file back, until what it uses begins to be let go: what was prepaid for it is taken again. One that
 * is there stays as it is.
 * @throws AppError FILE_NOT_FOUND, INSUFFICIENT_CREDITS
 */
export const restoreFile = defineCommand({
  name: "file.restore",
  payload: payloadOf({ file_id: Id, owner_id: Id, transaction_id: Id, now_ms: TimeMs }),
  apply: async (tx, p) => {
    const file = await tx
      .selectFrom("files")
      .select(["state", "name", "deposit_microcredits", "deposit_at_ms"])
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
    await renewDeposit(tx, file, depositMoveOf(p));
    await tx
      .updateTable("files")
      .set({ state: "complete", deleted_at_ms: null, deposit_at_ms: p.now_ms })
      .where("id", "=", p.file_id)
      .execute();
    return { repeated: false };
  },
});

function depositMoveOf(p: {
  readonly file_id: string;
  readonly owner_id: string;
  readonly transaction_id: string;
  readonly now_ms: number;
}): DepositMove {
  return { transactionId: p.transaction_id, fileId: p.file_id, ownerId: p.owner_id, nowMs: p.now_ms };
}

/** @throws AppError FILE_NOT_FOUND unless it is the owner's and neither deleted nor still being uploaded */
export async function requireCompleteFile(
  tx: Transaction<Tables>,
  { file_id, owner_id }: { readonly file_id: string; readonly owner_id: string },
) {
  const file = await tx
    .selectFrom("files")
    .select(["name", "size_bytes", "copies", "priority", "pinned", "deposit_microcredits", "deposit_at_ms"])
    .where("id", "=", file_id)
    .where("owner_id", "=", owner_id)
    .where("state", "=", "complete")
    .executeTakeFirst();
  if (file === undefined) throw new AppError("FILE_NOT_FOUND", `you have no file ${file_id}`);
  return file;
}
