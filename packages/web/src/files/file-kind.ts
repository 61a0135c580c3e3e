import type { IconName } from "../ui/icon.tsx";

/** How a file can be looked at in the page. */
export type PreviewKind = "image" | "video" | "audio" | "pdf" | "text" | "none";

const IMAGE = /^image\/(?:png|jpeg|gif|webp|avif|bmp)$/;
const TEXT =
  /^(?:text\/.*|application\/(?:json|ld\+json|xml|javascript|ecmascript|typescript|toml|yaml|x-yaml|x-sh|sql|x-httpd-php)|image\/svg\+xml|.*\+(?:xml|json))$/;
const TEXT_NAME =
  /(?:^|\/)(?:makefile|dockerfile|license|readme|\.[a-z]+rc)$|\.(?:txt|md|markdown|json|jsonl|ya?ml|toml|ini|cfg|conf|log|csv|tsv|xml|html?|css|scss|m?[jt]sx?|cjs|py|rb|go|rs|c|h|cc|cpp|hpp|java|kt|swift|php|sh|bash|zsh|fish|sql|tex|bib|svg|diff|patch)$/i;
const ARCHIVE = /(?:zip|tar|gzip|x-7z|x-rar|zstd|bzip2|compressed)/;

interface Typed {
  readonly content_type: string;
  readonly filename: string;
}

function essence(contentType: string): string {
  return contentType.split(";", 1)[0]!.trim().toLowerCase();
}

export function previewKindOf({ content_type, filename }: Typed): PreviewKind {
  const type = essence(content_type);
  if (IMAGE.test(type)) return "image";
  if (type.startsWith("video/")) return "video";
  if (type.startsWith("audio/")) return "audio";
  if (type === "application/pdf") return "pdf";
  return TEXT.test(type) || TEXT_NAME.test(filename) ? "text" : "none";
}

export function iconOf(file: Typed): IconName {
  const kind = previewKindOf(file);
  if (kind === "none") return ARCHIVE.test(essence(file.content_type)) ? "archive" : "file";
  return kind === "pdf" ? "text" : kind;
}

/** The last part of a name, and what stands before it. */
export function splitName(filename: string): { readonly folder: string; readonly leaf: string } {
  const at = filename.lastIndexOf("/") + 1;
  return { folder: filename.slice(0, at), leaf: filename.slice(at) };
}
