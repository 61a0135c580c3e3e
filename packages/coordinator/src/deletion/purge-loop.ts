import type { Clock } from "@commonhold/core/clock.ts";
import type { FileId } from "@commonhold/core/ids.ts";
import type { ReplicaCatalog } from "@commonhold/metadata/catalog/replica-catalog.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";

const FILES_PAGE = 100;
/** References that one change of the metadata removes, so that a huge file holds up nothing else. */
const CHUNKS_PER_STEP = 500;

export interface PurgeLoopDeps {
  readonly catalog: Pick<ReplicaCatalog, "filesToPurge" | "purgeFile">;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "info" | "error">;
}

/** Ends deleted files for good once their grace has passed; until then they can be restored. */
export interface PurgeLoop {
  /**
   * Until nothing is due. A file that cannot be purged is logged and left for the next run.
   * @returns files that are gone
   */
  run(signal: AbortSignal): Promise<number>;
}

export function createPurgeLoop(deps: PurgeLoopDeps, options: { readonly graceMs: number }): PurgeLoop {
  const purge = async (fileId: FileId, deletedBeforeMs: number, signal: AbortSignal): Promise<void> => {
    let isGone = false;
    while (!isGone) {
      signal.throwIfAborted();
      ({ isGone } = await deps.catalog.purgeFile(fileId, deletedBeforeMs, CHUNKS_PER_STEP));
    }
  };

  return {
    run: async (signal) => {
      const deletedBeforeMs = deps.clock.nowMs() - options.graceMs;
      const failed = new Set<FileId>();
      let gone = 0;
      for (;;) {
        signal.throwIfAborted();
        const page = await deps.catalog.filesToPurge(deletedBeforeMs, FILES_PAGE + failed.size);
        const due = page.filter((id) => !failed.has(id));
        if (due.length === 0 || failed.size >= FILES_PAGE) break;
        for (const fileId of due) {
          try {
            await purge(fileId, deletedBeforeMs, signal);
            gone += 1;
          } catch (error) {
            signal.throwIfAborted();
            failed.add(fileId);
            deps.logger.error({ err: error, file: fileId }, "a deleted file could not be purged");
          }
        }
      }
      if (gone > 0) deps.logger.info({ files: gone }, "deleted files are gone for good");
      return gone;
    },
  };
}
