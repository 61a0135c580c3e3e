import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { Random } from "@commonhold/core/random.ts";
import { count, flag, nullable, object, optional, text } from "./answer.ts";
import { type BackoffLimits, backoffDelayMs, sleep } from "./backoff.ts";
import { createMemoryCredentialStore } from "./credentials.ts";
import { withSignal } from "./http-attempt.ts";
import { failureOfNetwork, isTransient, retryAfterMsOf } from "./http-error.ts";
import { createHttpTransport, type HttpTransport } from "./http-transport.ts";
import { openSealed, type SealedBytes } from "./sealed/open-sealed.ts";
import { parseShareLink, type ShareLink } from "./sealed/share-link.ts";

const TRIES_WITHOUT_PROGRESS_MAX = 5;

const linkAnswer = object({ needs_password: flag });
const ticketAnswer = object({
  url: text,
  file: object({
    name: text,
    size_bytes: count,
    media_type: text,
    sealed: flag,
    expires_at: nullable(text),
    downloads_left: optional(nullable(count)),
    owner_name: text,
  }),
});

/** A file that somebody else shares. Of a sealed one name, type and length are those that were sealed. */
export interface OpenedLink {
  readonly name: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
  readonly ownerName: string;
  readonly sealed: boolean;
  /** The content from `start` up to `end`, in order; what was sealed is opened, and genuine when it comes. */
  read(start?: number, end?: number): AsyncIterable<Uint8Array>;
}

export interface SharedLinkDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly fetch?: typeof fetch;
}

export interface OpenLinkOptions {
  readonly password?: string;
  readonly backoff?: BackoffLimits;
  readonly signal?: AbortSignal;
}

/** Whether a link asks for a password. @throws AppError INVALID_REQUEST for what is no link; SHARE_NOT_FOUND */
export async function linkNeedsPassword(
  deps: SharedLinkDeps,
  text: string,
  options: OpenLinkOptions = {},
): Promise<boolean> {
  const link = parseShareLink(text);
  const request = { method: "GET", path: pathOf(link), auth: "none", ...withSignal(options.signal) } as const;
  return (await openTransport(deps, link, options).call(request, linkAnswer)).needs_password;
}

/**
 * Opens a link, without an account: BASE/shared/TOKEN, with #KEY for a sealed file. All that is read of it counts as one
 * download.
 * @throws AppError INVALID_REQUEST for what is no link, or lacks its key; SHARE_NOT_FOUND, SHARE_EXHAUSTED,
 *   INVALID_CREDENTIALS, TOO_MANY_REQUESTS, SEAL_BROKEN also where a link has a key and its file is not sealed
 */
export async function openSharedLink(
  deps: SharedLinkDeps,
  text: string,
  options: OpenLinkOptions = {},
): Promise<OpenedLink> {
  const link = parseShareLink(text);
  const transport = openTransport(deps, link, options);
  const { url, file } = await transport.call(
    {
      method: "POST",
      path: `${pathOf(link)}/ticket`,
      body: { disposition: "attachment", password: options.password },
      auth: "none",
      ...withSignal(options.signal),
    },
    ticketAnswer,
  );
  const bytes = ticketBytes({ ...deps, transport }, { url, sizeBytes: file.size_bytes }, options.signal);
  const { owner_name: ownerName, sealed } = file;
  if (!sealed) {
    if (link.key !== undefined) {
      throw new AppError("SEAL_BROKEN", "this link has a key, and what it leads to is not sealed: ask whoever gave it");
    }
    const { name, media_type: mediaType, size_bytes: sizeBytes } = file;
    const read = (start = 0, end = sizeBytes) => bytes.read(start, Math.min(end, sizeBytes));
    return { name, mediaType, sizeBytes, ownerName, sealed, read };
  }
  if (link.key === undefined) {
    throw new AppError(
      "INVALID_REQUEST",
      "this link leads to a sealed file, and the # with the key behind it is missing",
    );
  }
  const content = await openSealed(bytes, link.key);
  const { name, mediaType, sizeBytes } = content;
  return { name, mediaType, sizeBytes, ownerName, sealed, read: (start, end) => content.read(start, end) };
}

function openTransport(deps: SharedLinkDeps, { baseUrl }: ShareLink, { backoff }: OpenLinkOptions): HttpTransport {
  const credentials = createMemoryCredentialStore();
  return createHttpTransport({ ...deps, credentials }, { baseUrl, ...(backoff === undefined ? {} : { backoff }) });
}

function pathOf({ token }: ShareLink): string {
  return `/api/v1/shared/${encodeURIComponent(token)}`;
}

interface TicketAddress {
  readonly url: string;
  readonly sizeBytes: number;
}

/** What an address with a ticket gives, range by range; after a cut it goes on where it was. */
function ticketBytes(
  deps: SharedLinkDeps & { readonly transport: HttpTransport },
  address: TicketAddress,
  signal: AbortSignal | undefined,
): SealedBytes {
  const { transport, random } = deps;
  const version: SeenVersion = { etag: undefined };
  return {
    sizeBytes: address.sizeBytes,
    async *read(start, end) {
      let failures = 0;
      for (let at = start; at < end; ) {
        try {
          for await (const piece of piecesOf(transport, address, { start: at, end, version, ...withSignal(signal) })) {
            at += piece.length;
            failures = 0;
            yield piece;
          }
        } catch (error) {
          signal?.throwIfAborted();
          failures += 1;
          if (!isTransient(error) || failures >= TRIES_WITHOUT_PROGRESS_MAX) throw error;
          await sleep(Math.max(retryAfterMsOf(error), backoffDelayMs(failures, transport.backoff, random)), signal);
        }
      }
    },
  };
}

/** Which version of the file was read first: what follows is to be of the same. */
interface SeenVersion {
  etag: string | undefined;
}

/** The bytes of a range; fewer are COORDINATOR_UNREACHABLE. */
async function* piecesOf(
  transport: HttpTransport,
  { url, sizeBytes }: TicketAddress,
  range: {
    readonly start: number;
    readonly end: number;
    readonly version: SeenVersion;
    readonly signal?: AbortSignal;
  },
): AsyncGenerator<Uint8Array, void, void> {
  const place = `bytes ${range.start}-${range.end - 1}/${sizeBytes}`;
  const response = await transport.open({
    method: "GET",
    path: url,
    auth: "none",
    headers: { accept: "*/*", "accept-encoding": "identity", range: `bytes=${range.start}-${range.end - 1}` },
    ...withSignal(range.signal),
  });
  const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = response.body?.getReader();
  let left = range.end - range.start;
  try {
    const etag = response.headers.get("etag") ?? undefined;
    range.version.etag ??= etag;
    if (response.status !== 206 || response.headers.get("content-range") !== place || etag !== range.version.etag) {
      throw new AppError("CONCURRENT_CHANGE", "the shared file changed while it was being fetched: fetch it again");
    }
    while (left > 0) {
      const piece = (await reader?.read().catch((cause: unknown) => cutOff(transport, cause)))?.value;
      if (piece === undefined) cutOff(transport, new Error("the body ended early"));
      left -= piece.length;
      if (left < 0) throw new AppError("PROTOCOL_ERROR", `${transport.baseUrl} sends more than was asked for`);
      yield piece;
    }
  } finally {
    await reader?.cancel().catch(() => undefined);
  }
}

function cutOff(transport: HttpTransport, cause: unknown): never {
  throw failureOfNetwork(transport.baseUrl, cause).error;
}
