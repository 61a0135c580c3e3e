import type { FileSource } from "@commonhold/client/file-source.ts";
import type { FileObject } from "@commonhold/client/files.ts";
import type { HttpTransport } from "@commonhold/client/http-transport.ts";
import { uploadFile } from "@commonhold/client/upload-file.ts";
import { uploadWhole } from "@commonhold/client/upload-whole.ts";
import type { AppError } from "@commonhold/core/app-error.ts";
import { pageClock, pageRandom } from "../session/page-clock.ts";
import { browserFileSource } from "./browser-file-source.ts";
import type { FolderPlace } from "./folder-paths.ts";
import { ONE_REQUEST_BYTES_MAX } from "./one-request.ts";

/** Of each file: three chunks of at most 4 MiB are in memory. */
const CHUNKS_AT_ONCE = 3;

export interface FileToSend {
  readonly file: File;
  readonly folderId: FolderPlace;
  /** Without folders. */
  readonly name: string;
  /** Stands for this upload, however often it is begun. */
  readonly key: string;
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
 * Sends a file: a small one whole, others in chunks that are taken up again.
 * @throws AppError
 */
export function sendFile(transport: HttpTransport, wanted: FileToSend, options: SendOptions): Promise<FileObject> {
  const { sessionId, sealed, file } = wanted;
  const isWhole = sessionId === undefined && sealed === undefined && file.size <= ONE_REQUEST_BYTES_MAX;
  return isWhole ? sendWhole(transport, wanted, options) : sendInChunks(transport, wanted, options);
}

function sendWhole(
  transport: HttpTransport,
  { file, folderId, name, key }: FileToSend,
  { signal, onRetry }: SendOptions,
): Promise<FileObject> {
  return uploadWhole({ transport, clock: pageClock, random: pageRandom }, browserFileSource(file, name), {
    key,
    signal,
    ...(folderId === null ? {} : { folderId }),
    ...(file.type === "" ? {} : { contentType: file.type }),
    onRetry,
  });
}

function sendInChunks(
  transport: HttpTransport,
  { file, folderId, name, key, sessionId, sealed }: FileToSend,
  { signal, onSession, onProgress, onRetry }: SendOptions,
): Promise<FileObject> {
  const source = browserFileSource(file, name);
  const unreadable = new AbortController();
  return uploadFile({ transport, clock: pageClock, random: pageRandom }, sealed ?? source, {
    key,
    signal: AbortSignal.any([signal, unreadable.signal]),
    parallelMax: CHUNKS_AT_ONCE,
    ...(folderId === null ? {} : { folderId }),
    ...(file.type === "" || sealed !== undefined ? {} : { contentType: file.type }),
    ...(sessionId === undefined ? {} : { resumeSessionId: sessionId }),
    onSession: (session) => onSession(session.session_id),
    onProgress: ({ doneBytes }) => onProgress(doneBytes),
    onRetry: (error) => {
      onRetry(error);
      // A file that is gone while the browser sends of it looks like a coordinator that is away.
      source.check().catch((reason: unknown) => unreadable.abort(reason));
    },
  });
}
