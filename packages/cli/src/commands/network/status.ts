import type { NetworkStatus } from "@commonhold/client/status.ts";
import { formatByteSize } from "@commonhold/core/byte-size.ts";
import type { CliContext } from "../../cli-context.ts";
import { formatFacts } from "../../output/output.ts";

export async function status(context: CliContext): Promise<void> {
  const client = await context.openClient();
  const network = await client.status.network(context.signal);
  if (context.output.json) return context.output.document({ coordinator: client.baseUrl, ...network });
  const facts = [
    ["Coordinator", `${client.baseUrl}, version ${network.version}`],
    ["Nodes", nodesOf(network)],
    ["Room", `${formatByteSize(network.used_bytes)} of ${formatByteSize(network.capacity_bytes)} used`],
    ["Files", `${network.files}, ${formatByteSize(network.bytes)}`],
    ["Chunks", chunksOf(network)],
    ["Handoffs", handoffsOf(network)],
  ] as const;
  for (const line of formatFacts(facts)) context.output.line(line);
}

function nodesOf({ nodes }: NetworkStatus): string {
  const counted = Object.entries(nodes).filter(([state, count]) => count > 0 || state === "active");
  return counted.map(([state, count]) => `${count} ${state}`).join(", ");
}

function chunksOf({ chunks }: NetworkStatus): string {
  if (chunks.under_replicated === 0) return `${chunks.total}, each with all its copies`;
  return `${chunks.total}, of which ${chunks.under_replicated} have fewer copies than promised`;
}

function handoffsOf({ handoffs }: NetworkStatus): string {
  if (handoffs.pending === 0) return "none";
  const spool = `${formatByteSize(handoffs.spool_bytes)} of ${formatByteSize(handoffs.spool_bytes_max)}`;
  return `${handoffs.pending} copies wait for their nodes, ${spool} of the spool`;
}
