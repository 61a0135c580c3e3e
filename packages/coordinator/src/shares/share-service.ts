import { AppError, hasCode } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import { type FileId, type UserId, uuidV7 } from "@commonhold/core/ids.ts";
import type { Random } from "@commonhold/core/random.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import { hashOpaqueToken } from "../accounts/opaque-token.ts";
import type { PasswordHasher } from "../accounts/password-hasher.ts";
import type { FileRecord } from "../files/file-record.ts";
import type { FileService } from "../files/file-service.ts";
import { findShare, type ShareKey } from "./find-share.ts";
import { listShares } from "./list-shares.ts";
import { createShareToken, openShareToken, sealShareToken } from "./share-tokens.ts";

/** Of one file: nobody needs more, and everything has a bound. */
const SHARES_PER_FILE_MAX = 100;

export interface ShareTerms {
  readonly expiresInS?: number;
  readonly password?: string;
  readonly downloadsMax?: number;
  readonly isSealed: boolean;
}

/** A link as its owner sees it. */
export interface ShareRecord {
  readonly id: string;
  /** Of the file's current version; null while the file is deleted. */
  readonly file: { readonly id: FileId; readonly name: string } | null;
  readonly token: string;
  readonly hasPassword: boolean;
  readonly isSealed: boolean;
  readonly expiresAtMs: number | null;
  readonly downloads: number;
  readonly downloadsMax: number | null;
  readonly createdAtMs: number;
}

export interface ShareQuery {
  readonly limit: number;
  readonly cursor: string | undefined;
  readonly fileId: FileId | undefined;
}

/** What whoever has a link may read. */
export interface SharedFile {
  readonly shareId: string;
  readonly file: FileRecord;
  readonly ownerName: string;
  readonly passwordHash: string | null;
  readonly isSealed: boolean;
  readonly expiresAtMs: number | null;
  /** Null: without end. */
  readonly downloadsLeft: number | null;
}

export interface ShareService {
  /** @throws AppError FILE_NOT_FOUND, TOO_MANY_SHARES, OVERLOADED */
  create(fileId: FileId, ownerId: UserId, terms: ShareTerms): Promise<ShareRecord>;
  /** Newest first. @throws AppError INVALID_CURSOR; FILE_NOT_FOUND for another's file */
  list(
    ownerId: UserId,
    query: ShareQuery,
  ): Promise<{ readonly items: readonly ShareRecord[]; readonly nextCursor: string | null }>;
  /** @throws AppError SHARE_NOT_FOUND */
  revoke(shareId: string, ownerId: UserId): Promise<void>;
  /** @throws AppError SHARE_NOT_FOUND, also once it has expired, its file is deleted or its owner's account is shut */
  open(by: ShareKey): Promise<SharedFile>;
}

export interface ShareServiceDeps {
  readonly metadata: Metadata;
  readonly clock: Clock;
  readonly random: Random;
  readonly files: Pick<FileService, "get">;
  readonly hasher: Pick<PasswordHasher, "hash">;
  readonly masterKey: Uint8Array;
}

export function createShareService(deps: ShareServiceDeps): ShareService {
  const { metadata, clock, random, files } = deps;
  return {
    create: async (fileId, ownerId, terms) => {
      // Before a password is hashed, which costs.
      const file = await files.get(fileId, ownerId);
      const nowMs = clock.nowMs();
      const id = uuidV7(nowMs, random.bytes(10));
      const token = createShareToken(random);
      const expiresAtMs = terms.expiresInS === undefined ? null : nowMs + terms.expiresInS * 1000;
      await metadata.apply("share.create", {
        id,
        file_id: fileId,
        owner_id: ownerId,
        token_hash: hashOpaqueToken(token),
        sealed_token: sealShareToken({ id, token }, deps),
        password_hash: terms.password === undefined ? null : await deps.hasher.hash(terms.password),
        expires_at_ms: expiresAtMs,
        downloads_max: terms.downloadsMax ?? null,
        is_sealed: terms.isSealed,
        shares_max: SHARES_PER_FILE_MAX,
        now_ms: nowMs,
      });
      return {
        id,
        file: { id: file.id, name: file.name },
        token,
        hasPassword: terms.password !== undefined,
        isSealed: terms.isSealed,
        expiresAtMs,
        downloads: 0,
        downloadsMax: terms.downloadsMax ?? null,
        createdAtMs: nowMs,
      };
    },

    list: async (ownerId, query) => {
      const { rows, nextCursor } = await listShares(metadata.read, ownerId, query);
      const items = rows.map((row) => ({
        id: row.id,
        file: row.file_id === null ? null : { id: row.file_id as FileId, name: row.name ?? "" },
        token: openShareToken(row.sealed_token, row.id, deps.masterKey),
        hasPassword: row.has_password === 1,
        isSealed: row.is_sealed === 1,
        expiresAtMs: row.expires_at_ms,
        downloads: row.downloads,
        downloadsMax: row.downloads_max,
        createdAtMs: row.created_at_ms,
      }));
      return { items, nextCursor };
    },

    revoke: async (shareId, ownerId) => {
      await metadata.apply("share.revoke", { id: shareId, owner_id: ownerId });
    },

    open: (by) => openShare(deps, by),
  };
}

async function openShare({ metadata, clock, files }: ShareServiceDeps, by: ShareKey): Promise<SharedFile> {
  const share = await findShare(metadata.read, by);
  if (share === undefined || (share.expires_at_ms ?? Number.POSITIVE_INFINITY) <= clock.nowMs()) {
    throw shareNotFound();
  }
  return {
    shareId: share.id,
    file: await fileOf(files, share.file_id as FileId, share.owner_id as UserId),
    ownerName: share.owner_name,
    passwordHash: share.password_hash,
    isSealed: share.is_sealed === 1,
    expiresAtMs: share.expires_at_ms,
    downloadsLeft: share.downloads_max === null ? null : Math.max(0, share.downloads_max - share.downloads),
  };
}

/** Whoever has a link learns no more of a deleted file than of one that never was. */
async function fileOf(files: Pick<FileService, "get">, fileId: FileId, ownerId: UserId): Promise<FileRecord> {
  try {
    return await files.get(fileId, ownerId);
  } catch (error) {
    if (hasCode(error, "FILE_NOT_FOUND")) throw shareNotFound();
    throw error;
  }
}

/** The same for whatever is wrong with a link. */
function shareNotFound(): AppError {
  return new AppError("SHARE_NOT_FOUND", "there is no such link, or it is no longer valid");
}
