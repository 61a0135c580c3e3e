import type { CommonholdClient } from "@commonhold/client/commonhold-client.ts";
import type { FileObject, FileSort } from "@commonhold/client/files.ts";
import type { FolderObject } from "@commonhold/client/folders.ts";
import { formatByteSize } from "@commonhold/core/byte-size.ts";
import type { CliContext } from "../../cli-context.ts";
import { formatMoment } from "../../output/format-time.ts";
import { formatTable, type TableColumn } from "../../output/output.ts";
import { usageError } from "../../usage.ts";
import { findEntry } from "./find-entry.ts";

const SORTS: readonly string[] = ["name", "-name", "created_at", "-created_at", "size_bytes", "-size_bytes"];
/** Columns are as wide as the widest of this many rows, so that a list of any length is shown as it comes. */
const ROWS_AT_ONCE = 500;

type Row = { readonly file: FileObject } | { readonly folder: FolderObject };

/** A column that a folder has nothing for. */
const ofFile = (title: string, value: (file: FileObject) => string): TableColumn<Row> => ({
  title,
  align: "right",
  value: (row) => ("file" in row ? value(row.file) : ""),
});
const SIZE = ofFile("SIZE", (file) => formatByteSize(file.size_bytes));
const STORED: TableColumn<Row> = { title: "STORED", value: (row) => formatMoment(entryOf(row).created_at) };
const NAME: TableColumn<Row> = {
  title: "NAME",
  value: (row) => ("file" in row ? row.file.filename : `${row.folder.name}/`),
};
const GONE: TableColumn<Row> = {
  title: "GONE AFTER",
  value: (row) => {
    const { gone_at } = entryOf(row);
    return gone_at === undefined ? "" : formatMoment(gone_at);
  },
};
const LONG: readonly TableColumn<Row>[] = [
  { title: "ID", value: (row) => ("file" in row ? row.file.file_id : row.folder.id) },
  SIZE,
  ofFile("CHUNKS", (file) => String(file.chunk_count)),
  ofFile("COPIES", copiesOf),
  STORED,
  NAME,
];

export interface LsOptions {
  readonly long?: boolean;
  readonly deleted?: boolean;
  readonly sort: string;
}

export async function ls(context: CliContext, path: string | undefined, options: LsOptions): Promise<void> {
  const { output, signal } = context;
  if (!SORTS.includes(options.sort)) throw usageError(`--sort takes ${SORTS.join(", ")}, not "${options.sort}"`);
  const isDeleted = options.deleted === true;
  if (isDeleted && path !== undefined) throw usageError("what was removed is in no folder: leave the path out");
  const client = await context.openClient();
  const columns = columnsOf({ isLong: options.long === true, isDeleted });
  const list = isDeleted
    ? rowsIn(client, { deleted: true }, { sort: options.sort as FileSort, signal })
    : rowsAt(client, path ?? "/", { sort: options.sort as FileSort, signal });
  let shown = 0;
  let rows: Row[] = [];
  const flush = () => {
    const lines = formatTable(columns, rows);
    for (const line of shown === 0 && !output.quiet ? lines : lines.slice(1)) output.line(line);
    shown += rows.length;
    rows = [];
  };
  for await (const row of list) {
    rows.push(row);
    if (!output.json && rows.length === ROWS_AT_ONCE) flush();
  }
  if (output.json) return output.document(documentOf(rows));
  if (rows.length > 0) flush();
  if (shown === 0) output.note(nothingFound(path, isDeleted));
}

type Way = { readonly sort: FileSort; readonly signal: AbortSignal };

async function* rowsAt(client: CommonholdClient, path: string, way: Way): AsyncGenerator<Row, void, void> {
  const entry = await findEntry(client, path, way.signal);
  if (entry.kind === "file") yield { file: entry.file };
  else yield* rowsIn(client, { folder: entry.id ?? "root" }, way);
}

/** Folders first. */
async function* rowsIn(
  client: CommonholdClient,
  place: { readonly folder: string } | { readonly deleted: true },
  { sort, signal }: Way,
): AsyncGenerator<Row, void, void> {
  const parent = "folder" in place ? { parent: place.folder } : place;
  for await (const folder of client.folders.list({ ...parent, signal })) yield { folder };
  for await (const file of client.files.list({ ...place, sort, signal })) yield { file };
}

function documentOf(rows: readonly Row[]): object {
  return {
    folders: rows.flatMap((row) => ("folder" in row ? [row.folder] : [])),
    items: rows.flatMap((row) => ("file" in row ? [row.file] : [])),
  };
}

function entryOf(row: Row): FileObject | FolderObject {
  return "file" in row ? row.file : row.folder;
}

function columnsOf(kind: { readonly isLong: boolean; readonly isDeleted: boolean }) {
  const columns = kind.isLong ? LONG : [SIZE, STORED, NAME];
  return kind.isDeleted ? [...columns.slice(0, -1), GONE, NAME] : columns;
}

function nothingFound(path: string | undefined, isDeleted: boolean): string {
  if (isDeleted) return "Nothing was removed that could be restored";
  return path === undefined ? 'No files yet: store one with "commonhold put FILE"' : `Nothing lies in "${path}"`;
}

/** "3" where every promised copy is there, "2 of 3" where not. */
function copiesOf({ replicas, copies }: FileObject): string {
  if (replicas === undefined) return String(copies);
  return replicas.min >= replicas.promised ? String(replicas.min) : `${replicas.min} of ${replicas.promised}`;
}
