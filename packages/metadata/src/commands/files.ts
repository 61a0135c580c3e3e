import { AppError } from "@commonhold/core/app-error.ts";
import { sql, type Transaction } from "kysely";
import Type from "typebox";
import { defineCommand } from "../command.ts";
import type { Tables } from "../tables.ts";
import { type DepositMove, refundDeposits, renewDeposits } from "./deposits.ts";
import { deleteVersion, placeOfReturn } from "./entries.ts";
import { FolderId } from "./make-folders.ts";
import { Id, payloadOf, TimeMs } from "./payload-fields.ts";
import { refuseTakenByFile, refuseTakenByFolder, requireFolder } from "./places.ts";

const Move = { file_id: Id, owner_id: Id, transaction_id: Id, now_ms: TimeMs };

/**
 * Takes a file out of its owner's sight, by the newest version with all others, by another that one alone; its bytes are
 * collected after the grace period. What is left of what was prepaid for it is given back.
 * @throws AppError FILE_NOT_FOUND
 */
export const deleteFile = defineCommand({
  name: "file.delete",
  payload: payloadOf(Move),
  apply: async (tx, p) => {
    const file = await requireCompleteFile(tx, p);
    const move = depositMoveOf(p);
    if (file.is_current === 0) {
      const refunded = await deleteVersion(tx, file, { move, entryId: p.transaction_id });
      return { refunded_microcredits: refunded.toString() };
    }
    const versions = await tx
      .updateTable("files")
      .set({ state: "deleted", deleted_at_ms: p.now_ms })
      .where("entry_id", "=", file.entry_id)
      .where("state", "=", "complete")
      .returning(["deposit_microcredits", "deposit_at_ms"])
      .execute();
    return { refunded_microcredits: (await refundDeposits(tx, versions, { ...move, what: file.name })).toString() };
  },
});

/**
 * Brings a deleted file back with all its versions, until what it uses begins to be let go: what was prepaid for it is
 * taken again. A version that was deleted by itself goes back among the others, where they are there. One that is there
 * stays as it is.
 * @throws AppError FILE_NOT_FOUND, INSUFFICIENT_CREDITS
 */
export const restoreFile = defineCommand({
  name: "file.restore",
  payload: payloadOf(Move),
  apply: async (tx, p) => {
    const file = await tx
      .selectFrom("files")
      .select(["state", "name", "folder_id", "entry_id", "version_of"])
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
    const versions = await tx
      .selectFrom("files")
      .select(["id", "deposit_microcredits"])
      .where("entry_id", "=", file.entry_id)
      .where("state", "=", "deleted")
      .orderBy("version")
      .execute();
    const deposits = versions.reduce((sum, version) => sum + version.deposit_microcredits, 0n);
    await renewDeposits(tx, deposits, { ...depositMoveOf(p), what: file.name });
    const { newest, ...place } = await placeOfRestored(tx, { ...file, ...p, newest: versions.at(-1)!.id });
    await tx
      .updateTable("files")
      .set({
        ...place,
        state: "complete",
        is_current: sql<number>`case when id = ${newest} then 1 else 0 end`,
        deleted_at_ms: null,
        deleted_with: null,
        version_of: null,
        deposit_at_ms: p.now_ms,
      })
      .where("entry_id", "=", file.entry_id)
      .where("state", "=", "deleted")
      .execute();
    return { repeated: false };
  },
});

interface Restored {
  readonly file_id: string;
  readonly owner_id: string;
  readonly folder_id: string | null;
  readonly name: string;
  readonly entry_id: string;
  readonly version_of: string | null;
  /** The newest of its versions. */
  readonly newest: string;
}

/** @returns `newest`: the version of the entry that is current from then on; null where that stays as it is */
async function placeOfRestored(tx: Transaction<Tables>, file: Restored) {
  const rest =
    file.version_of === null
      ? undefined
      : await tx
          .selectFrom("files")
          .select(["folder_id", "name", "entry_id"])
          .where("entry_id", "=", file.version_of)
          .where("state", "=", "complete")
          .where("is_current", "=", 1)
          .executeTakeFirst();
  if (rest !== undefined) return { ...rest, newest: null };
  const place = { ownerId: file.owner_id, folderId: file.folder_id };
  const { folderId, name } = await placeOfReturn(tx, place, { name: file.name, id: file.file_id });
  return { folder_id: folderId, name, entry_id: file.entry_id, newest: file.newest };
}

/**
 * Gives all versions of a file another name, another folder, or both.
 * @throws AppError FILE_NOT_FOUND, FOLDER_NOT_FOUND, NAME_TAKEN
 */
export const moveFile = defineCommand({
  name: "file.move",
  payload: payloadOf({
    file_id: Id,
    owner_id: Id,
    /** One segment of a path; null: the one it has. */
    name: Type.Union([Type.Null(), Type.String()]),
    /** Null: the one it is in. */
    to: Type.Union([Type.Null(), Type.Object({ folder_id: FolderId }, { additionalProperties: false })]),
  }),
  apply: async (tx, p) => {
    const file = await requireCompleteFile(tx, p);
    const name = p.name ?? file.name;
    const folderId = p.to === null ? file.folder_id : p.to.folder_id;
    if (name === file.name && folderId === file.folder_id) return { repeated: true };
    const place = { ownerId: p.owner_id, folderId };
    await requireFolder(tx, place);
    await refuseTakenByFile(tx, place, name);
    await refuseTakenByFolder(tx, place, name);
    await tx
      .updateTable("files")
      .set({ name, folder_id: folderId })
      .where("entry_id", "=", file.entry_id)
      .where("state", "=", "complete")
      .execute();
    return { repeated: false };
  },
});

/**
 * Makes an older version of a file the newest one; the others stay, in their order.
 * @throws AppError FILE_NOT_FOUND
 */
export const makeCurrent = defineCommand({
  name: "file.make_current",
  payload: payloadOf({ file_id: Id, owner_id: Id }),
  apply: async (tx, p) => {
    const file = await requireCompleteFile(tx, p);
    if (file.is_current === 1) return { repeated: true };
    const current = await tx
      .updateTable("files")
      .set({ is_current: 0 })
      .where("entry_id", "=", file.entry_id)
      .where("is_current", "=", 1)
      .returning("version")
      .executeTakeFirstOrThrow();
    await tx
      .updateTable("files")
      .set({ is_current: 1, version: current.version + 1 })
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
    .select([
      "name",
      "folder_id",
      "entry_id",
      "is_current",
      "size_bytes",
      "copies",
      "priority",
      "pinned",
      "deposit_microcredits",
      "deposit_at_ms",
    ])
    .where("id", "=", file_id)
    .where("owner_id", "=", owner_id)
    .where("state", "=", "complete")
    .executeTakeFirst();
  if (file === undefined) throw new AppError("FILE_NOT_FOUND", `you have no file ${file_id}`);
  return file;
}
