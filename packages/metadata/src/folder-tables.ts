import type { Generated, GeneratedAlways } from "kysely";

/** Folders and the search for names; conventions as of `Tables`. */
export interface FolderTables {
  folders: FoldersTable;
  found_names: FoundNamesTable;
  name_search: NameSearchTable;
  free_entries: FreeEntriesTable;
}

/**
 * live · deleting: out of sight, and what lies in it is still to be marked as deleted · deleted: with all in it ·
 * restoring: it is there again, and what went with it is on its way back. Folders that went with another are deleting,
 * deleted or live.
 */
export type FolderState = "live" | "deleting" | "deleted" | "restoring";

interface FoldersTable {
  id: string;
  owner_id: string;
  /** Null: in the root. It may be gone while this one is deleted. */
  parent_id: string | null;
  /** One segment of a path. */
  name: string;
  state: FolderState;
  created_at_ms: number;
  /** Of a deleted one: when; null of those that are there. */
  deleted_at_ms: number | null;
  /** The folder with which it was deleted; null where it was deleted by itself. */
  deleted_with: string | null;
}

/** Names that can be found, kept by triggers. */
interface FoundNamesTable {
  /** Its row in `name_search`; later names have higher ones. */
  id: GeneratedAlways<number>;
  /** A file's id or a folder's. */
  subject_id: GeneratedAlways<string>;
  owner_id: GeneratedAlways<string>;
  kind: GeneratedAlways<"file" | "folder">;
}

/** Full-text index of SQLite; cannot be read but by `match`. */
interface NameSearchTable {
  rowid: GeneratedAlways<number>;
  name: GeneratedAlways<string>;
}

/** What an owner has that costs no credits, the trash counted; kept by triggers. */
interface FreeEntriesTable {
  owner_id: string;
  folders: Generated<number>;
  /** Files and versions of zero bytes. */
  empty_files: Generated<number>;
}
