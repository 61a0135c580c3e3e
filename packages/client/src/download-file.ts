import { AppError } from "@commonhold/core/app-error.ts";
import type { Random } from "@commonhold/core/random.ts";
import { backoffDelayMs, sleep } from "./backoff.ts";
import type { FileSink } from "./file-sink.ts";
import { failureOfNetwork, isTransient, retryAfterMsOf } from "./http-error.ts";
import type { HttpTransport } from "./http-transport.ts";
import type { TransferProgress } from "./transfer-progress.ts";

const TRIES_WITHOUT_PROGRESS_MAX = 12;
/** How often a file that changes under the download is begun anew. */
const RESTARTS_MAX = 3;
const IDLE_LIMIT_MS = 60_000;

export interface DownloadOptions {
  /** How many bytes of it the sink holds already, from an earlier download with this strong ETag. */
  readonly resume?: { readonly offset: number; readonly etag: string };
  /** What the listing says; the download is held to it. */
  readonly sizeBytes?: number;
  /** How often in a row a try may bring nothing, 12 by default: about half a minute. */
  readonly triesWithoutProgressMax?: number;
  /** A body that brings nothing for this long counts as cut, 60 s by default. */
  readonly idleLimitMs?: number;
  /** Called before the first byte is written: keep the ETag to resume later. */
  readonly onStart?: (info: { readonly etag?: string; readonly sizeBytes: number }) => void | Promise<void>;
  readonly onProgress?: (progress: TransferProgress) => void;
  /** Called when something failed that is tried again. */
  readonly onRetry?: (error: AppError) => void;
  readonly signal?: AbortSignal;
}

export interface DownloadDeps {
  readonly transport: HttpTransport;
  readonly random: Random;
}

/**
 * Downloads a file into a sink. After a cut it goes on where it was (Range and If-Range, RFC 9110, 13.1.5 and 14.2);
 * a file that is no longer the same is begun anew. Resolves when exactly the file's length has been written.
 * @throws AppError FILE_NOT_FOUND, CHUNK_UNAVAILABLE, COORDINATOR_UNREACHABLE after too many tries without progress;
 *   what the sink throws, unchanged
 */
export async function downloadFile(
  deps: DownloadDeps,
  what: { readonly fileId: string; readonly sink: FileSink },
  options: DownloadOptions = {},
): Promise<{ readonly sizeBytes: number; readonly etag?: string }> {
  const download = new Download(deps, what, options);
  const triesMax = options.triesWithoutProgressMax ?? TRIES_WITHOUT_PROGRESS_MAX;
  for (let failures = 1; ; failures++) {
    const offsetBefore = download.offset;
    try {
      return await download.attempt();
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!isTransient(error)) throw error;
      if (download.offset > offsetBefore) failures = 1;
      if (failures >= triesMax) throw error;
      options.onRetry?.(error);
      const delayMs = Math.max(retryAfterMsOf(error), backoffDelayMs(failures, deps.transport.backoff, deps.random));
      await sleep(Math.min(delayMs, IDLE_LIMIT_MS), options.signal);
    }
  }
}

class Download {
  readonly #deps: DownloadDeps;
  readonly #fileId: string;
  readonly #sink: FileSink;
  readonly #options: DownloadOptions;
  #etag: string | undefined;
  #restarts = 0;
  offset: number;

  constructor(deps: DownloadDeps, what: { fileId: string; sink: FileSink }, options: DownloadOptions) {
    this.#deps = deps;
    this.#fileId = what.fileId;
    this.#sink = what.sink;
    this.#options = options;
    const { resume, sizeBytes = Number.POSITIVE_INFINITY } = options;
    this.#etag = resume?.etag;
    // At least one byte is asked for, so that the answer says whether the file is still the same.
    this.offset = Math.max(0, Math.min(resume?.offset ?? 0, sizeBytes - 1));
  }

