import type { Transaction } from "kysely";
import Type, { type Static } from "typebox";
import { defineCommand } from "../command.ts";
import { prepareChange } from "../prepared-query.ts";
import type { Tables } from "../tables.ts";
import { payloadOf, TimeMs } from "./payload-fields.ts";

/** From its first millisecond up to, and without, its last. */
export const Interval = payloadOf({ from_ms: TimeMs, to_ms: TimeMs });

const WATCHED_UNTIL = "watched_until_ms";

/** Until now the nodes were watched, but for the gap. */
export const recordWatch = defineCommand({
  name: "uptime.watch",
  payload: payloadOf({ now_ms: TimeMs, gap: Type.Union([Type.Null(), Interval]) }),
  apply: async (tx, p) => {
    await tx
      .insertInto("counters")
      .values({ name: WATCHED_UNTIL, value: p.now_ms })
      .onConflict((oc) => oc.column("name").doUpdateSet({ value: p.now_ms }).where("counters.value", "<", p.now_ms))
      .execute();
    if (p.gap !== null && p.gap.from_ms < p.gap.to_ms) {
      const { to_ms } = p.gap;
      await tx
        .insertInto("watch_gaps")
        .values(p.gap)
        .onConflict((oc) => oc.column("from_ms").doUpdateSet({ to_ms }).where("watch_gaps.to_ms", "<", to_ms))
        .execute();
    }
    return null;
  },
});

const upsertAbsence = prepareChange(
  (tx, absence: { readonly node_id: string; readonly from_ms: number; readonly to_ms: number }) =>
    tx
      .insertInto("node_absences")
      .values(absence)
      .onConflict((oc) =>
        oc
          .columns(["node_id", "from_ms"])
          .doUpdateSet({ to_ms: absence.to_ms })
          .where("node_absences.to_ms", "<", absence.to_ms),
      ),
);

/** Notes when a node was not heard of. */
export async function recordAbsences(
  tx: Transaction<Tables>,
  nodeId: string,
  absences: readonly Static<typeof Interval>[],
): Promise<void> {
  for (const { from_ms, to_ms } of absences) {
    if (from_ms < to_ms) await upsertAbsence(tx, { node_id: nodeId, from_ms, to_ms });
  }
}
