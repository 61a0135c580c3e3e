import type { Clock } from "@commonhold/core/clock.ts";
import { type UploadId, uuidV7 } from "@commonhold/core/ids.ts";
import type { Random } from "@commonhold/core/random.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import { createLoop, type Loop } from "../jobs/loop.ts";
import type { OpenUploads } from "./open-uploads.ts";

const BATCH = 100;

export interface ExpiredUploadsDeps {
  readonly metadata: Metadata;
  readonly openUploads: OpenUploads;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Forgets uploads whose time has run out; what was reserved for the unfinished ones is released. */
export function createExpiredUploadsLoop(deps: ExpiredUploadsDeps, intervalMs: number): Loop {
  return createLoop(deps, {
    name: "expired-uploads",
    intervalMs,
    run: async (signal) => {
      for (;;) {
        const expired = await deps.metadata.read
          .selectFrom("uploads")
          .select("id")
          .where("expires_at_ms", "<=", deps.clock.nowMs())
          .orderBy("expires_at_ms")
          .limit(BATCH)
          .execute();
        for (const { id } of expired) {
          signal.throwIfAborted();
          const nowMs = deps.clock.nowMs();
          await deps.metadata.apply("upload.abort", {
            upload_id: id,
            transaction_id: uuidV7(nowMs, deps.random.bytes(10)),
            now_ms: nowMs,
          });
          deps.openUploads.forget(id as UploadId);
        }
        if (expired.length < BATCH) return;
      }
    },
  });
}
