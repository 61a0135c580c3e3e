import { hasCode } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import { uuidV7 } from "@commonhold/core/ids.ts";
import type { Random } from "@commonhold/core/random.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import { ONE_STEP_ID_PREFIX } from "./upload-sessions.ts";

export interface AbandonedUploadsDeps {
  readonly metadata: Metadata;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Pick<Logger, "info">;
}

/**
 * Forgets the uploads in one step that a crash cut off, and releases what was reserved for them: nobody can resume
 * them. To be called before requests are taken, when every one that is open was abandoned.
 */
export async function forgetAbandonedUploads(deps: AbandonedUploadsDeps): Promise<void> {
  const abandoned = await deps.metadata.read
    .selectFrom("uploads")
    .innerJoin("files", "files.id", "uploads.file_id")
    .select("uploads.id")
    .where("files.state", "=", "uploading")
    .where("uploads.id", "like", `${ONE_STEP_ID_PREFIX}%`)
    .execute();
  for (const { id } of abandoned) {
    const nowMs = deps.clock.nowMs();
    const transaction = uuidV7(nowMs, deps.random.bytes(10));
    try {
      await deps.metadata.apply("upload.abort", { upload_id: id, transaction_id: transaction, now_ms: nowMs });
    } catch (error) {
      if (!hasCode(error, "UPLOAD_NOT_FOUND")) throw error;
    }
  }
  if (abandoned.length > 0) deps.logger.info({ count: abandoned.length }, "forgot uploads that a crash cut off");
}
