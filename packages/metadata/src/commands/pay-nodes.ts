import { formatCredits } from "@commonhold/core/credits.ts";
import { utcDayOf, utcDayStartMs, utcMonthOf } from "@commonhold/core/economics/utc-day.ts";
import { AppError } from "@commonhold/core/app-error.ts";
import type { Insertable, Transaction } from "kysely";
import Type, { type Static } from "typebox";
import { defineCommand } from "../command.ts";
import { prepareChange, prepareQuery } from "../prepared-query.ts";
import type { Tables } from "../tables.ts";
import { gainCredits } from "./debts.ts";
import { FORFEITED_ACCOUNT, pendingAccount, postMovement, readBalances, STORAGE_ACCOUNT } from "./ledger.ts";
import { ByteMs, Day, Id, LINES_MAX, MicroCredits, Month, payloadOf, TimeMs } from "./payload-fields.ts";
import { isSettled, refuseSettledDay } from "./settled-days.ts";
import { refuseUnfinishedDay } from "./utc-days.ts";

const Milliseconds = Type.Integer({ minimum: 0 });

const Line = payloadOf({
  node_id: Id,
  observed_ms: Milliseconds,
  online_ms: Milliseconds,
  byte_ms: ByteMs,
  gross_microcredits: MicroCredits,
  uptime_penalty_microcredits: MicroCredits,
  audit_penalty_microcredits: MicroCredits,
  net_microcredits: MicroCredits,
});

/**
 * Books what nodes have earned in a day, each once. A line that is there stays as it is. What a disqualified node would
 * get is forfeited, and so is that of a day up to and with the one of its disqualification, also where it was let in again.
 * @throws AppError INVALID_REQUEST for a day that is not over, CONCURRENT_CHANGE for a new line of a settled one
 */
export const payNodes = defineCommand({
  name: "economics.pay_nodes",
  payload: payloadOf({
    day: Day,
    /** For a GB and month. */
    rate_microcredits: MicroCredits,
    lines: Type.Array(Line, { maxItems: LINES_MAX }),
    now_ms: TimeMs,
  }),
  apply: async (tx, p) => {
    refuseUnfinishedDay(p.day, p.now_ms);
    const isClosed = await isSettled(tx, p.day);
    let paid = 0;
    for (const line of p.lines) {
      const isNew = await settleNodeDay(tx, {
        ...figuresOf(line),
        day: p.day,
        rate_microcredits: BigInt(p.rate_microcredits),
        settled_at_ms: p.now_ms,
      });
      if (isNew === 0n) continue;
      if (isClosed) refuseSettledDay(p.day, `node ${line.node_id}`);
      await payNode(tx, line, p);
      paid += 1;
    }
    return { paid, repeated: p.lines.length - paid };
  },
});

function figuresOf(line: Static<typeof Line>) {
  return {
    node_id: line.node_id,
    observed_ms: line.observed_ms,
    online_ms: line.online_ms,
    byte_ms: line.byte_ms,
    gross_microcredits: BigInt(line.gross_microcredits),
    uptime_penalty_microcredits: BigInt(line.uptime_penalty_microcredits),
    audit_penalty_microcredits: BigInt(line.audit_penalty_microcredits),
    net_microcredits: BigInt(line.net_microcredits),
  };
}

type Figures = ReturnType<typeof figuresOf> & {
  readonly day: string;
  readonly rate_microcredits: bigint;
  readonly settled_at_ms: number;
};

const settleNodeDay = prepareChange((tx, { node_id, day, ...figures }: Figures) =>
  tx
    .insertInto("node_days")
    .values({ node_id, day, ...figures } satisfies Insertable<Tables["node_days"]>)
    .onConflict((oc) =>
      oc.columns(["node_id", "day"]).doUpdateSet(figures).where("node_days.settled_at_ms", "is", null),
    ),
);

async function payNode(
  tx: Transaction<Tables>,
  line: Static<typeof Line>,
  on: { readonly day: string; readonly now_ms: number },
): Promise<void> {
  const net = BigInt(line.net_microcredits);
  await postMovement(tx, {
    transactionId: `earning-${on.day}-${line.node_id}`,
    kind: "earning",
    description: `Earned on ${on.day} (${formatCredits(net)} credits)`,
    reference: on.day,
    nowMs: on.now_ms,
    entries: [
      { account_id: STORAGE_ACCOUNT, amount: -net },
      { account_id: pendingAccount(line.node_id), amount: net },
    ],
  });
  if (!(await isForfeited(tx, line.node_id, on.day))) return;
  await forfeitPending(tx, {
    nodeId: line.node_id,
    transactionId: `forfeit-${on.day}-${line.node_id}`,
    nowMs: on.now_ms,
  });
}

