import { type Kysely, sql } from "kysely";
import { ownerMark } from "./migrations/0004-folders.ts";
import type { Tables } from "./tables.ts";

/** In the full-text index of SQLite: names as trigrams, case and diacritics folded. */
export interface NameSearch {
  readonly ownerId: string;
  /** Not empty. Of three characters or more it may stand anywhere in a name, a shorter one at its beginning. */
  readonly text: string;
  /** Only what was found before this number, which an earlier answer gave. */
  readonly before: number | undefined;
  readonly limit: number;
}

export interface FoundName {
  readonly number: number;
  readonly kind: "file" | "folder";
  /** A file's id or a folder's. */
  readonly id: string;
}

/** A trigram needs as many. */
const ANYWHERE_MIN = 3;

/**
 * An owner's files and folders by what their names have in them, those that were named last first. What lies in a folder
 * that is being deleted may still be among them.
 */
export async function searchNames(read: Kysely<Tables>, search: NameSearch): Promise<readonly FoundName[]> {
  const text = search.text.normalize("NFC");
  const mark = sql`(select ${sql.raw(ownerMark("owner_id"))} from (select ${search.ownerId} as owner_id))`;
  const isLong = [...text.normalize("NFD").replace(/\p{M}/gu, "")].length >= ANYWHERE_MIN;
  const query = isLong
    ? sql`'"' || ${mark} || '" AND "' || ${quoted(text)} || '"'`
    : sql`'"' || ${mark} || ${quoted(text)} || '"'`;
  const { rows } = await sql<{ id: number; kind: "file" | "folder"; subject_id: string }>`
    select found_names.id, kind, subject_id
    from name_search inner join found_names on found_names.id = name_search.rowid
    where name_search match (${query}) and name_search.rowid < ${search.before ?? Number.MAX_SAFE_INTEGER}
      and owner_id = ${search.ownerId}
    order by name_search.rowid desc limit ${search.limit}`.execute(read);
  return rows.map((row) => ({ number: row.id, kind: row.kind, id: row.subject_id }));
}

function quoted(text: string): string {
  return text.replaceAll('"', '""');
}
