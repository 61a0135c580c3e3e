import { formatByteSize } from "@commonhold/core/byte-size.ts";
import type { CliContext } from "../../cli-context.ts";
import { formatDuration, formatMoment } from "../../output/format-time.ts";
import { formatFacts } from "../../output/output.ts";
import type { NodeStatus } from "../../roles/node-admin.ts";
import { openChosenNode } from "./node-folder.ts";

export async function nodeStatus(context: CliContext, options: { readonly data?: string }): Promise<void> {
  const admin = await openChosenNode(options.data);
  const status = await admin.status(context.signal);
  if (context.output.json) return context.output.document(status);
  for (const line of formatFacts(factsOf(status))) context.output.line(line);
}

function factsOf(node: NodeStatus): (readonly [string, string])[] {
  const { storage, credits } = node;
  return [
    ["Node", `${node.name}, ${node.node_id}`],
    ["Running", `for ${formatDuration(node.uptime_s * 1000)}, version ${node.version}`],
    ["Status", stateOf(node)],
    ["Coordinator", coordinatorOf(node)],
    ["Room", `${formatByteSize(storage.used_bytes)} of ${formatByteSize(storage.capacity_bytes)} used`],
    ["Chunks", String(storage.chunk_count)],
    [
      "Credits",
      credits === null ? "not known yet" : `${credits.earned} earned, ${credits.pending} pending, ${credits.paid} paid`,
    ],
    ["Scrub", scrubOf(node)],
  ];
}

function stateOf(node: NodeStatus): string {
  const state = node.status ?? "not yet known to the coordinator";
  if (!node.draining) return state;
  return node.safe_to_stop ? `${state}: safe to stop` : `${state}: takes no new chunks, serves those it holds`;
}

function coordinatorOf({ coordinator }: NodeStatus): string {
  const { url, last_heartbeat_at: at, last_error: error } = coordinator;
  const heard = at === null ? "no heartbeat yet" : `last heartbeat ${formatMoment(at)}`;
  return error === null ? `${url}, ${heard}` : `${url}, ${heard}; trouble: ${error.message} (${error.code})`;
}

function scrubOf({ scrub }: NodeStatus): string {
  if (scrub.checked === 0) return scrub.state;
  const spoiled = scrub.corrupt_count + scrub.unreadable_count;
  return `${scrub.state}, ${scrub.checked} chunks read, ${spoiled === 0 ? "all good" : `${spoiled} spoiled`}`;
}
