import type { NodeObject } from "@commonhold/client/nodes.ts";
import { formatByteSize } from "@commonhold/core/byte-size.ts";
import type { CliContext } from "../../cli-context.ts";
import { formatDuration, formatMoment } from "../../output/format-time.ts";
import { formatTable, type TableColumn } from "../../output/output.ts";

const COLUMNS: readonly TableColumn<NodeObject>[] = [
  { title: "NAME", value: (node) => node.name },
  { title: "STATUS", value: (node) => node.status },
  { title: "STANDING", value: (node) => node.reputation?.standing ?? "" },
  { title: "USED", align: "right", value: (node) => formatByteSize(node.used_bytes) },
  { title: "CAPACITY", align: "right", value: (node) => formatByteSize(node.capacity_bytes) },
  { title: "CHUNKS", align: "right", value: (node) => String(node.chunk_count) },
  { title: "LAST HEARD", value: lastHeardOf },
  { title: "LABELS", value: (node) => labelsOf(node) },
];

export async function nodes(context: CliContext): Promise<void> {
  const client = await context.openClient();
  const all: NodeObject[] = [];
  for await (const node of client.nodes.list(context.signal)) all.push(node);
  if (context.output.json) return context.output.document({ items: all });
  if (all.length === 0) {
    return context.output.note('No node has joined yet: "commonhold token create" makes a token to join with.');
  }
  for (const line of formatTable(COLUMNS, all)) context.output.line(line);
}

/** With how long that is ago where it should have been heard since. */
function lastHeardOf({ status, last_heartbeat_at: at }: NodeObject): string {
  if (at === null) return "never";
  if (status !== "suspect" && status !== "offline") return formatMoment(at);
  return `${formatMoment(at)}, ${formatDuration(Date.now() - Date.parse(at))} ago`;
}

function labelsOf({ labels }: NodeObject): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(" ");
}
