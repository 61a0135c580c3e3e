import { formatByteSize } from "@commonhold/core/byte-size.ts";
import type { CliContext } from "../../cli-context.ts";
import { formatDuration, formatMoment } from "../../output/format-time.ts";
import { formatFacts } from "../../output/output.ts";
import type { NodeStatus } from "../../roles/node-admin.ts";
import { drainProgressOf } from "./drain-progress.ts";
import { openChosenNode } from "./node-folder.ts";

export async function nodeStatus(context: CliContext, options: { readonly data?: string }): Promise<void> {
  const admin = await openChosenNode(options.data);
  const status = await admin.status(context.signal);
  if (context.output.json) return context.output.document(status);
  for (const line of formatFacts(factsOf(status))) context.output.line(line);
}

function factsOf(node: NodeStatus): (readonly [string, string])[] {
  const { credits } = node;
  return [
    ["Node", `${node.name}, ${node.node_id}`],
    ["Running", `for ${formatDuration(node.uptime_s * 1000)}, version ${node.version}`],
    ["Status", stateOf(node)],
    ["Coordinator", coordinatorOf(node)],
    ["Room", roomOf(node)],
    ...tooMuchOf(node),
    ["Chunks", chunksOf(node)],
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
  return `${state}: takes no new chunks; ${drainProgressOf(node)}`;
}

function roomOf({ storage }: NodeStatus): string {
  const { used_bytes: used, capacity_bytes: capacity, free_bytes: free, free_bytes_own: freeOwn = free } = storage;
  const own = storage.own_bytes ?? 0;
  const ofOwn = own === 0 ? "" : ` (${formatByteSize(own)} of it the operator's own)`;
  const left =
    freeOwn === free
      ? `${formatByteSize(free)} free`
      : `${formatByteSize(free)} free for others, ${formatByteSize(freeOwn)} for its operator`;
  return `${formatByteSize(used)} of ${formatByteSize(capacity)} used${ofOwn}, ${left}`;
}

/** Only where it holds more than it may. */
function tooMuchOf({ storage, eviction }: NodeStatus): (readonly [string, string])[] {
  if ((storage.wanted_free_bytes ?? 0) === 0 || eviction === undefined) return [];
  return [["Too much", eviction.summary]];
}

function chunksOf({ storage }: NodeStatus): string {
  const { chunk_count: chunks, damaged_count: damaged = 0, unreported_losses: unreported = 0 } = storage;
  const parts = [String(chunks)];
  if (damaged > 0) parts.push(`${damaged} damaged and not served`);
  if (unreported > 0) parts.push(`${unreported} lost ones not reported yet`);
  return parts.join(", ");
}

function coordinatorOf({ coordinator }: NodeStatus): string {
  const { url, last_heartbeat_at: at, last_error: error } = coordinator;
  const heard = at === null ? "no heartbeat yet" : `last heartbeat ${formatMoment(at)}`;
  return error === null ? `${url}, ${heard}` : `${url}, ${heard}; trouble: ${error.message} (${error.code})`;
}

function scrubOf({ scrub }: NodeStatus): string {
  const parts = [progressOf(scrub)];
  if (scrub.checked > 0) {
    const spoiled = scrub.corrupt_count + scrub.unreadable_count + (scrub.missing_count ?? 0);
    parts.push(`${scrub.checked} chunks read`, spoiled === 0 ? "all good" : `${spoiled} spoiled or missing`);
  }
  if (typeof scrub.last_full_at === "string") parts.push(`all of it last ${formatMoment(scrub.last_full_at)}`);
  if (typeof scrub.next_at === "string") parts.push(`next ${formatMoment(scrub.next_at)}`);
  return parts.join(", ");
}

function progressOf({ state, progress }: NodeStatus["scrub"]): string {
  if (state === "finished" || state === "idle" || progress === undefined) return state;
  return `${state} at ${Math.floor(progress * 100)} %`;
}
