import type { RepairStatus } from "@commonhold/client/repair.ts";
import type { NetworkStatus } from "@commonhold/client/status.ts";
import { hasCode } from "@commonhold/core/app-error.ts";
import { formatByteSize } from "@commonhold/core/byte-size.ts";
import type { CliContext } from "../../cli-context.ts";
import { countOf } from "../../output/count-of.ts";
import { formatFacts } from "../../output/output.ts";
import { describeRepair } from "../operations/describe-repair.ts";

export async function status(context: CliContext): Promise<void> {
  const client = await context.openClient();
  const [network, repair] = await Promise.all([
    client.status.network(context.signal),
    client.repair.status(context.signal).catch(noneWhereUnknown),
  ]);
  if (context.output.json) return context.output.document({ coordinator: client.baseUrl, ...network, repair });
  const facts = [
    ["Coordinator", `${client.baseUrl}, version ${network.version}`],
    ["Nodes", nodesOf(network)],
    ["Room", `${formatByteSize(network.used_bytes)} of ${formatByteSize(network.capacity_bytes)} used`],
    ["Files", `${network.files}, ${formatByteSize(network.bytes)}`],
    ["Chunks", chunksOf(network)],
    ...(repair === null ? [] : [["Repair", describeRepair(repair)] as const]),
    ["Handoffs", handoffsOf(network)],
    ...ledgerFacts(network),
  ] satisfies readonly (readonly [string, string])[];
  for (const line of formatFacts(facts)) context.output.line(line);
}

/** A coordinator of before there was repair does not know the path. */
function noneWhereUnknown(error: unknown): RepairStatus | null {
  if (hasCode(error, "NOT_FOUND")) return null;
  throw error;
}

function nodesOf({ nodes }: NetworkStatus): string {
  const counted = Object.entries(nodes).filter(([state, count]) => count > 0 || state === "active");
  return counted.map(([state, count]) => `${count} ${state}`).join(", ");
}

function chunksOf({ chunks }: NetworkStatus): string {
  if (chunks.under_replicated === 0) return `${chunks.total}, each with all its copies`;
  const { total, under_replicated: short } = chunks;
  if (short === total) return `${total}, ${total === 1 ? "with" : "all with"} fewer copies than promised`;
  return `${total}, ${short} of them with fewer copies than promised`;
}

/** Nobody needs to read that it adds up. */
function ledgerFacts({ ledger }: NetworkStatus): readonly (readonly [string, string])[] {
  if (ledger === undefined || ledger === null) return [];
  const { mismatches, total_microcredits: total } = ledger;
  if (mismatches === 0 && total === "0") return [];
  const wrong = countOf(mismatches, "account is", "accounts are");
  return [["Ledger", `does not add up: ${wrong} wrong, all together are ${total} micro-credits; see the log`]];
}

function handoffsOf({ handoffs }: NetworkStatus): string {
  if (handoffs.pending === 0) return "none";
  const spool = `${formatByteSize(handoffs.spool_bytes)} of ${formatByteSize(handoffs.spool_bytes_max)}`;
  const waiting = countOf(handoffs.pending, "copy waits for its node", "copies wait for their nodes");
  return `${waiting}, ${spool} of the spool`;
}
