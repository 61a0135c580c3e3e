import { AppError } from "@commonhold/core/app-error.ts";
import { FOLDER_DEPTH_MAX } from "@commonhold/core/folder-depth.ts";

const NAME_BYTES_MAX = 1024;
const SEGMENT_BYTES_MAX = 255;
/** Control characters, and the marks that change the direction of what follows and so can disguise a name. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f\u061c\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u;

/**
 * The path by which a file is kept: Unicode NFC, folders separated by "/".
 * @throws AppError INVALID_REQUEST that says what is wrong with which name
 */
export function normaliseFileName(name: string): string {
  return normalise(name, { field: "filename", problem: problemOf });
}

/**
 * As `normaliseFileName`, for the path of a folder.
 * @throws AppError INVALID_REQUEST
 */
export function normaliseFolderPath(path: string): string {
  return normalise(path, { field: "path", problem: problemOf });
}

/**
 * As `normaliseFileName`, for one name without folders.
 * @throws AppError INVALID_REQUEST
 */
export function normaliseName(name: string): string {
  const problem = (text: string): string | undefined =>
    text.includes("/") ? 'has a "/": to move it, give its folder' : problemOf(text);
  return normalise(name, { field: "name", problem });
}

function normalise(
  name: string,
  rule: { readonly field: string; readonly problem: (name: string) => string | undefined },
): string {
  const normal = name.normalize("NFC");
  const problem = rule.problem(normal);
  if (problem !== undefined) {
    throw new AppError("INVALID_REQUEST", `${rule.field} ${JSON.stringify(name.slice(0, 120))} ${problem}`, {
      details: { field: rule.field },
    });
  }
  return normal;
}

function problemOf(name: string): string | undefined {
  if (name.trim() === "") return "is empty";
  if (!name.isWellFormed()) return "is no valid Unicode text";
  if (Buffer.byteLength(name) > NAME_BYTES_MAX) return `is longer than ${NAME_BYTES_MAX} bytes`;
  const forbidden = FORBIDDEN.exec(name)?.[0].codePointAt(0);
  if (forbidden !== undefined) {
    return `has the character U+${forbidden.toString(16).toUpperCase().padStart(4, "0")}, which is not allowed`;
  }
  if (name.startsWith("/")) return 'begins with "/": give a name relative to your own files';
  const segments = name.split("/");
  if (segments.length - 1 > FOLDER_DEPTH_MAX) return `has more than ${FOLDER_DEPTH_MAX} folders`;
  for (const segment of segments) {
    if (segment === "") return 'has an empty part between two "/" or at its end';
    if (segment === "." || segment === "..") return `has the part "${segment}", which is not allowed`;
    if (segment.trim() === "") return "has a part that is only spaces";
    if (Buffer.byteLength(segment) > SEGMENT_BYTES_MAX) return `has a part longer than ${SEGMENT_BYTES_MAX} bytes`;
  }
  return undefined;
}
