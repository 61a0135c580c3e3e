import { AppError } from "@commonhold/core/app-error.ts";
import { normaliseBaseUrl } from "../base-url.ts";
import { SEALING_KEY_BYTES } from "./segment-cipher.ts";

const PATH = /^(.*)\/shared\/([A-Za-z0-9_-]{20,128})\/?$/;

/** A link as it is handed on: BASE/shared/TOKEN, for a sealed file with #KEY behind it, which no server ever sees. */
export interface ShareLink {
  /** The coordinator's address. */
  readonly baseUrl: string;
  readonly token: string;
  /** 32 bytes; of a sealed file only. */
  readonly key?: Uint8Array;
}

export function formatShareLink({ baseUrl, token, key }: ShareLink): string {
  return `${baseUrl}/shared/${token}${key === undefined ? "" : `#${encodeBase64url(key)}`}`;
}

/** @throws AppError INVALID_REQUEST for what is no such link; the message does not repeat it, as it is a secret */
export function parseShareLink(text: string): ShareLink {
  const url = URL.parse(text.trim());
  const [, base, token] = PATH.exec(url?.pathname ?? "") ?? [];
  const hasLogin = url !== null && (url.username !== "" || url.password !== "");
  if (url === null || hasLogin || base === undefined || token === undefined) {
    throw new AppError("INVALID_REQUEST", "this is no link to a shared file: it looks like https://HOST/shared/TOKEN");
  }
  const baseUrl = normaliseBaseUrl(`${url.origin}${base}`);
  const fragment = url.hash.slice(1);
  if (fragment === "") return { baseUrl, token };
  const key = decodeBase64url(fragment);
  if (key?.length !== SEALING_KEY_BYTES) {
    throw new AppError("INVALID_REQUEST", "the key behind the # of this link is not whole: copy all of the link");
  }
  return { baseUrl, token, key };
}

/** RFC 4648, section 5, without padding. */
function encodeBase64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

function decodeBase64url(text: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9_-]+$/.test(text) || text.length % 4 === 1) return undefined;
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (sign) => sign.charCodeAt(0));
}
