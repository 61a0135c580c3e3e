import type { ColumnTypes, Migration } from "./migration.ts";

/** How many folders and empty files each owner has, in the trash too: they cost no credits, so their number is bounded. */
export const freeEntries: Migration = {
  version: 7,
  name: "free-entries",
  statements: (types) => [
    countTable(types),
    // Those that are there are counted on every kind of database, and kept counted where triggers are written for it.
    `INSERT INTO free_entries (owner_id, folders, empty_files)
      SELECT owner_id, sum(folder), sum(empty_file) FROM (
        SELECT owner_id, 1 AS folder, 0 AS empty_file FROM folders
        UNION ALL SELECT owner_id, 0, 1 FROM files WHERE size_bytes = 0
      ) AS entries GROUP BY owner_id`,
    ...(types.dialect === "sqlite" ? countTriggers : []),
  ],
};

function countTable({ int64, clustered }: ColumnTypes): string {
  return `CREATE TABLE free_entries (
      owner_id TEXT PRIMARY KEY NOT NULL REFERENCES users (id),
      folders ${int64} NOT NULL DEFAULT 0,
      empty_files ${int64} NOT NULL DEFAULT 0
    ) ${clustered}`;
}

const more = (column: string) =>
  `INSERT INTO free_entries (owner_id, ${column}) VALUES (new.owner_id, 1)
    ON CONFLICT (owner_id) DO UPDATE SET ${column} = ${column} + 1;`;
const fewer = (column: string) => `UPDATE free_entries SET ${column} = ${column} - 1 WHERE owner_id = old.owner_id;`;
const trigger = (name: string, when: string, step: string) => `CREATE TRIGGER ${name} AFTER ${when} BEGIN ${step} END`;

/** The length of an upload may be known only at its end. */
const countTriggers: readonly string[] = [
  trigger("folders_counted", "INSERT ON folders", more("folders")),
  trigger("folders_uncounted", "DELETE ON folders", fewer("folders")),
  trigger("files_counted", "INSERT ON files WHEN new.size_bytes = 0", more("empty_files")),
  trigger("files_uncounted", "DELETE ON files WHEN old.size_bytes = 0", fewer("empty_files")),
  trigger(
    "files_emptied",
    "UPDATE OF size_bytes ON files WHEN new.size_bytes = 0 AND old.size_bytes <> 0",
    more("empty_files"),
  ),
  trigger(
    "files_filled",
    "UPDATE OF size_bytes ON files WHEN old.size_bytes = 0 AND new.size_bytes <> 0",
    fewer("empty_files"),
  ),
];
