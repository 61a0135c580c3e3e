import { formatByteSize } from "@commonhold/core/byte-size.ts";
import type { CliContext } from "../../cli-context.ts";
import { formatMoment } from "../../output/format-time.ts";
import { formatTable, type TableColumn } from "../../output/output.ts";
import type { HeldChunk } from "../../roles/node-admin.ts";
import { openChosenNode } from "./node-folder.ts";

const COLUMNS: readonly TableColumn<HeldChunk>[] = [
  { title: "CHUNK", value: (chunk) => chunk.name },
  { title: "SIZE", align: "right", value: (chunk) => formatByteSize(chunk.length) },
  { title: "STATE", value: (chunk) => chunk.state ?? "whole" },
  { title: "STORED", value: (chunk) => formatMoment(chunk.stored_at) },
  {
    title: "LAST READ",
    value: (chunk) => (chunk.last_read_at === null ? "never" : formatMoment(chunk.last_read_at)),
  },
];

export async function listChunks(
  context: CliContext,
  options: { readonly data?: string; readonly all?: boolean },
): Promise<void> {
  const { output, signal } = context;
  const admin = await openChosenNode(options.data);
  const items: HeldChunk[] = [];
  let cursor: string | undefined;
  let shown = 0;
  for (;;) {
    const page = await admin.chunks(cursor, signal);
    if (output.json) items.push(...page.items);
    else
      for (const line of formatTable(COLUMNS, page.items).slice(shown === 0 && page.items.length > 0 ? 0 : 1))
        output.line(line);
    shown += page.items.length;
    cursor = page.next_cursor ?? undefined;
    if (cursor === undefined || options.all !== true) break;
  }
  if (output.json) return output.document({ items, next_cursor: cursor ?? null });
  if (shown === 0) output.note("The node holds no chunk yet.");
  if (cursor !== undefined) output.note("There are more: --all lists them all.");
}
