import type { Transaction } from "kysely";
import type { DeletionReason, Tables } from "../tables.ts";

const COUNTER = "deletion_epoch";
/** So that a statement stays within what engines bind. */
const ROWS_PER_STATEMENT = 1_000;

export interface DeletionTerms {
  readonly epoch: number;
  readonly reason: DeletionReason;
  readonly nowMs: number;
  /** Of copies that the node deletes without being asked: the epoch is only kept as a fence. */
  readonly isDelivered?: boolean;
}

interface Copy {
  readonly node_id: string;
  readonly chunk_name: string;
}

/** Queues the deletion of copies whose rows in `assignments` are gone. An epoch never falls. */
export async function queueDeletions(
  tx: Transaction<Tables>,
  copies: readonly Copy[],
  terms: DeletionTerms,
): Promise<void> {
  const rest = {
    reason: terms.reason,
    queued_at_ms: terms.nowMs,
    settled_at_ms: terms.isDelivered ? terms.nowMs : null,
  };
  for (let from = 0; from < copies.length; from += ROWS_PER_STATEMENT) {
    const rows = copies.slice(from, from + ROWS_PER_STATEMENT);
    await tx
      .insertInto("deletions")
      .values(rows.map(({ node_id, chunk_name }) => ({ node_id, chunk_name, epoch: terms.epoch, ...rest })))
      .onConflict((oc) =>
        oc.columns(["node_id", "chunk_name"]).doUpdateSet((eb) => ({
          ...rest,
          epoch: eb
            .case()
            .when("excluded.epoch", ">", eb.ref("deletions.epoch"))
            .then(eb.ref("excluded.epoch"))
            .else(eb.ref("deletions.epoch"))
            .end(),
        })),
      )
      .execute();
  }
}

/** Keeps the highest epoch that a deletion had. */
export async function noteDeletionEpoch(tx: Transaction<Tables>, epoch: number): Promise<void> {
  await tx
    .insertInto("counters")
    .values({ name: COUNTER, value: epoch })
    .onConflict((oc) => oc.column("name").doUpdateSet({ value: epoch }).where("counters.value", "<", epoch))
    .execute();
}
