import type { Random } from "@commonhold/core/random.ts";
import { count, flag, nothing, nullable, object, type Read, text } from "./answer.ts";
import type { FileSource } from "./file-source.ts";
import type { FileObject } from "./files.ts";
import { withSignal } from "./http-attempt.ts";
import type { HttpTransport } from "./http-transport.ts";
import { listPages } from "./list-pages.ts";
import { sealSource } from "./sealed/seal-source.ts";
import { SEALING_KEY_BYTES } from "./sealed/segment-cipher.ts";
import { formatShareLink } from "./sealed/share-link.ts";
import { uploadFile, type UploadDeps, type UploadOptions } from "./upload-file.ts";

const SHARES_PER_PAGE = 500;
const SEALED_MEDIA_TYPE = "application/octet-stream";

const share = object({
  id: text,
  /** Null while the file is deleted. */
  file_id: nullable(text),
  filename: nullable(text),
  token: text,
  url_path: text,
  has_password: flag,
  /** The link needs a # and the key behind it, which the coordinator never had. */
  sealed: flag,
  expires_at: nullable(text),
  downloads: count,
  downloads_max: nullable(count),
  created_at: text,
});

/** A link to a file. Times are ISO 8601 text. */
export type Share = Read<typeof share>;

/** What is left out has no end, or is not asked for. */
export interface ShareTerms {
  readonly expiresInS?: number;
  readonly password?: string;
  readonly downloadsMax?: number;
}

export interface ListSharesOptions {
  /** Only links to this file, whichever version. */
  readonly fileId?: string;
  readonly signal?: AbortSignal;
}

export interface SealedShare {
  readonly file: FileObject;
  readonly share: Share;
  /** The whole link, with the key: it is nowhere else. */
  readonly link: string;
}

export interface Shares {
  /** @throws AppError FILE_NOT_FOUND, TOO_MANY_SHARES */
  create(
    fileId: string,
    terms?: ShareTerms,
    signal?: AbortSignal,
  ): Promise<{ readonly share: Share; readonly link: string }>;
  /** Newest first. */
  list(options?: ListSharesOptions): AsyncIterable<Share>;
  /** @throws AppError SHARE_NOT_FOUND */
  revoke(shareId: string, signal?: AbortSignal): Promise<void>;
  /**
   * Seals a file here, under a key of its own, uploads what was sealed, and makes a link that has the key behind its #. The
   * coordinator sees neither name nor type nor content.
   * @throws AppError as `upload` and `create`
   */
  shareSealed(source: FileSource, options?: ShareTerms & Omit<UploadOptions, "name" | "sha256">): Promise<SealedShare>;
}

export function createShares(
  deps: UploadDeps & { readonly transport: HttpTransport; readonly random: Random },
): Shares {
  const { transport } = deps;

  const create = (fileId: string, terms: ShareTerms & { readonly sealed?: boolean }, signal?: AbortSignal) =>
    transport.call(
      {
        method: "POST",
        path: `/api/v1/files/${encodeURIComponent(fileId)}/shares`,
        body: {
          expires_in_s: terms.expiresInS,
          password: terms.password,
          downloads_max: terms.downloadsMax,
          sealed: terms.sealed,
        },
        ...withSignal(signal),
      },
      share,
    );
  const linkOf = ({ token }: Share, key?: Uint8Array) =>
    formatShareLink({ baseUrl: transport.baseUrl, token, ...(key === undefined ? {} : { key }) });

  return {
    create: async (fileId, terms = {}, signal) => {
      const made = await create(fileId, terms, signal);
      return { share: made, link: linkOf(made) };
    },
    list: ({ fileId, signal } = {}) =>
      listPages(
        transport,
        {
          method: "GET",
          path: "/api/v1/shares",
          query: { limit: SHARES_PER_PAGE, file: fileId },
          ...withSignal(signal),
        },
        share,
      ),
    revoke: (shareId, signal) =>
      transport.call(
        { method: "DELETE", path: `/api/v1/shares/${encodeURIComponent(shareId)}`, ...withSignal(signal) },
        nothing,
      ),
    shareSealed: async (source, options = {}) => {
      const key = deps.random.bytes(SEALING_KEY_BYTES);
      const sealed = await sealSource(deps, source, { key, mediaType: options.contentType ?? SEALED_MEDIA_TYPE });
      const file = await uploadFile(deps, sealed, { ...options, contentType: SEALED_MEDIA_TYPE });
      const made = await create(file.file_id, { ...options, sealed: true }, options.signal);
      return { file, share: made, link: linkOf(made, key) };
    },
  };
}