  async attempt(): Promise<{ readonly sizeBytes: number; readonly etag?: string }> {
    const { transport } = this.#deps;
    const cut = new AbortController();
    const { signal } = this.#options;
    const response = await transport.open({
      method: "GET",
      path: `/api/v1/files/${encodeURIComponent(this.#fileId)}/download`,
      headers: { accept: "*/*", "accept-encoding": "identity", ...this.#rangeHeaders() },
      triesMax: 1,
      signal: signal === undefined ? cut.signal : AbortSignal.any([signal, cut.signal]),
    });
    try {
      const sizeBytes = await this.#start(response);
      await this.#readBody(response, sizeBytes, cut);
      return { sizeBytes, ...(this.#etag === undefined ? {} : { etag: this.#etag }) };
    } finally {
      cut.abort();
    }
  }

  /** Without a strong ETag a part could be of another version, so everything is asked for. */
  #rangeHeaders(): Record<string, string> {
    if (this.offset === 0 || this.#etag === undefined) return {};
    return { range: `bytes=${this.offset}-`, "if-range": this.#etag };
  }

  /** Reads the headers and sets the sink to where the body begins. Gives the file's whole length. */
  async #start(response: Response): Promise<number> {
    const etag = response.headers.get("etag") ?? "";
    this.#etag = etag.startsWith('"') ? etag : undefined;
    const { start, sizeBytes } = this.#placeOf(response);
    if (this.#options.sizeBytes !== undefined && sizeBytes !== this.#options.sizeBytes) {
      throw this.#unexpected(`${sizeBytes} bytes in place of ${this.#options.sizeBytes}`);
    }
    if (start < this.offset && ++this.#restarts > RESTARTS_MAX) {
      throw new AppError("CONCURRENT_CHANGE", `file ${this.#fileId} keeps changing: download it again later`);
    }
    if (start !== this.offset || start > 0) await this.#sink.truncate(start);
    this.offset = start;
    await this.#options.onStart?.({ sizeBytes, ...(this.#etag === undefined ? {} : { etag: this.#etag }) });
    this.#options.onProgress?.({ doneBytes: start, totalBytes: sizeBytes });
    return sizeBytes;
  }

  #placeOf(response: Response): { readonly start: number; readonly sizeBytes: number } {
    if (response.status === 206) {
      const range = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(response.headers.get("content-range") ?? "");
      const [start, end, sizeBytes] = [Number(range?.[1]), Number(range?.[2]), Number(range?.[3])];
      if (start !== this.offset || end !== sizeBytes - 1) {
        throw this.#unexpected(`the range "${response.headers.get("content-range")}" to bytes=${this.offset}-`);
      }
      return { start, sizeBytes };
    }
    if (response.status !== 200) throw this.#unexpected(`status ${response.status}`);
    const length = response.headers.get("content-length");
    const sizeBytes = length === null ? this.#options.sizeBytes : Number(length);
    if (sizeBytes === undefined) throw this.#unexpected("no length");
    return { start: 0, sizeBytes };
  }

  async #readBody(response: Response, sizeBytes: number, cut: AbortController): Promise<void> {
    const reader = response.body?.getReader();
    while (reader !== undefined) {
      const piece = await this.#readPiece(reader, cut);
      if (piece === undefined) break;
      if (this.offset + piece.length > sizeBytes) throw this.#unexpected(`more than ${sizeBytes} bytes`);
      await this.#sink.write(piece);
      this.offset += piece.length;
      this.#options.onProgress?.({ doneBytes: this.offset, totalBytes: sizeBytes });
    }
    if (this.offset < sizeBytes) {
      throw this.#cutOff(new Error(`the body ended after ${this.offset} of ${sizeBytes} bytes`));
    }
  }

  async #readPiece(
    reader: ReadableStreamDefaultReader<Uint8Array>,
    cut: AbortController,
  ): Promise<Uint8Array | undefined> {
    const idleLimitMs = this.#options.idleLimitMs ?? IDLE_LIMIT_MS;
    const timer = setTimeout(() => cut.abort(new Error(`nothing came for ${idleLimitMs / 1000} s`)), idleLimitMs);
    try {
      return (await reader.read()).value;
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      throw this.#cutOff(error);
    } finally {
      clearTimeout(timer);
    }
  }

  #cutOff(cause: unknown): AppError {
    return failureOfNetwork(this.#deps.transport.baseUrl, cause).error;
  }

  #unexpected(what: string): AppError {
    const { baseUrl } = this.#deps.transport;
    return new AppError("PROTOCOL_ERROR", `${baseUrl} answered the download of ${this.#fileId} with ${what}`);
  }
}
