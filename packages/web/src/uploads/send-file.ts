import type { FileSource } from "@commonhold/client/file-source.ts";
import { fileObject, type FileObject } from "@commonhold/client/files.ts";
import { isTransient } from "@commonhold/client/http-error.ts";
import type { HttpTransport } from "@commonhold/client/http-transport.ts";
import { uploadFile } from "@commonhold/client/upload-file.ts";
import { AppError, hasCode } from "@commonhold/core/app-error.ts";
import { pageClock, pageRandom } from "../session/page-clock.ts";
import { browserFileSource } from "./browser-file-source.ts";
import type { FolderPlace } from "./folder-paths.ts";
import { ONE_REQUEST_BYTES_MAX } from "./one-request.ts";

const ONE_REQUEST_TIMEOUT_MS = 120_000;
/** Of each file: three chunks of at most 4 MiB are in memory. */
const CHUNKS_AT_ONCE = 3;

export interface FileToSend {
  readonly file: File;
  readonly folderId: FolderPlace;
  /** Without folders. */
  readonly name: string;
  /** What is sent in its place, of which nothing may be told by the file's name and type. */
  readonly sealed?: FileSource;
  /** An upload of an earlier page that is continued. */
  readonly sessionId?: string;
}

export interface SendOptions {
  readonly signal: AbortSignal;
  readonly onSession: (sessionId: string) => Promise<void>;
  readonly onProgress: (doneBytes: number) => void;
  readonly onRetry: (error: AppError) => void;
}

/**
 * Sends a file: a small one whole, others in chunks that are taken up again. A small one of which no answer came is sent
 * in chunks too, as these are tried for minutes; where it had arrived all the same it is there in two equal versions.
 * @throws AppError
 */
export async function sendFile(
  transport: HttpTransport,
  wanted: FileToSend,
  options: SendOptions,
): Promise<FileObject> {
  const { sessionId, sealed, file } = wanted;
  if (sessionId !== undefined || sealed !== undefined || file.size > ONE_REQUEST_BYTES_MAX) {
    return sendInChunks(transport, wanted, options);
  }
  try {
    return await sendWhole(transport, wanted, options.signal);
  } catch (error) {
    options.signal.throwIfAborted();
    if (!(error instanceof AppError) || !(isTransient(error) || hasCode(error, "NOT_ENOUGH_NODES"))) throw error;
    options.onRetry(error);
    return sendInChunks(transport, wanted, options);
  }
}

async function sendWhole(
  transport: HttpTransport,
  { file, folderId, name }: FileToSend,
  signal: AbortSignal,
): Promise<FileObject> {
  const bytes = await browserFileSource(file, name).slice(0, file.size);
  return transport.call(
    {
      method: "POST",
      path: "/api/v1/files",
      query: { filename: name, folder_id: folderId ?? undefined },
      bytes,
      ...(file.type === "" ? {} : { headers: { "content-type": file.type } }),
      triesMax: 1,
      timeoutMs: ONE_REQUEST_TIMEOUT_MS,
      signal,
    },
    fileObject,
  );
}

function sendInChunks(
  transport: HttpTransport,
  { file, folderId, name, sessionId, sealed }: FileToSend,
  { signal, onSession, onProgress, onRetry }: SendOptions,
): Promise<FileObject> {
  return uploadFile({ transport, clock: pageClock, random: pageRandom }, sealed ?? browserFileSource(file, name), {
    signal,
    parallelMax: CHUNKS_AT_ONCE,
    ...(folderId === null ? {} : { folderId }),
    ...(file.type === "" || sealed !== undefined ? {} : { contentType: file.type }),
    ...(sessionId === undefined ? {} : { resumeSessionId: sessionId }),
    onSession: (session) => onSession(session.session_id),
    onProgress: ({ doneBytes }) => onProgress(doneBytes),
    onRetry,
  });
}
