import type { FileObject } from "@commonhold/client/files.ts";
import { formatByteSize } from "@commonhold/core/byte-size.ts";
import type { CliContext } from "../../cli-context.ts";
import { formatMoment } from "../../output/format-time.ts";
import { formatTable, type TableColumn } from "../../output/output.ts";
import { findOneFile } from "./find-one-file.ts";

const COLUMNS: readonly TableColumn<FileObject>[] = [
  { title: "VERSION", align: "right", value: (file) => String(file.version ?? "") },
  { title: "SIZE", align: "right", value: (file) => formatByteSize(file.size_bytes) },
  { title: "STORED", value: (file) => formatMoment(file.completed_at ?? file.created_at) },
  { title: "ID", value: (file) => file.file_id },
];

/** The newest first. */
export async function versions(context: CliContext, path: string): Promise<void> {
  const { output, signal } = context;
  const client = await context.openClient();
  const { file_id } = await findOneFile(client, path, signal);
  const items = await client.files.versions(file_id, signal);
  if (output.json) return output.document({ items });
  const lines = formatTable(COLUMNS, items);
  for (const line of output.quiet ? lines.slice(1) : lines) output.line(line);
}
