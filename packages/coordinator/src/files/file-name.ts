import { AppError } from "@commonhold/core/app-error.ts";

const NAME_BYTES_MAX = 1024;
const SEGMENT_BYTES_MAX = 255;
/** Control characters, and the marks that change the direction of what follows and so can disguise a name. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f\u061c\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u;

/**
 * The name under which a file is kept: Unicode NFC, segments separated by "/".
 * @throws AppError INVALID_REQUEST that says what is wrong with which name
 */
export function normaliseFileName(name: string): string {
  const normal = name.normalize("NFC");
  const problem = problemOf(normal);
  if (problem !== undefined) {
    throw new AppError("INVALID_REQUEST", `filename ${JSON.stringify(name.slice(0, 120))} ${problem}`, {
      details: { field: "filename" },
    });
  }
  return normal;
}

function problemOf(name: string): string | undefined {
  if (name.trim() === "") return "is empty: give the file a name";
  if (!name.isWellFormed()) return "is no valid Unicode text";
  if (Buffer.byteLength(name) > NAME_BYTES_MAX) return `is longer than ${NAME_BYTES_MAX} bytes`;
  const forbidden = FORBIDDEN.exec(name)?.[0].codePointAt(0);
  if (forbidden !== undefined) {
    return `has the character U+${forbidden.toString(16).toUpperCase().padStart(4, "0")}, which is not allowed`;
  }
  if (name.startsWith("/")) return 'begins with "/": give a name relative to your own files';
  for (const segment of name.split("/")) {
    if (segment === "") return 'has an empty part between two "/" or at its end';
    if (segment === "." || segment === "..") return `has the part "${segment}", which is not allowed`;
    if (segment.trim() === "") return "has a part that is only spaces";
    if (Buffer.byteLength(segment) > SEGMENT_BYTES_MAX) return `has a part longer than ${SEGMENT_BYTES_MAX} bytes`;
  }
  return undefined;
}
