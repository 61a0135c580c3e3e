import { formatByteSize } from "@commonhold/core/byte-size.ts";
import type { CliContext } from "../../cli-context.ts";
import { countOf } from "../../output/count-of.ts";
import { copyLines } from "./copy-lines.ts";
import { nodeNames } from "../node-names.ts";

export async function rebalance(context: CliContext, options: { readonly dryRun?: boolean }): Promise<void> {
  const { output, signal } = context;
  const client = await context.openClient();
  const plan = await client.repair.rebalance({ dryRun: options.dryRun === true }, signal);
  if (output.json) return output.document(plan);
  const fill = `all nodes together are ${(plan.mean_fill * 100).toFixed(1)} % full`;
  if (plan.moves_count === 0) return output.line(`Nothing to move: ${fill}, and none is far from that.`);
  const what = `${countOf(plan.moves_count, "copy", "copies")}, ${formatByteSize(plan.bytes)}`;
  output.line(plan.dry_run ? `Would move ${what}: ${fill}.` : `Moving ${what}: ${fill}.`);
  const nameOf = await nodeNames(client.nodes, signal);
  for (const line of copyLines(plan.moves, { count: plan.moves_count, nameOf })) output.line(line);
}
