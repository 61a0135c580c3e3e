import Type, { type Static } from "typebox";
import { DISPOSITIONS } from "../downloads/download-tickets.ts";
import { Instant, instantText } from "../http/route-schema.ts";
import type { SharedFile, ShareRecord } from "./share-service.ts";

const YEAR_S = 366 * 86_400;
const PASSWORD_LENGTH_MAX = 1024;
const DOWNLOADS_MAX = 1_000_000;

const NullableInstant = (description: string) => Type.Union([Instant(description), Type.Null()], { description });
const NullableCount = (description: string) => Type.Union([Type.Integer(), Type.Null()], { description });

export const ShareBody = Type.Object({
  expires_in_s: Type.Optional(
    Type.Integer({ minimum: 60, maximum: YEAR_S, description: "Seconds until it ends; without it, it does not." }),
  ),
  password: Type.Optional(
    Type.String({ minLength: 1, maxLength: PASSWORD_LENGTH_MAX, description: "Asked of whoever uses the link." }),
  ),
  downloads_max: Type.Optional(Type.Integer({ minimum: 1, maximum: DOWNLOADS_MAX })),
  sealed: Type.Optional(
    Type.Boolean({ description: "The file was sealed before it came here, under a key that only the link has." }),
  ),
});

export const ShareSchema = Type.Object(
  {
    id: Type.String({ format: "uuid" }),
    file_id: Type.Union([Type.String(), Type.Null()], {
      description: "Of the file's current version; null while the file is deleted, and the link leads nowhere.",
    }),
    filename: Type.Union([Type.String(), Type.Null()]),
    token: Type.String({ description: "Whoever has it can read the file." }),
    url_path: Type.String({
      description: "Of the link's page, from this coordinator's address.",
      examples: ["/shared/…"],
    }),
    has_password: Type.Boolean(),
    sealed: Type.Boolean({ description: "The link needs a # and the key behind it, which the coordinator never had." }),
    expires_at: NullableInstant("Null: it does not."),
    downloads: Type.Integer({ description: "So many were begun." }),
    downloads_max: NullableCount("Null: without end."),
    created_at: Instant("When it was made."),
  },
  { $id: "Share" },
);

export function shareView(share: ShareRecord): Static<typeof ShareSchema> {
  return {
    id: share.id,
    file_id: share.file?.id ?? null,
    filename: share.file?.name ?? null,
    token: share.token,
    url_path: `/shared/${share.token}`,
    has_password: share.hasPassword,
    sealed: share.isSealed,
    expires_at: share.expiresAtMs === null ? null : instantText(share.expiresAtMs),
    downloads: share.downloads,
    downloads_max: share.downloadsMax,
    created_at: instantText(share.createdAtMs),
  };
}

const sharedFileFields = {
  name: Type.String(),
  size_bytes: Type.Integer(),
  media_type: Type.String(),
  sealed: Type.Boolean({ description: "What is read is sealed under the key behind the # of the link." }),
  expires_at: NullableInstant("Null: it does not."),
  downloads_left: NullableCount("Null: without end."),
  owner_name: Type.String(),
};

const SharedFileSchema = Type.Object(sharedFileFields, { $id: "SharedFile" });

export const LinkSchema = Type.Object(
  { needs_password: Type.Boolean(), ...Type.Partial(Type.Object(sharedFileFields)).properties },
  { description: "What the link leads to; where it needs a password, nothing but that." },
);

export const LinkTicketBody = Type.Object({
  password: Type.Optional(Type.String({ maxLength: PASSWORD_LENGTH_MAX })),
  disposition: Type.Enum([...DISPOSITIONS], {
    description: "inline shows it where its type cannot run: images but SVG, video, audio, PDF, plain text.",
  }),
});

export const LinkTicketSchema = Type.Object(
  {
    url: Type.String({
      description: "Of the download, with a ticket; from this API's root. It counts as one download.",
    }),
    expires_at: Instant("Until when it works."),
    file: SharedFileSchema,
  },
  { description: "An address from which what the link leads to can be read." },
);

export function sharedFileView({ file, ...shared }: SharedFile): Static<typeof SharedFileSchema> {
  return {
    name: file.name.slice(file.name.lastIndexOf("/") + 1),
    size_bytes: file.sizeBytes,
    media_type: file.mediaType,
    sealed: shared.isSealed,
    expires_at: shared.expiresAtMs === null ? null : instantText(shared.expiresAtMs),
    downloads_left: shared.downloadsLeft,
    owner_name: shared.ownerName,
  };
}
