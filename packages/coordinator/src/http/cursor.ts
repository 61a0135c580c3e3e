import { AppError } from "@commonhold/core/app-error.ts";

type CursorValue = string | number;
type ValueKind = "text" | "number";
type ValuesOf<Kinds extends readonly ValueKind[]> = {
  [Index in keyof Kinds]: Kinds[Index] extends "text" ? string : number;
};

const LENGTH_MAX = 4096;

/**
 * An opaque place in a list: the sort key of the last item shown, so that paging holds while items come and go.
 * @param list which list and order it belongs to; a cursor of another is refused
 */
export function encodeCursor(list: string, values: readonly CursorValue[]): string {
  return Buffer.from(JSON.stringify([list, ...values]), "utf8").toString("base64url");
}

/** @throws AppError INVALID_CURSOR when `cursor` was not made by `encodeCursor` for this list with these kinds */
export function decodeCursor<const Kinds extends readonly ValueKind[]>(
  cursor: string,
  list: string,
  kinds: Kinds,
): ValuesOf<Kinds> {
  const values = readArray(cursor);
  if (values === undefined || values[0] !== list || values.length !== kinds.length + 1) throw invalidCursor();
  const rest = values.slice(1);
  kinds.forEach((kind, index) => {
    const value = rest[index];
    if (kind === "text" ? typeof value !== "string" : !Number.isSafeInteger(value)) throw invalidCursor();
  });
  return rest as ValuesOf<Kinds>;
}

function readArray(cursor: string): readonly unknown[] | undefined {
  if (cursor.length > LENGTH_MAX || !/^[A-Za-z0-9_-]+$/.test(cursor)) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function invalidCursor(): AppError {
  return new AppError(
    "INVALID_CURSOR",
    "the cursor does not belong to this list: pass next_cursor as it came, with the same query, or begin without one",
  );
}
