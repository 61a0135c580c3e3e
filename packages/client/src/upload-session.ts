import { AppError, hasCode } from "@commonhold/core/app-error.ts";
import { count, list, nothing, object, type Read, text } from "./answer.ts";
import type { FileSource } from "./file-source.ts";
import { type HttpRequest, withSignal } from "./http-attempt.ts";
import type { HttpTransport } from "./http-transport.ts";

const CHUNK_SIZE_ACCEPTED_MAX = 64 * 1024 * 1024;

const sessionFields = {
  session_id: text,
  file_id: text,
  filename: text,
  size_bytes: count,
  chunk_size: count,
  chunk_count: count,
  expires_at: text,
};
const uploadSession = object(sessionFields);
export const uploadState = object({
  ...sessionFields,
  received: count,
  /** The first thousand. */
  missing: list(count),
  missing_count: count,
  state: text,
});

/** An upload that has begun on the coordinator. */
export type UploadSession = Read<typeof uploadSession>;
export type UploadState = Read<typeof uploadState>;

/** What a session is begun with. */
export interface UploadTerms {
  /** In place of the source's name. */
  readonly name?: string;
  /** The folder in which the name, a path, begins; without it the root. */
  readonly folderId?: string;
  readonly contentType?: string;
  readonly copies?: number;
  readonly signal?: AbortSignal;
}

/**
 * @param key stands for this upload: begun again because no answer came, it is the same one
 */
export async function initiateUpload(
  transport: HttpTransport,
  source: FileSource,
  { key, ...options }: UploadTerms & { readonly key: string },
): Promise<UploadSession> {
  const session = await transport.call(
    {
      method: "POST",
      path: "/api/v1/files/upload/initiate",
      body: {
        filename: options.name ?? source.name,
        folder_id: options.folderId,
        size_bytes: source.sizeBytes,
        content_type: options.contentType,
        copies: options.copies,
      },
      headers: { "idempotency-key": key },
      idempotent: true,
      ...withSignal(options.signal),
    },
    uploadSession,
  );
  const chunkSizeFits = session.chunk_size >= 1 && session.chunk_size <= CHUNK_SIZE_ACCEPTED_MAX;
  if (!chunkSizeFits || session.chunk_count !== Math.ceil(source.sizeBytes / session.chunk_size)) {
    throw new AppError(
      "PROTOCOL_ERROR",
      `${transport.baseUrl} wants ${source.sizeBytes} bytes as ${session.chunk_count} chunks of ${session.chunk_size}`,
    );
  }
  return session;
}

/** The session to resume; undefined where it is gone, has ended, or is for something else. */
export async function findUpload(
  transport: HttpTransport,
  source: FileSource,
  options: UploadTerms & { readonly sessionId: string },
): Promise<UploadState | undefined> {
  try {
    const request = stateRequest(options.sessionId, withSignal(options.signal));
    const state = await transport.call(request, uploadState);
    const name = (options.name ?? source.name).normalize("NFC");
    // A complete file has its name without the folders.
    const names = [name, name.slice(name.lastIndexOf("/") + 1)];
    return state.size_bytes === source.sizeBytes && names.includes(state.filename) ? state : undefined;
  } catch (error) {
    if (hasCode(error, "UPLOAD_NOT_FOUND", "UPLOAD_EXPIRED", "UPLOAD_ENDED", "NOT_FOUND")) return undefined;
    throw error;
  }
}

export function stateRequest(sessionId: string, extra: Partial<HttpRequest>): HttpRequest {
  return { method: "GET", path: sessionPath(sessionId), ...extra };
}

export function sessionPath(sessionId: string): string {
  return `/api/v1/files/upload/${encodeURIComponent(sessionId)}`;
}

/** Gives up a session and its reserved credits. */
export async function abortUpload(transport: HttpTransport, sessionId: string, signal?: AbortSignal): Promise<void> {
  await transport.call({ method: "DELETE", path: sessionPath(sessionId), ...withSignal(signal) }, nothing);
}
