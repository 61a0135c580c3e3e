import { AppError, hasCode } from "@commonhold/core/app-error.ts";
import { chunkLengthAt } from "@commonhold/core/chunk-size.ts";
import { uuidV7 } from "@commonhold/core/ids.ts";
import { count, object } from "./answer.ts";
import type { FileSource } from "./file-source.ts";
import { type FileObject, fileObject } from "./files.ts";
import { withSignal } from "./http-attempt.ts";
import type { HttpTransport } from "./http-transport.ts";
import { forEachParallel } from "./parallel.ts";
import { type OptionalSignal, persist, type PersistDeps, STALL_LIMIT_MS } from "./persist.ts";
import type { TransferProgress } from "./transfer-progress.ts";
import {
  abortUpload,
  findUpload,
  initiateUpload,
  sessionPath,
  stateRequest,
  type UploadSession,
  type UploadState,
  type UploadTerms,
  uploadState,
} from "./upload-session.ts";

const PARALLEL_DEFAULT = 4;
const PARALLEL_MAX = 64;
const CHUNK_TIMEOUT_MS = 180_000;
/** How often a completion that still misses chunks sends them again. */
const COMPLETIONS_MAX = 4;

const chunkReceipt = object({ index: count });

export interface UploadOptions extends UploadTerms {
  /** Of the whole plaintext, hex; the coordinator checks it at completion. */
  readonly sha256?: string;
  /** Chunks sent at once, 4 by default; memory grows with it by a chunk (at most 4 MiB) each. */
  readonly parallelMax?: number;
  /** Stands for this upload where it is begun more than once; a new one each time where it is not given. */
  readonly key?: string;
  /** Continue this session where it still exists and fits; otherwise a new one is begun. */
  readonly resumeSessionId?: string;
  /** How long to keep trying without any chunk getting through, 2 minutes by default. */
  readonly stallLimitMs?: number;
  /** Called before the first chunk is sent: keep the session's id to resume the upload later. */
  readonly onSession?: (session: UploadSession) => void | Promise<void>;
  readonly onProgress?: (progress: TransferProgress) => void;
  /** Called when something failed that is tried again. */
  readonly onRetry?: (error: AppError) => void;
}

export type UploadDeps = PersistDeps;

/**
 * Uploads a file in three steps: initiate, chunks in parallel, complete. It outlives restarts of the coordinator and
 * cuts of the network up to `stallLimitMs` without progress; after that, and after an abort, the session stays open on
 * the coordinator and can be resumed.
 * @throws AppError CONCURRENT_CHANGE when the file changed meanwhile, INSUFFICIENT_CREDITS, CHECKSUM_MISMATCH,
 *   COORDINATOR_UNREACHABLE and other transient codes when the time is up
 */
export async function uploadFile(
  deps: UploadDeps,
  source: FileSource,
  options: UploadOptions = {},
): Promise<FileObject> {
  const { transport } = deps;
  const { resumeSessionId: sessionId } = options;
  const found = sessionId === undefined ? undefined : await findUpload(transport, source, { ...options, sessionId });
  const begun = found ?? (await beginUpload(deps, source, options));
  if ("storedId" in begun) return findFile(transport, begun.storedId, options.signal);
  const session = begun;
  const upload = new Upload(deps, source, { ...options, session });
  if (found?.state === "complete" || found?.state === "completed") return upload.completedFile();
  await options.onSession?.(session);
  try {
    await upload.sendAll(found);
    return await upload.complete();
  } catch (error) {
    // What was sent is of no use to the changed file; its reserved credits are.
    if (hasCode(error, "CONCURRENT_CHANGE")) await abortUpload(transport, session.session_id).catch(() => undefined);
    throw error;
  }
}

/** One session under way: how far it is, and when something last got through. */
class Upload {
  readonly #deps: UploadDeps;
  readonly #source: FileSource;
  readonly #session: UploadSession;
  readonly #options: UploadOptions;
  #doneBytes = 0;
  #lastProgressMs: number;

  constructor(deps: UploadDeps, source: FileSource, options: UploadOptions & { readonly session: UploadSession }) {
    this.#deps = deps;
    this.#source = source;
    this.#session = options.session;
    this.#options = options;
    this.#lastProgressMs = deps.clock.monotonicMs();
  }

