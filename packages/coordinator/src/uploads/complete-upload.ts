import { openChunkEntry } from "@commonhold/chunk/chunk-entry.ts";
import { createContentId } from "@commonhold/chunk/content-id.ts";
import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import { monthlyStorageCost, type StorageTerms } from "@commonhold/core/economics/storage-cost.ts";
import { uuidV7 } from "@commonhold/core/ids.ts";
import type { Random } from "@commonhold/core/random.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import type { BufferLease } from "@commonhold/runtime/buffer-pool.ts";
import { reachUploadStep } from "@commonhold/runtime/upload-steps.ts";
import type { ReadableContent } from "../downloads/file-reader.ts";
import { DigestCheck, type ExpectedDigests, expectsDigest } from "./content-digest.ts";
import type { OpenUpload } from "./open-uploads.ts";
import { newFolderIds, type UploadSessions } from "./upload-sessions.ts";

const PAGE = 500;

export interface CompletedContent {
  readonly sizeBytes: number;
  readonly chunkCount: number;
  /** Hex. */
  readonly contentId: string;
}

export interface CompleteUploadDeps {
  readonly metadata: Metadata;
  readonly sessions: UploadSessions;
  /** The plaintext of an upload's chunks, in order, out of the network. */
  readonly readBack: (content: ReadableContent, signal: AbortSignal) => AsyncIterable<BufferLease>;
  readonly terms: StorageTerms;
  readonly clock: Clock;
  readonly random: Random;
}

export interface CompleteUpload {
  /**
   * Ends a three-step upload; completing it again gives the same file.
   * A promised digest is checked by reading the file back, as its chunks may have come in any order.
   * @returns the id of the file
   * @throws AppError CHUNKS_MISSING, CHECKSUM_MISMATCH, NAME_TAKEN
   */
  fromChunks(upload: OpenUpload, promised: ExpectedDigests, signal: AbortSignal): Promise<string>;
  /** Ends an upload whose content was seen whole and in order. */
  withContent(upload: OpenUpload, content: CompletedContent): Promise<string>;
}

export function createCompleteUpload(deps: CompleteUploadDeps): CompleteUpload {
  const withContent = async (upload: OpenUpload, content: CompletedContent): Promise<string> => {
    const nowMs = deps.clock.nowMs();
    reachUploadStep("coordinator:before-file-complete");
    const { file_id } = await deps.metadata.apply("upload.complete", {
      upload_id: upload.id,
      folder_ids: newFolderIds(upload, deps),
      size_bytes: content.sizeBytes,
      chunk_count: content.chunkCount,
      content_id: content.contentId,
      cost_microcredits: monthlyStorageCost(BigInt(content.sizeBytes), upload.copies, deps.terms).toString(),
      transaction_id: uuidV7(nowMs, deps.random.bytes(10)),
      now_ms: nowMs,
    });
    reachUploadStep("coordinator:after-file-complete");
    return file_id;
  };

  const checkContent = async (upload: OpenUpload, expected: ExpectedDigests, signal: AbortSignal): Promise<void> => {
    const check = new DigestCheck(expected);
    for await (const piece of deps.readBack(upload, signal)) {
      check.update(piece.bytes);
      piece.release();
    }
    check.verify();
  };

  return {
    withContent,
    fromChunks: async (upload, promised, signal) => {
      const progress = await deps.sessions.progress(upload);
      if (progress.state === "deleted" || progress.state === "purging") return upload.fileId;
      if (progress.missingCount > 0) throw chunksMissing(progress.missing, progress.missingCount);
      const expected = bothDigests(upload, promised);
      // What was promised at the start was checked when it was completed; what is promised only now was not.
      if (expectsDigest(progress.state === "complete" ? promised : expected))
        await checkContent(upload, expected, signal);
      if (progress.state === "complete") return upload.fileId;
      const contentId = await contentIdOf(deps.metadata, upload);
      return withContent(upload, { sizeBytes: upload.sizeBytes, chunkCount: upload.chunkCount, contentId });
    },
  };
}

function chunksMissing(missing: readonly number[], count: number): AppError {
  const shown = missing.slice(0, 10).join(", ");
  return new AppError(
    "CHUNKS_MISSING",
    `${count} ${count === 1 ? "chunk is" : "chunks are"} missing (${shown}${count > 10 ? ", …" : ""}): send ${count === 1 ? "it" : "them"}, then complete again`,
    { details: { missing_count: count, missing: missing.slice(0, 100) } },
  );
}

function bothDigests(upload: OpenUpload, promised: ExpectedDigests): ExpectedDigests {
  return {
    sha256: agreed("sha256", upload.expectedSha256, promised.sha256),
    md5: agreed("md5", upload.expectedMd5, promised.md5),
  };
}

function agreed(algorithm: string, atStart: string | null, atEnd: string | null): string | null {
  if (atStart !== null && atEnd !== null && atStart !== atEnd) {
    throw new AppError(
      "CHECKSUM_MISMATCH",
      `${algorithm} ${atEnd} differs from the one promised at the start, ${atStart}`,
    );
  }
  return atEnd ?? atStart;
}

async function contentIdOf(metadata: Metadata, upload: OpenUpload): Promise<string> {
  const contentId = createContentId();
  for (let from = 0; from < upload.chunkCount; from += PAGE) {
    const rows = await metadata.read
      .selectFrom("file_chunks")
      .select(["chunk_index", "sealed_entry"])
      .where("file_id", "=", upload.fileId)
      .where("chunk_index", ">=", from)
      .where("chunk_index", "<", from + PAGE)
      .orderBy("chunk_index")
      .execute();
    for (const row of rows) {
      const context = { fileKey: upload.fileKey, fileId: upload.fileId, index: row.chunk_index };
      contentId.add(openChunkEntry(row.sealed_entry, context).plainHash);
    }
  }
  return contentId.finish();
}
