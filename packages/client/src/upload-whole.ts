import { AppError } from "@commonhold/core/app-error.ts";
import type { FileSource } from "./file-source.ts";
import { type FileObject, fileObject } from "./files.ts";
import { persist, type PersistDeps, STALL_LIMIT_MS } from "./persist.ts";
import type { UploadTerms } from "./upload-session.ts";

const WHOLE_TIMEOUT_MS = 120_000;

export interface WholeUploadOptions extends UploadTerms {
  /** Stands for this upload: however often it is sent, by whatever call, the coordinator stores it once. */
  readonly key: string;
  /** How long to keep trying, 2 minutes by default. */
  readonly stallLimitMs?: number;
  /** Called when something failed that is tried again. */
  readonly onRetry?: (error: AppError) => void;
}

/**
 * Uploads a small file in one request: it is in memory whole. Where no answer comes it is sent again under the same key.
 * @throws AppError CONCURRENT_CHANGE when the file changed meanwhile, INSUFFICIENT_CREDITS, COORDINATOR_UNREACHABLE and
 *   other transient codes when the time is up
 */
export async function uploadWhole(
  deps: PersistDeps,
  source: FileSource,
  options: WholeUploadOptions,
): Promise<FileObject> {
  const { transport, clock } = deps;
  const { key, contentType, stallLimitMs = STALL_LIMIT_MS } = options;
  const bytes = await source.slice(0, source.sizeBytes);
  if (bytes.length !== source.sizeBytes) {
    throw new AppError("CONCURRENT_CHANGE", `${source.name} changed while it was being uploaded: upload it again`);
  }
  const startedMs = clock.monotonicMs();
  const request = {
    method: "POST",
    path: "/api/v1/files",
    query: { filename: options.name ?? source.name, folder_id: options.folderId, copies: options.copies },
    bytes,
    headers: { "idempotency-key": key, ...(contentType === undefined ? {} : { "content-type": contentType }) },
    triesMax: 1,
    timeoutMs: WHOLE_TIMEOUT_MS,
  } as const;
  return persist(deps, (signal) => transport.call({ ...request, ...signal }, fileObject), {
    signal: options.signal,
    stallLimitMs,
    lastProgressMs: () => startedMs,
    onRetry: options.onRetry,
    stalled: (cause) =>
      new AppError(
        cause.code,
        `the upload of ${source.name} failed: ${transport.baseUrl} did not take it for ${Math.round(stallLimitMs / 1000)} s`,
        { details: { url: transport.baseUrl }, cause },
      ),
  });
}
