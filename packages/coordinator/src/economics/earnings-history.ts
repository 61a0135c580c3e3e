import type { Share } from "@commonhold/core/economics/node-earnings.ts";
import type { NodeId } from "@commonhold/core/ids.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import { pendingAccount } from "@commonhold/metadata/commands/ledger.ts";
import { type AuditCounts, auditShareOf } from "./audit-share.ts";

/** A node's day as it was settled; amounts in micro-credits. */
export interface EarnedDay {
  readonly day: string;
  readonly byteMs: bigint;
  /** Milliseconds. */
  readonly uptime: Share;
  readonly audits: Share;
  readonly counts: AuditCounts;
  /** For a GB and month. */
  readonly rate: bigint;
  readonly gross: bigint;
  readonly uptimePenalty: bigint;
  readonly auditPenalty: bigint;
  readonly net: bigint;
  readonly settledAtMs: number;
}

export interface EarnedMonth {
  /** In their order; days that are not settled are missing. */
  readonly days: readonly EarnedDay[];
  readonly payout: { readonly amount: bigint; readonly paidAtMs: number } | undefined;
}

export interface EarningsHistory {
  /** @param month "2026-01" */
  month(nodeId: NodeId, month: string): Promise<EarnedMonth>;
  /** Micro-credits that the node lost when it was disqualified. */
  forfeited(nodeId: NodeId): Promise<bigint>;
}

export function createEarningsHistory({ read }: Pick<Metadata, "read">): EarningsHistory {
  return {
    month: async (nodeId, month) => {
      const rows = await read
        .selectFrom("node_days")
        .selectAll()
        .where("node_id", "=", nodeId)
        .where("day", ">=", `${month}-01`)
        .where("day", "<=", `${month}-31`)
        .where("settled_at_ms", "is not", null)
        .orderBy("day")
        .execute();
      const payout = await read
        .selectFrom("node_payouts")
        .select(["amount_microcredits", "paid_at_ms"])
        .where("node_id", "=", nodeId)
        .where("month", "=", month)
        .executeTakeFirst();
      return {
        days: rows.map(earnedDay),
        payout: payout && { amount: payout.amount_microcredits, paidAtMs: payout.paid_at_ms },
      };
    },

    forfeited: async (nodeId) => {
      const rows = await read
        .selectFrom("ledger_entries")
        .innerJoin("ledger_transactions", "ledger_transactions.id", "ledger_entries.transaction_id")
        .select("ledger_entries.amount_microcredits")
        .where("ledger_entries.account_id", "=", pendingAccount(nodeId))
        .where("ledger_transactions.kind", "=", "forfeit")
        .execute();
      return rows.reduce((sum, row) => sum - row.amount_microcredits, 0n);
    },
  };
}

interface NodeDayRow extends AuditCounts {
  readonly day: string;
  readonly byte_ms: string;
  readonly observed_ms: number;
  readonly online_ms: number;
  readonly rate_microcredits: bigint;
  readonly gross_microcredits: bigint;
  readonly uptime_penalty_microcredits: bigint;
  readonly audit_penalty_microcredits: bigint;
  readonly net_microcredits: bigint;
  readonly settled_at_ms: number | null;
}

function earnedDay(row: NodeDayRow): EarnedDay {
  return {
    day: row.day,
    byteMs: BigInt(row.byte_ms),
    uptime: { good: row.online_ms, all: row.observed_ms },
    audits: auditShareOf(row),
    counts: row,
    rate: row.rate_microcredits,
    gross: row.gross_microcredits,
    uptimePenalty: row.uptime_penalty_microcredits,
    auditPenalty: row.audit_penalty_microcredits,
    net: row.net_microcredits,
    settledAtMs: row.settled_at_ms ?? 0,
  };
}