  async sendAll(found: UploadState | undefined): Promise<void> {
    if (found === undefined) {
      this.#report(0);
      return this.#sendChunks(range(this.#session.chunk_count));
    }
    const missingBytes = Math.min(this.#source.sizeBytes, found.missing_count * found.chunk_size);
    this.#report(this.#source.sizeBytes - missingBytes);
    return this.#sendMissing();
  }

  async complete(): Promise<FileObject> {
    const { sha256 } = this.#options;
    const path = `${sessionPath(this.#session.session_id)}/complete`;
    const body = sha256 === undefined ? {} : { sha256 };
    for (let tries = 1; ; tries++) {
      try {
        return await this.#persist(this.#options.signal, (signal) =>
          this.#deps.transport.call(
            { method: "POST", path, body, timeoutMs: CHUNK_TIMEOUT_MS, triesMax: 1, ...signal },
            fileObject,
          ),
        );
      } catch (error) {
        // The answer to an earlier try was lost where the file is there all the same.
        if (hasCode(error, "UPLOAD_ENDED", "UPLOAD_NOT_FOUND")) {
          const file = await this.completedFile().catch(() => undefined);
          if (file !== undefined) return file;
        }
        if (!hasCode(error, "CHUNKS_MISSING") || tries >= COMPLETIONS_MAX) throw error;
        await this.#sendMissing();
      }
    }
  }

  completedFile(): Promise<FileObject> {
    return findFile(this.#deps.transport, this.#session.file_id, this.#options.signal);
  }

  /** Asks what is missing, a thousand at a time, and sends it. */
  async #sendMissing(): Promise<void> {
    const { transport } = this.#deps;
    for (let lastCount = Number.POSITIVE_INFINITY; ; ) {
      const state = await this.#persist(this.#options.signal, (signal) =>
        transport.call(stateRequest(this.#session.session_id, { triesMax: 1, ...signal }), uploadState),
      );
      if (state.missing_count === 0) return;
      if (state.missing_count >= lastCount || state.missing.some((index) => index >= this.#session.chunk_count)) {
        throw new AppError("PROTOCOL_ERROR", `${transport.baseUrl} does not count the chunks that it took`);
      }
      lastCount = state.missing_count;
      await this.#sendChunks(state.missing);
    }
  }

  #sendChunks(indices: Iterable<number>): Promise<void> {
    const parallelMax = Math.max(1, Math.min(this.#options.parallelMax ?? PARALLEL_DEFAULT, PARALLEL_MAX));
    return forEachParallel(indices, { parallelMax, ...withSignal(this.#options.signal) }, (index, signal) =>
      this.#sendChunk(index, signal),
    );
  }

  async #sendChunk(index: number, signal: AbortSignal): Promise<void> {
    const { session_id: sessionId, chunk_size: chunkSize } = this.#session;
    const start = index * chunkSize;
    const length = chunkLengthAt(index, this.#source.sizeBytes, chunkSize);
    const end = start + length;
    const bytes = await (this.#source.part?.(start, end) ?? this.#source.slice(start, end));
    if ((bytes instanceof Blob ? bytes.size : bytes.length) !== length) throw changed(this.#source);
    const path = `${sessionPath(sessionId)}/chunk`;
    const receipt = await this.#persist(signal, (aborted) =>
      this.#deps.transport.call(
        { method: "PUT", path, query: { index }, bytes, timeoutMs: CHUNK_TIMEOUT_MS, triesMax: 1, ...aborted },
        chunkReceipt,
      ),
    );
    if (receipt.index !== index) {
      throw new AppError("PROTOCOL_ERROR", `chunk ${index} was acknowledged as chunk ${receipt.index}`);
    }
    this.#report(length);
  }

  #persist<T>(signal: AbortSignal | undefined, send: (signal: OptionalSignal) => Promise<T>): Promise<T> {
    return persist(this.#deps, send, {
      signal,
      stallLimitMs: this.#stallLimitMs,
      lastProgressMs: () => this.#lastProgressMs,
      onRetry: this.#options.onRetry,
      stalled: (cause) => this.#stalled(cause),
    });
  }

  get #stallLimitMs(): number {
    return this.#options.stallLimitMs ?? STALL_LIMIT_MS;
  }

  #report(moreBytes: number): void {
    this.#doneBytes = Math.min(this.#source.sizeBytes, this.#doneBytes + moreBytes);
    this.#lastProgressMs = this.#deps.clock.monotonicMs();
    this.#options.onProgress?.({ doneBytes: this.#doneBytes, totalBytes: this.#source.sizeBytes });
  }

  #stalled(cause: AppError): AppError {
    const { name, sizeBytes } = this.#source;
    const percent = sizeBytes === 0 ? 0 : Math.floor((this.#doneBytes / sizeBytes) * 100);
    return new AppError(
      cause.code,
      `the upload of ${name} stopped at ${percent} %: nothing got through to ${this.#deps.transport.baseUrl} for ` +
        `${Math.round(this.#stallLimitMs / 1000)} s. Start it again before ${this.#session.expires_at} to continue there`,
      { details: { session_id: this.#session.session_id, url: this.#deps.transport.baseUrl }, cause },
    );
  }
}

/** @returns the id of the file where it is stored under the key */
async function beginUpload(
  deps: UploadDeps,
  source: FileSource,
  options: UploadOptions,
): Promise<UploadSession | { readonly storedId: string }> {
  try {
    return await initiateUpload(deps.transport, source, { ...options, key: options.key ?? newKey(deps) });
  } catch (error) {
    const storedId = hasCode(error, "UPLOAD_ENDED") ? error.details["file_id"] : undefined;
    if (typeof storedId !== "string") throw error;
    return { storedId };
  }
}

function findFile(transport: HttpTransport, fileId: string, signal: AbortSignal | undefined): Promise<FileObject> {
  const path = `/api/v1/files/${encodeURIComponent(fileId)}`;
  return transport.call({ method: "GET", path, ...withSignal(signal) }, fileObject);
}

function newKey({ clock, random }: UploadDeps): string {
  return uuidV7(clock.nowMs(), random.bytes(10));
}

function changed(source: FileSource): AppError {
  return new AppError("CONCURRENT_CHANGE", `${source.name} changed while it was being uploaded: upload it again`);
}

function* range(length: number): Generator<number> {
  for (let index = 0; index < length; index++) yield index;
}
