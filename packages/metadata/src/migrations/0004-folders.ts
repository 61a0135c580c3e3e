import type { ColumnTypes, Migration } from "./migration.ts";

/**
 * Folders, versions of files, and the search for names. Until now a file's name was a path, and several files might
 * have the same: such paths become folders, and such files versions of one.
 */
export const folders: Migration = {
  version: 4,
  name: "folders",
  statements: (types) => [
    ...folderTables(types),
    ...extendFiles(types),
    // A database of another kind has no rows from before.
    ...(types.dialect === "sqlite" ? [...foldersOfPaths, ...versionsOfNames] : []),
    ...fileIndexes,
    ...(types.dialect === "sqlite" ? [...nameSearch(types), ...namesOfRows, ...nameTriggers] : []),
  ],
};

function folderTables({ int64 }: ColumnTypes): readonly string[] {
  return [
    `CREATE TABLE folders (
      id TEXT PRIMARY KEY NOT NULL,
      owner_id TEXT NOT NULL REFERENCES users (id),
      parent_id TEXT,
      name TEXT NOT NULL,
      state TEXT NOT NULL,
      created_at_ms ${int64} NOT NULL,
      deleted_at_ms ${int64},
      deleted_with TEXT
    )`,
    `CREATE UNIQUE INDEX folders_by_place ON folders (owner_id, (coalesce(parent_id, '')), name)
      WHERE deleted_at_ms IS NULL`,
    `CREATE INDEX folders_in_trash ON folders (owner_id, name, id)
      WHERE deleted_at_ms IS NOT NULL AND deleted_with IS NULL`,
    "CREATE INDEX folders_by_deletion ON folders (state, deleted_at_ms, id) WHERE deleted_at_ms IS NOT NULL",
    "CREATE INDEX folders_deleted_with ON folders (deleted_with, id) WHERE deleted_with IS NOT NULL",
    "CREATE INDEX folders_by_state ON folders (state, owner_id, id)",
  ];
}

function extendFiles({ int64 }: ColumnTypes): readonly string[] {
  return [
    "ALTER TABLE files ADD COLUMN folder_id TEXT",
    "ALTER TABLE files ADD COLUMN entry_id TEXT NOT NULL DEFAULT ''",
    `ALTER TABLE files ADD COLUMN version ${int64} NOT NULL DEFAULT 1`,
    `ALTER TABLE files ADD COLUMN is_current ${int64} NOT NULL DEFAULT 0`,
    "ALTER TABLE files ADD COLUMN deleted_with TEXT",
    "ALTER TABLE files ADD COLUMN version_of TEXT",
    "UPDATE files SET entry_id = id, is_current = CASE WHEN state = 'uploading' THEN 0 ELSE 1 END",
  ];
}

const RANDOM_UUID = `lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2)
  || '-a' || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))`;

/** An upload that is under way keeps its path, of which the folders are made when it is complete. */
const foldersOfPaths: readonly string[] = [
  "CREATE TABLE paths_4 (owner_id TEXT, path TEXT, id TEXT, created_at_ms INTEGER, PRIMARY KEY (owner_id, path))",
  `WITH RECURSIVE parts (owner_id, path, name, rest, created_at_ms) AS (
      SELECT owner_id, '', '', name, created_at_ms FROM files WHERE state = 'complete'
      UNION
      SELECT owner_id, path || '/' || substr(rest, 1, instr(rest, '/') - 1), substr(rest, 1, instr(rest, '/') - 1),
        substr(rest, instr(rest, '/') + 1), created_at_ms FROM parts WHERE instr(rest, '/') > 0
    )
    INSERT INTO paths_4 SELECT owner_id, path, ${RANDOM_UUID}, min(created_at_ms) FROM parts
    WHERE path <> '' GROUP BY owner_id, path`,
  // What is before the last "/": of a text, rtrim takes away all characters that are not "/".
  `INSERT INTO folders (id, owner_id, parent_id, name, state, created_at_ms)
    SELECT p.id, p.owner_id, parent.id, substr(p.path, length(rtrim(p.path, replace(p.path, '/', ''))) + 1), 'live',
      p.created_at_ms
    FROM paths_4 AS p LEFT JOIN paths_4 AS parent ON parent.owner_id = p.owner_id
      AND parent.path = rtrim(rtrim(p.path, replace(p.path, '/', '')), '/')`,
  // A file of the same name as a folder beside it gives way.
  `UPDATE files SET name = name || ' (' || id || ')' WHERE state = 'complete'
    AND EXISTS (SELECT 1 FROM paths_4 AS p WHERE p.owner_id = files.owner_id AND p.path = '/' || files.name)`,
  `UPDATE files SET
      folder_id = (SELECT p.id FROM paths_4 AS p WHERE p.owner_id = files.owner_id
        AND p.path = '/' || rtrim(rtrim(name, replace(name, '/', '')), '/')),
      name = substr(name, length(rtrim(name, replace(name, '/', ''))) + 1)
    WHERE state <> 'uploading' AND instr(name, '/') > 0`,
  "DROP TABLE paths_4",
];

