import { DAY_MS } from "@commonhold/core/economics/utc-day.ts";
import { type RawBuilder, sql, type Transaction } from "kysely";
import type { Tables } from "../tables.ts";
import { promisedSinceSql } from "./promises.ts";

export interface CopiesEnd {
  /** Which rows of `assignments` end: a condition over that table. */
  readonly where: RawBuilder<unknown>;
  /** Until when they were held, where that is not now. */
  readonly heldUntilMs?: number;
  readonly nowMs: number;
}

/**
 * Notes copies that are about to be held no more: for how long they were. Those that are not held are left out. Comes
 * before the change that ends them.
 */
export async function endCopies(tx: Transaction<Tables>, end: CopiesEnd): Promise<void> {
  const untilMs = end.heldUntilMs ?? end.nowMs;
  const promised = promisedSinceSql(end.nowMs - (end.nowMs % DAY_MS));
  await sql`
    insert into ended_copies
      (node_id, chunk_name, owner_id, sealed_length, promised, from_ms, to_ms, ended_at_ms)
    select assignments.node_id, assignments.chunk_name, chunks.owner_id, chunks.sealed_length, ${promised},
      assignments.held_since_ms, ${untilMs}, ${end.nowMs}
    from assignments inner join chunks on chunks.name = assignments.chunk_name
    where (${end.where}) and assignments.held_since_ms < ${untilMs}
    order by assignments.chunk_name, assignments.node_id`.execute(tx);
}

/** A list of names in parentheses. */
export function namesIn(names: readonly string[]): RawBuilder<unknown> {
  return sql`(${sql.join([...names])})`;
}
