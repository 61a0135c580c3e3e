import type { FileObject, FileSort } from "@commonhold/client/files.ts";
import { formatByteSize } from "@commonhold/core/byte-size.ts";
import type { CliContext } from "../../cli-context.ts";
import { formatMoment } from "../../output/format-time.ts";
import { formatTable, type TableColumn } from "../../output/output.ts";
import { usageError } from "../../usage.ts";

const SORTS: readonly string[] = ["name", "-name", "created_at", "-created_at", "size_bytes", "-size_bytes"];
/** Columns are as wide as the widest of this many rows, so that a list of any length is shown as it comes. */
const ROWS_AT_ONCE = 500;

const SIZE: TableColumn<FileObject> = {
  title: "SIZE",
  align: "right",
  value: (file) => formatByteSize(file.size_bytes),
};
const STORED: TableColumn<FileObject> = { title: "STORED", value: (file) => formatMoment(file.created_at) };
const NAME: TableColumn<FileObject> = { title: "NAME", value: (file) => file.filename };
const GONE: TableColumn<FileObject> = {
  title: "GONE AFTER",
  value: (file) => (file.gone_at === undefined ? "" : formatMoment(file.gone_at)),
};
const LONG: readonly TableColumn<FileObject>[] = [
  { title: "ID", value: (file) => file.file_id },
  SIZE,
  { title: "CHUNKS", align: "right", value: (file) => String(file.chunk_count) },
  { title: "COPIES", align: "right", value: copiesOf },
  STORED,
  NAME,
];

export async function ls(
  context: CliContext,
  part: string | undefined,
  options: { readonly long?: boolean; readonly deleted?: boolean; readonly sort: string },
): Promise<void> {
  const { output, signal } = context;
  if (!SORTS.includes(options.sort)) throw usageError(`--sort takes ${SORTS.join(", ")}, not "${options.sort}"`);
  const client = await context.openClient();
  const isDeleted = options.deleted === true;
  const columns = columnsOf({ isLong: options.long === true, isDeleted });
  const list = client.files.list({
    sort: options.sort as FileSort,
    deleted: isDeleted,
    signal,
    ...(part === undefined ? {} : { nameContains: part }),
  });
  let shown = 0;
  let rows: FileObject[] = [];
  const flush = () => {
    const lines = formatTable(columns, rows);
    for (const line of shown === 0 && !output.quiet ? lines : lines.slice(1)) output.line(line);
    shown += rows.length;
    rows = [];
  };
  for await (const file of list) {
    rows.push(file);
    if (!output.json && rows.length === ROWS_AT_ONCE) flush();
  }
  if (output.json) return output.document({ items: rows });
  if (rows.length > 0) flush();
  if (shown === 0) output.note(nothingFound(part, isDeleted));
}

function columnsOf(kind: { readonly isLong: boolean; readonly isDeleted: boolean }) {
  const columns = kind.isLong ? LONG : [SIZE, STORED, NAME];
  return kind.isDeleted ? [...columns.slice(0, -1), GONE, NAME] : columns;
}

function nothingFound(part: string | undefined, isDeleted: boolean): string {
  if (part !== undefined) return `No name contains "${part}"`;
  return isDeleted
    ? "Nothing was removed that could be restored"
    : 'No files yet: store one with "commonhold put FILE"';
}

/** "3" where every promised copy is there, "2 of 3" where not. */
function copiesOf({ replicas, copies }: FileObject): string {
  if (replicas === undefined) return String(copies);
  return replicas.min >= replicas.promised ? String(replicas.min) : `${replicas.min} of ${replicas.promised}`;
}
