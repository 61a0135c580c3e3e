import { type RawBuilder, sql, type Transaction } from "kysely";
import { defineCommand } from "../command.ts";
import type { Tables } from "../tables.ts";
import { Day, payloadOf, RowLimit, TimeMs } from "./payload-fields.ts";

/**
 * Forgets up to `limit` rows of what was and is over. Only what belongs to settled days alone may be given for ended
 * copies, absences and gaps: what a day costs and pays is worked out from them. The last settled day is always kept.
 */
export const purgeHistory = defineCommand({
  name: "history.purge",
  payload: payloadOf({
    ended_copies_before_ms: TimeMs,
    absences_before_ms: TimeMs,
    gaps_before_ms: TimeMs,
    payment_events_before_ms: TimeMs,
    /** Of nodes, owners, audit keys and settlements. */
    days_before: Day,
    limit: RowLimit,
  }),
  apply: async (tx, p) => {
    const lastDay = sql`(select coalesce(max(day), '') from settled_days)`;
    const purges: readonly Purge[] = [
      {
        table: "ended_copies",
        key: ["id"],
        order: ["ended_at_ms", "id"],
        where: sql`ended_at_ms < ${p.ended_copies_before_ms}`,
      },
      {
        table: "node_absences",
        key: ["node_id", "from_ms"],
        order: ["to_ms"],
        where: sql`to_ms < ${p.absences_before_ms}`,
      },
      {
        table: "watch_gaps",
        key: ["from_ms"],
        order: ["from_ms"],
        // The first narrows down what is walked.
        where: sql`from_ms < ${p.gaps_before_ms} and to_ms < ${p.gaps_before_ms}`,
      },
      {
        table: "payment_events",
        key: ["id"],
        order: ["received_at_ms"],
        where: sql`received_at_ms < ${p.payment_events_before_ms}`,
      },
      { table: "node_days", key: ["node_id", "day"], order: ["day"], where: sql`day < ${p.days_before}` },
      { table: "owner_days", key: ["owner_id", "day"], order: ["day"], where: sql`day < ${p.days_before}` },
      { table: "audit_periods", key: ["day"], order: ["day"], where: sql`day < ${p.days_before}` },
      { table: "settled_days", key: ["day"], order: ["day"], where: sql`day < ${p.days_before} and day < ${lastDay}` },
    ];
    let left = p.limit;
    for (const purge of purges) {
      if (left > 0) left -= await deleteRows(tx, purge, left);
    }
    return { purged: p.limit - left };
  },
});

interface Purge {
  readonly table: keyof Tables;
  readonly key: readonly string[];
  /** The columns of the index that is walked; the key follows. */
  readonly order: readonly string[];
  readonly where: RawBuilder<unknown>;
}

async function deleteRows(tx: Transaction<Tables>, purge: Purge, limit: number): Promise<number> {
  const table = sql.table(purge.table);
  const key = sql.join(purge.key.map((column) => sql.ref(column)));
  const order = sql.join([...new Set([...purge.order, ...purge.key])].map((column) => sql.ref(column)));
  const deleted = await sql`
    delete from ${table} where (${key}) in (
      select ${key} from ${table} where ${purge.where} order by ${order} limit ${limit}
    )`.execute(tx);
  return Number(deleted.numAffectedRows ?? 0n);
}
