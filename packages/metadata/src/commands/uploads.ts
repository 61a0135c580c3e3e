import { AppError } from "@commonhold/core/app-error.ts";
import { formatCredits } from "@commonhold/core/credits.ts";
import type { Transaction } from "kysely";
import Type from "typebox";
import { defineCommand } from "../command.ts";
import type { Tables } from "../tables.ts";
import { releaseCredits, reserveCredits, settleCredits } from "./credit-moves.ts";
import { claimPlaceOfUpload, inheritFrom } from "./entries.ts";
import { requireFreeEntries } from "./free-entries.ts";
import { insertFile } from "./insert-file.ts";
import { checkPath, FolderId, NewFolderIds } from "./make-folders.ts";
import { Id, MicroCredits, payloadOf, TimeMs } from "./payload-fields.ts";
import { letGoOfChunks } from "./promises.ts";

const Hex = (length: number) => Type.Union([Type.Null(), Type.String({ pattern: `^[0-9a-f]{${length}}$` })]);

export const initiateUpload = defineCommand({
  name: "upload.initiate",
  payload: payloadOf({
    upload_id: Id,
    file_id: Id,
    owner_id: Id,
    folder_id: FolderId,
    /** A path below the folder; its folders are made when the upload is complete. */
    name: Type.String(),
    /** -1 where it is not known yet. */
    size_bytes: Type.Integer({ minimum: -1 }),
    chunk_size_bytes: Type.Integer({ minimum: 1 }),
    chunk_count: Type.Integer({ minimum: 0 }),
    copies: Type.Integer({ minimum: 1 }),
    media_type: Type.String(),
    sealed_key: Type.String(),
    expected_sha256: Hex(64),
    expected_md5: Hex(32),
    reserve_microcredits: MicroCredits,
    transaction_id: Id,
    open_uploads_max: Type.Integer({ minimum: 1 }),
    now_ms: TimeMs,
    expires_at_ms: TimeMs,
  }),
  apply: async (tx, p) => {
    const { open } = await tx
      .selectFrom("uploads")
      .innerJoin("files", "files.id", "uploads.file_id")
      .select((eb) => eb.fn.countAll<number>().as("open"))
      .where("uploads.owner_id", "=", p.owner_id)
      .where("files.state", "=", "uploading")
      .executeTakeFirstOrThrow();
    if (Number(open) >= p.open_uploads_max) {
      throw new AppError("TOO_MANY_REQUESTS", `${open} uploads are open already: complete or cancel some first`, {
        details: { open, max: p.open_uploads_max },
      });
    }
    await checkPath(tx, { ownerId: p.owner_id, folderId: p.folder_id }, p.name);
    await insertFile(tx, p, {
      folder_id: p.folder_id,
      name: p.name,
      entry_id: p.file_id,
      version: 1,
      is_current: 0,
      state: "uploading",
      chunk_count: p.chunk_count,
      content_id: null,
      completed_at_ms: null,
      deposit_microcredits: 0n,
      deposit_at_ms: null,
    });
    await tx
      .insertInto("uploads")
      .values({
        id: p.upload_id,
        file_id: p.file_id,
        owner_id: p.owner_id,
        expected_sha256: p.expected_sha256,
        expected_md5: p.expected_md5,
        reserved_microcredits: BigInt(p.reserve_microcredits),
        created_at_ms: p.now_ms,
        expires_at_ms: p.expires_at_ms,
      })
      .execute();
    await reserveCredits(tx, {
      transactionId: p.transaction_id,
      userId: p.owner_id,
      amount: BigInt(p.reserve_microcredits),
      description: `Reserved for the upload of ${p.name}`,
      reference: p.upload_id,
      nowMs: p.now_ms,
    });
    return null;
  },
});

/** For uploads of unknown size: reserves more as the bytes come. */
export const extendReservation = defineCommand({
  name: "upload.extend_reservation",
  payload: payloadOf({
    upload_id: Id,
    additional_microcredits: MicroCredits,
    transaction_id: Id,
    now_ms: TimeMs,
  }),
  apply: async (tx, p) => {
    const upload = await openUpload(tx, p.upload_id, p.now_ms);
    const additional = BigInt(p.additional_microcredits);
    await reserveCredits(tx, {
      transactionId: p.transaction_id,
      userId: upload.owner_id,
      amount: additional,
      description: `Reserved for the upload of ${upload.name}`,
      reference: p.upload_id,
      nowMs: p.now_ms,
    });
    await tx
      .updateTable("uploads")
      .set({ reserved_microcredits: upload.reserved_microcredits + additional })
      .where("id", "=", p.upload_id)
      .execute();
    return null;
  },
});