/** A node that was let in again meanwhile has begun afresh; what it did until the day of its disqualification stands. */
async function isForfeited(tx: Transaction<Tables>, nodeId: string, day: string): Promise<boolean> {
  const [reputation] = await reputationOf(tx, { nodeId });
  if (reputation !== undefined && reputation.disqualified_at_ms !== null) return true;
  const since = await disqualificationsSince(tx, { nodeId, sinceMs: utcDayStartMs(day) });
  return since.length > 0;
}

const reputationOf = prepareQuery((tx, { nodeId }: { readonly nodeId: string }) =>
  tx.selectFrom("node_reputations").select("disqualified_at_ms").where("node_id", "=", nodeId),
);

const disqualificationsSince = prepareQuery(
  (tx, { nodeId, sinceMs }: { readonly nodeId: string; readonly sinceMs: number }) =>
    tx
      .selectFrom("node_events")
      .select("id")
      .where("node_id", "=", nodeId)
      .where("to_status", "=", "disqualified")
      .where("at_ms", ">=", sinceMs)
      .limit(1),
);

/** Takes away what a node has earned and was not paid. */
export async function forfeitPending(
  tx: Transaction<Tables>,
  forfeit: { readonly nodeId: string; readonly transactionId: string; readonly nowMs: number },
): Promise<void> {
  const account = pendingAccount(forfeit.nodeId);
  const [pending] = await readBalances(tx, [account]);
  await postMovement(tx, {
    transactionId: forfeit.transactionId,
    kind: "forfeit",
    description: `Forfeited: the node is disqualified (${formatCredits(pending)} credits)`,
    reference: forfeit.nodeId,
    nowMs: forfeit.nowMs,
    entries: [
      { account_id: account, amount: -pending },
      { account_id: FORFEITED_ACCOUNT, amount: pending },
    ],
  });
}

const Payout = payloadOf({ node_id: Id, amount_microcredits: MicroCredits });

/**
 * Pays operators what their nodes earned up to the end of a month, once a node and month: at most what is pending.
 * @throws AppError INVALID_REQUEST for a month that is not over
 */
export const payOut = defineCommand({
  name: "economics.pay_out",
  payload: payloadOf({ month: Month, payouts: Type.Array(Payout, { maxItems: LINES_MAX }), now_ms: TimeMs }),
  apply: async (tx, p) => {
    if (utcMonthOf(utcDayOf(p.now_ms)) <= p.month) {
      throw new AppError("INVALID_REQUEST", `the month ${p.month} is not over yet`);
    }
    let paid = 0;
    let sum = 0n;
    for (const { node_id, amount_microcredits } of p.payouts) {
      const asked = BigInt(amount_microcredits);
      const [pending] = await readBalances(tx, [pendingAccount(node_id)]);
      const amount = pending < asked ? pending : asked;
      const isNew = await insertPayout(tx, {
        node_id,
        month: p.month,
        amount_microcredits: amount,
        paid_at_ms: p.now_ms,
      });
      if (isNew === 0n) continue;
      await payOperator(tx, { nodeId: node_id, amount, month: p.month, nowMs: p.now_ms });
      paid += 1;
      sum += amount;
    }
    return { paid, repeated: p.payouts.length - paid, sum_microcredits: sum.toString() };
  },
});

const insertPayout = prepareChange((tx, row: Insertable<Tables["node_payouts"]>) =>
  tx
    .insertInto("node_payouts")
    .values(row)
    .onConflict((oc) => oc.columns(["node_id", "month"]).doNothing()),
);

async function payOperator(
  tx: Transaction<Tables>,
  payout: { readonly nodeId: string; readonly amount: bigint; readonly month: string; readonly nowMs: number },
): Promise<void> {
  const node = await tx
    .selectFrom("nodes")
    .select(["operator_id", "name"])
    .where("id", "=", payout.nodeId)
    .executeTakeFirstOrThrow();
  await gainCredits(tx, {
    userId: node.operator_id,
    from: pendingAccount(payout.nodeId),
    amount: payout.amount,
    transactionId: `payout-${payout.month}-${payout.nodeId}`,
    kind: "payout",
    description: `Paid out for ${payout.month}: what node ${node.name} earned (${formatCredits(payout.amount)} credits)`,
    reference: payout.nodeId,
    nowMs: payout.nowMs,
  });
}