const versionsOfNames: readonly string[] = [
  `WITH ranked AS (
      SELECT id, first_value(id) OVER ordered AS entry_id, row_number() OVER ordered AS version,
        count(*) OVER (PARTITION BY owner_id, coalesce(folder_id, ''), name) AS versions
      FROM files WHERE state = 'complete'
      WINDOW ordered AS (PARTITION BY owner_id, coalesce(folder_id, ''), name ORDER BY completed_at_ms, id)
    )
    UPDATE files SET entry_id = ranked.entry_id, version = ranked.version, is_current = ranked.version = ranked.versions
    FROM ranked WHERE ranked.id = files.id AND ranked.versions > 1`,
];

/** Lists show of the versions of a file the current one, and of what was deleted, what was deleted by itself. */
const LISTED = "WHERE is_current = 1 AND deleted_with IS NULL";
const PLACE = "(coalesce(folder_id, ''))";

const fileIndexes: readonly string[] = [
  ...["name", "time", "size"].map((order) => `DROP INDEX files_by_owner_${order}`),
  `CREATE INDEX files_by_owner_name ON files (owner_id, state, name, id) ${LISTED}`,
  `CREATE INDEX files_by_owner_time ON files (owner_id, state, completed_at_ms, id) ${LISTED}`,
  `CREATE INDEX files_by_owner_size ON files (owner_id, state, size_bytes, id) ${LISTED}`,
  `CREATE UNIQUE INDEX files_by_place ON files (owner_id, ${PLACE}, name) WHERE is_current = 1 AND state = 'complete'`,
  `CREATE INDEX files_by_place_time ON files (owner_id, ${PLACE}, completed_at_ms, id)
    WHERE is_current = 1 AND state = 'complete'`,
  `CREATE INDEX files_by_place_size ON files (owner_id, ${PLACE}, size_bytes, id)
    WHERE is_current = 1 AND state = 'complete'`,
  "CREATE INDEX files_by_entry ON files (entry_id, version)",
  "CREATE INDEX files_deleted_with ON files (deleted_with, id) WHERE deleted_with IS NOT NULL",
];

/** Gives each name that can be found a number, by which the full-text index knows it. */
function nameSearch({ autoId }: ColumnTypes): readonly string[] {
  return [
    `CREATE TABLE found_names (
      id ${autoId},
      subject_id TEXT NOT NULL UNIQUE,
      owner_id TEXT NOT NULL,
      kind TEXT NOT NULL
    )`,
    `CREATE VIRTUAL TABLE name_search USING fts5(
      name, content = '', contentless_delete = 1, tokenize = 'trigram remove_diacritics 1'
    )`,
  ];
}

/**
 * Stands before each name in the index and is one trigram of it, so that a search looks at its owner's names alone; 36
 * bits that are the end of the owner's id, so that seldom two owners have the same.
 */
export function ownerMark(ownerId: string): string {
  const digit = (place: number) => `instr('123456789abcdef', substr(${ownerId}, ${place}, 1))`;
  const letter = (place: number) => `57344 + 256 * ${digit(place)} + 16 * ${digit(place + 1)} + ${digit(place + 2)}`;
  return `char(${letter(-9)}, ${letter(-6)}, ${letter(-3)})`;
}

const SUBJECTS = [
  { kind: "file", table: "files", isFound: (row: string) => `${row}state = 'complete' AND ${row}is_current = 1` },
  { kind: "folder", table: "folders", isFound: (row: string) => `${row}deleted_at_ms IS NULL` },
] as const;

const namesOfRows: readonly string[] = SUBJECTS.flatMap(({ kind, table, isFound }) => [
  `INSERT INTO found_names (subject_id, owner_id, kind)
    SELECT id, owner_id, '${kind}' FROM ${table} WHERE ${isFound("")} ORDER BY created_at_ms, id`,
  `INSERT INTO name_search (rowid, name) SELECT found_names.id, ${ownerMark(`${table}.owner_id`)} || name
    FROM found_names INNER JOIN ${table} ON ${table}.id = found_names.subject_id`,
]);

const nameTriggers: readonly string[] = SUBJECTS.flatMap(({ kind, table, isFound }) => {
  const numberOf = (row: string) => `(SELECT id FROM found_names WHERE subject_id = ${row}.id)`;
  const add = `
    INSERT INTO found_names (subject_id, owner_id, kind) VALUES (new.id, new.owner_id, '${kind}');
    INSERT INTO name_search (rowid, name) VALUES (${numberOf("new")}, ${ownerMark("new.owner_id")} || new.name);`;
  const remove = `
    DELETE FROM name_search WHERE rowid = ${numberOf("old")};
    DELETE FROM found_names WHERE subject_id = old.id;`;
  const rename = `
    UPDATE name_search SET name = ${ownerMark("new.owner_id")} || new.name WHERE rowid = ${numberOf("new")};`;
  const was = isFound("old.");
  const is = isFound("new.");
  const trigger = (name: string, when: string, steps: string) =>
    `CREATE TRIGGER ${table}_${name} AFTER ${when} BEGIN ${steps} END`;
  const columns = kind === "file" ? "state, is_current" : "deleted_at_ms";
  return [
    trigger("named", `INSERT ON ${table} WHEN ${is}`, add),
    trigger("found", `UPDATE OF ${columns} ON ${table} WHEN ${is} AND NOT (${was})`, add),
    trigger("hidden", `UPDATE OF ${columns} ON ${table} WHEN ${was} AND NOT (${is})`, remove),
    trigger("renamed", `UPDATE OF name ON ${table} WHEN ${was} AND ${is} AND new.name <> old.name`, rename),
  ];
});