/** @throws AppError UPLOAD_NOT_FOUND, UPLOAD_EXPIRED, CHUNKS_MISSING, NAME_TAKEN, TOO_MANY_ENTRIES: it can be completed later then */
export const completeUpload = defineCommand({
  name: "upload.complete",
  payload: payloadOf({
    upload_id: Id,
    folder_ids: NewFolderIds,
    size_bytes: Type.Integer({ minimum: 0 }),
    chunk_count: Type.Integer({ minimum: 0 }),
    content_id: Type.String({ pattern: "^[0-9a-f]{64}$" }),
    cost_microcredits: MicroCredits,
    transaction_id: Id,
    now_ms: TimeMs,
  }),
  apply: async (tx, p) => {
    const upload = await findUpload(tx, p.upload_id);
    if (upload.state === "complete") return { file_id: upload.file_id, repeated: true };
    refuseEndedOrExpired(upload, p.now_ms);
    const sums = await tx
      .selectFrom("file_chunks")
      .select((eb) => [eb.fn.countAll<number>().as("count"), eb.fn.sum<number>("plain_length").as("length")])
      .where("file_id", "=", upload.file_id)
      .executeTakeFirstOrThrow();
    if (Number(sums.count) !== p.chunk_count || Number(sums.length ?? 0) !== p.size_bytes) {
      throw new AppError("CHUNKS_MISSING", `${sums.count} of ${p.chunk_count} chunks are here: send the missing ones`, {
        details: { received: Number(sums.count), chunk_count: p.chunk_count },
      });
    }
    if (p.size_bytes === 0 && upload.size_bytes !== 0) {
      await requireFreeEntries(tx, upload.owner_id, { kind: "empty_files", count: 1 });
    }
    const asked = BigInt(p.cost_microcredits);
    const reserved = upload.reserved_microcredits;
    // The price may have risen since the upload began; what was agreed then holds.
    const cost = asked < reserved ? asked : reserved;
    const entry = {
      fileId: upload.file_id,
      ownerId: upload.owner_id,
      folderId: upload.folder_id,
      path: upload.name,
      newFolderIds: p.folder_ids,
      transactionId: p.transaction_id,
      nowMs: p.now_ms,
    };
    const { placement, predecessor } = await claimPlaceOfUpload(tx, entry);
    await tx
      .updateTable("files")
      .set({
        ...placement,
        state: "complete",
        size_bytes: p.size_bytes,
        chunk_count: p.chunk_count,
        content_id: p.content_id,
        completed_at_ms: p.now_ms,
        deposit_microcredits: cost,
        deposit_at_ms: p.now_ms,
      })
      .where("id", "=", upload.file_id)
      .execute();
    if (predecessor !== undefined) await inheritFrom(tx, predecessor, entry);
    await settleCredits(tx, {
      transactionId: p.transaction_id,
      userId: upload.owner_id,
      reserved,
      cost,
      description: `Storing ${upload.name} for a month (${formatCredits(cost)} credits)`,
      reference: upload.file_id,
      nowMs: p.now_ms,
    });
    await tx.updateTable("uploads").set({ reserved_microcredits: 0n }).where("id", "=", p.upload_id).execute();
    return { file_id: upload.file_id, repeated: false };
  },
});

/** Ends an upload that will not be completed: its reservation is released, its chunks lose their reference. */
export const abortUpload = defineCommand({
  name: "upload.abort",
  payload: payloadOf({ upload_id: Id, transaction_id: Id, now_ms: TimeMs }),
  apply: async (tx, p) => {
    const upload = await findUpload(tx, p.upload_id);
    if (upload.state === "uploading") {
      await releaseCredits(tx, {
        transactionId: p.transaction_id,
        userId: upload.owner_id,
        amount: upload.reserved_microcredits,
        description: `Released: the upload of ${upload.name} was not completed`,
        reference: p.upload_id,
        nowMs: p.now_ms,
      });
    }
    await tx.deleteFrom("uploads").where("id", "=", p.upload_id).execute();
    if (upload.state === "uploading") {
      await letGoOfChunks(tx, upload.file_id);
      await tx.deleteFrom("files").where("id", "=", upload.file_id).execute();
    }
    return null;
  },
});

async function findUpload(tx: Transaction<Tables>, uploadId: string) {
  const upload = await tx
    .selectFrom("uploads")
    .innerJoin("files", "files.id", "uploads.file_id")
    .select([
      "uploads.id",
      "uploads.file_id",
      "uploads.owner_id",
      "uploads.reserved_microcredits",
      "uploads.expires_at_ms",
      "files.name",
      "files.size_bytes",
      "files.folder_id",
      "files.priority",
      "files.state",
    ])
    .where("uploads.id", "=", uploadId)
    .executeTakeFirst();
  if (upload === undefined) throw new AppError("UPLOAD_NOT_FOUND", `there is no upload ${uploadId}: begin a new one`);
  return upload;
}

type FoundUpload = Awaited<ReturnType<typeof findUpload>>;

/** @throws AppError UPLOAD_NOT_FOUND, UPLOAD_ENDED or UPLOAD_EXPIRED */
export async function openUpload(tx: Transaction<Tables>, uploadId: string, nowMs: number): Promise<FoundUpload> {
  const upload = await findUpload(tx, uploadId);
  refuseEndedOrExpired(upload, nowMs);
  return upload;
}

function refuseEndedOrExpired(upload: FoundUpload, nowMs: number): void {
  if (upload.state !== "uploading") {
    throw new AppError("UPLOAD_ENDED", `upload ${upload.id} was completed: it takes no more chunks`, {
      details: { file_id: upload.file_id },
    });
  }
  if (upload.expires_at_ms <= nowMs) {
    throw new AppError("UPLOAD_EXPIRED", `upload ${upload.id} ran out of time: begin a new one`);
  }
}
