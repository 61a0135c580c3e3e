import type { RepairStatus } from "@commonhold/client/repair.ts";
import { formatByteSize } from "@commonhold/core/byte-size.ts";
import type { CliContext } from "../../cli-context.ts";
import { countOf } from "../../output/count-of.ts";
import { formatMoment } from "../../output/format-time.ts";
import { formatFacts } from "../../output/output.ts";
import { copyLines } from "./copy-lines.ts";
import { describeRepair } from "./describe-repair.ts";
import { nodeNames } from "../node-names.ts";

const UNREPAIRABLE_SHOWN_MAX = 10;

const REASONS: Readonly<Record<string, string>> = {
  no_readable_copy: "waiting for a node that has a copy",
  no_node_with_room: "waiting for another node with room for it",
  pinned_node_takes_nothing: "waiting for the node that it is pinned to",
};

export async function repairStatus(context: CliContext): Promise<void> {
  const { output, signal } = context;
  const client = await context.openClient();
  const repair = await client.repair.status(signal);
  if (output.json) return output.document(repair);
  for (const line of formatFacts(factsOf(repair))) output.line(line);
  // To others than admins the lists are empty.
  if (repair.in_flight.length > 0) {
    const nameOf = await nodeNames(client.nodes, signal);
    output.line("");
    output.line("Being copied now:");
    for (const line of copyLines(repair.in_flight, { count: repair.in_flight_count, nameOf })) output.line(line);
  }
  if (repair.unrepairable.items.length > 0) {
    output.line("");
    output.line("Cannot be repaired now:");
    for (const line of unrepairableLines(repair.unrepairable)) output.line(line);
  }
}

function factsOf(repair: RepairStatus): (readonly [string, string])[] {
  const { below_promise: below, queue, repaired } = repair;
  const swept =
    repair.swept_at === null ? "not looked through yet" : `last looked through ${formatMoment(repair.swept_at)}`;
  return [
    ["Repair", describeRepair(repair, "see below")],
    ["Chunks", `${repair.chunks}, ${swept}`],
    ["Lacking copies", belowOf(below)],
    ["On the move", repair.relocating === 0 ? "none" : countOf(repair.relocating, "chunk")],
    ["Queue", queueOf(queue)],
    ["Being copied", repair.in_flight_count === 0 ? "nothing" : countOf(repair.in_flight_count, "copy", "copies")],
    ["Not repairable", unrepairableOf(repair.unrepairable)],
    ["Made so far", madeOf(repaired)],
  ];
}

function belowOf({ chunks, by_missing, oldest_since }: RepairStatus["below_promise"]): string {
  if (chunks === 0) return "none";
  const parts = by_missing
    .map(({ missing, chunks: count }) => `${count} ${count === 1 ? "lacks" : "lack"} ${missing}`)
    .join(", ");
  const since = oldest_since === null ? "" : `; the first since ${formatMoment(oldest_since)}`;
  return `${countOf(chunks, "chunk")} (${parts})${since}`;
}

function queueOf({ chunks, by_urgency, waiting }: RepairStatus["queue"]): string {
  if (chunks === 0) return "empty";
  const parts = Object.entries(by_urgency).filter(([, count]) => count > 0);
  const later = waiting === 0 ? "" : `; ${waiting} for another try, later`;
  return `${countOf(chunks, "chunk")} (${parts.map(([urgency, count]) => `${count} ${urgency}`).join(", ")})${later}`;
}

function unrepairableOf({ chunks, by_reason }: RepairStatus["unrepairable"]): string {
  if (chunks === 0) return "none";
  const parts = Object.entries(by_reason).filter(([, count]) => count > 0);
  return parts.map(([reason, count]) => `${countOf(count, "chunk")} ${REASONS[reason] ?? reason}`).join(", ");
}

function madeOf({ copies, bytes }: RepairStatus["repaired"]): string {
  const made = copies === 0 ? "none" : `${countOf(copies, "copy", "copies")}, ${formatByteSize(bytes)}`;
  return `${made}, since the coordinator's start`;
}

function unrepairableLines({ chunks, items }: RepairStatus["unrepairable"]): readonly string[] {
  const shown = items.slice(0, UNREPAIRABLE_SHOWN_MAX);
  const lines = shown.map(({ chunk, reason, since }) => {
    return `  ${chunk.slice(0, 12)}…  since ${formatMoment(since)}, ${REASONS[reason] ?? reason}`;
  });
  return chunks > shown.length ? [...lines, `  … and ${chunks - shown.length} more`] : lines;
}
