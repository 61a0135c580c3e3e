import { hasCode } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import { type UploadId, uuidV7 } from "@commonhold/core/ids.ts";
import type { Random } from "@commonhold/core/random.ts";
import type { Sleep } from "@commonhold/runtime/sleep.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import { createJob, type Job } from "../jobs/job.ts";
import type { OpenUploads } from "./open-uploads.ts";

const BATCH = 100;

export interface ExpiredUploadsDeps {
  readonly metadata: Metadata;
  readonly openUploads: OpenUploads;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly random: Random;
  readonly logger: Logger;
}

/** Forgets uploads whose time has run out; what was reserved for the unfinished ones is released. */
export function createExpiredUploadsJob(deps: ExpiredUploadsDeps, intervalMs: number): Job {
  return createJob(deps, {
    name: "expired-uploads",
    description: "Forgets uploads whose time has run out.",
    intervalMs,
    run: async ({ signal }) => {
      const nowMs = deps.clock.nowMs();
      for (let last: ExpiredUpload | undefined; ; ) {
        const batch = await expiredAfter(deps.metadata, nowMs, last);
        for (const { id } of batch) {
          signal.throwIfAborted();
          await forget(deps, id as UploadId);
        }
        last = batch.at(-1);
        if (batch.length < BATCH) return;
      }
    },
  });
}

interface ExpiredUpload {
  readonly id: string;
  readonly expires_at_ms: number;
}

function expiredAfter(metadata: Metadata, nowMs: number, last: ExpiredUpload | undefined): Promise<ExpiredUpload[]> {
  let expired = metadata.read
    .selectFrom("uploads")
    .select(["id", "expires_at_ms"])
    .where("expires_at_ms", "<=", nowMs)
    .orderBy("expires_at_ms")
    .orderBy("id")
    .limit(BATCH);
  if (last !== undefined) {
    const { id, expires_at_ms: at } = last;
    expired = expired.where((eb) =>
      eb.or([eb("expires_at_ms", ">", at), eb.and([eb("expires_at_ms", "=", at), eb("id", ">", id)])]),
    );
  }
  return expired.execute();
}

/** One that cannot be forgotten does not keep the others. */
async function forget(deps: ExpiredUploadsDeps, id: UploadId): Promise<void> {
  const nowMs = deps.clock.nowMs();
  try {
    await deps.metadata.apply("upload.abort", {
      upload_id: id,
      transaction_id: uuidV7(nowMs, deps.random.bytes(10)),
      now_ms: nowMs,
    });
  } catch (error) {
    if (!hasCode(error, "UPLOAD_NOT_FOUND")) {
      deps.logger.error({ err: error, upload: id }, "an upload that ran out of time could not be forgotten");
    }
  }
  deps.openUploads.forget(id);
}
