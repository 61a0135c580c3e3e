import type { Clock } from "@commonhold/core/clock.ts";
import { formatCredits } from "@commonhold/core/credits.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import type { EconomyMetrics } from "./economy-metrics.ts";

const NODES_PER_PAGE = 200;

export interface PayoutDeps {
  readonly metadata: Pick<Metadata, "read" | "apply">;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "info">;
  readonly metrics: Pick<EconomyMetrics, "paidOut">;
}

export interface PayoutOptions {
  /** "2026-01"; all its days must be settled. */
  readonly month: string;
  readonly signal: AbortSignal;
}

/** Pays operators what their nodes earned in a month, and have not been paid yet. */
export async function payOutMonth(deps: PayoutDeps, { month, signal }: PayoutOptions): Promise<void> {
  const { metadata, clock, logger, metrics } = deps;
  let [after, nodes, sum] = ["", 0, 0n];
  for (;;) {
    signal.throwIfAborted();
    const page = await metadata.read
      .selectFrom("nodes")
      .select("id")
      .where("id", ">", after)
      .orderBy("id")
      .limit(NODES_PER_PAGE)
      .execute();
    const payouts = await unpaid(metadata.read, { month, nodeIds: page.map(({ id }) => id) });
    if (payouts.length > 0) {
      const paid = await metadata.apply("economics.pay_out", { month, payouts, now_ms: clock.nowMs() });
      nodes += paid.paid;
      sum += BigInt(paid.sum_microcredits);
    }
    if (page.length < NODES_PER_PAGE) break;
    after = page.at(-1)!.id;
  }
  if (nodes === 0) return;
  metrics.paidOut(sum);
  logger.info({ month, nodes, credits: formatCredits(sum) }, "Month paid out");
}

async function unpaid(
  read: Metadata["read"],
  { month, nodeIds }: { readonly month: string; readonly nodeIds: readonly string[] },
) {
  if (nodeIds.length === 0) return [];
  const rows = await read
    .selectFrom("node_days")
    .select(["node_id", "net_microcredits"])
    .where("node_id", "in", nodeIds)
    .where("day", ">=", `${month}-01`)
    .where("day", "<=", `${month}-31`)
    .where("net_microcredits", ">", 0n)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom("node_payouts")
            .select("node_payouts.month")
            .where("node_payouts.month", "=", month)
            .whereRef("node_payouts.node_id", "=", "node_days.node_id"),
        ),
      ),
    )
    .execute();
  const sums = new Map<string, bigint>();
  for (const row of rows) sums.set(row.node_id, (sums.get(row.node_id) ?? 0n) + row.net_microcredits);
  return [...sums].map(([node_id, amount]) => ({ node_id, amount_microcredits: amount.toString() }));
}
