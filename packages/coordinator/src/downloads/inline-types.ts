import { AppError } from "@commonhold/core/app-error.ts";
import type { Disposition } from "./download-tickets.ts";

/** Types that a browser shows and never runs; everything else, SVG and HTML above all, is only ever saved. */
const INLINE = /^(?:image\/(?:png|jpeg|gif|webp|avif|bmp)|(?:video|audio)\/[a-z0-9.+-]+|application\/pdf|text\/plain)$/;

const MEDIA_POLICY =
  "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'self'";
/** A browser's own viewer of PDF does not work in a sandbox; there is nothing else in it that could run. */
const PDF_POLICY =
  "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; " +
  "frame-ancestors 'self'";

/** What a browser would take an answer for that it runs, or that says how a page looks (Fetch Metadata). */
const RUNS = /^(?:script|worker|sharedworker|serviceworker|audioworklet|paintworklet|style|xslt|manifest)$/;

/**
 * "attachment" keeps a file from being opened as a page, and not from being loaded into one: the policy of our own pages
 * lets in scripts and styles of this origin, and files are of this origin.
 * @param destination of Sec-Fetch-Dest, which no page can forge
 * @throws AppError FORBIDDEN
 */
export function requireContentAsData(destination: unknown): void {
  if (typeof destination === "string" && RUNS.test(destination))
    throw new AppError("FORBIDDEN", "a stored file is no part of a page: it never runs here");
}

/** What a file's content is sent with, beside what says which file it is. */
export interface ContentHeaders {
  readonly disposition: Disposition;
  /** In place of those that every answer has. */
  readonly security: Readonly<Record<string, string>>;
}

const SAVED: ContentHeaders = { disposition: "attachment", security: {} };

/** @param wanted what the ticket asks for; an uploader says the type, so it is honoured only for what cannot run */
export function contentHeadersFor(mediaType: string, wanted: Disposition): ContentHeaders {
  const essence = mediaType.split(";", 1)[0]!.trim().toLowerCase();
  if (wanted !== "inline" || !INLINE.test(essence)) return SAVED;
  return {
    disposition: "inline",
    security: {
      "content-security-policy": essence === "application/pdf" ? PDF_POLICY : MEDIA_POLICY,
      "x-frame-options": "SAMEORIGIN",
    },
  };
}
