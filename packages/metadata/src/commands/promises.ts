import { DAY_MS } from "@commonhold/core/economics/utc-day.ts";
import { type RawBuilder, sql, type Transaction } from "kysely";
import type { Tables } from "../tables.ts";

/** Until when a coordinator has watched is written down every minute, and stands here for the time. */
const WATCHED = sql`coalesce((select value from counters where name = 'watched_until_ms'), 0)`;
const CLOCK_TOLERANCE_MS = 2 * 60_000;

/** How many copies were promised of a chunk at some time in a day or after it: what was promised then is to be paid. */
export function promisedSince(
  chunk: { readonly copies: number; readonly promised_before: number; readonly promised_until_ms: number },
  dayStartMs: number,
): number {
  return chunk.promised_until_ms >= dayStartMs - CLOCK_TOLERANCE_MS
    ? Math.max(chunk.copies, chunk.promised_before)
    : chunk.copies;
}

/** The same in SQL, over the table `chunks`. */
export function promisedSinceSql(dayStartMs: number): RawBuilder<number> {
  return sql`case when chunks.promised_until_ms >= ${dayStartMs - CLOCK_TOLERANCE_MS}
    and chunks.promised_before > chunks.copies then chunks.promised_before else chunks.copies end`;
}

/** So that copies are paid for until the promise ends, and not as if it had never been. */
async function keepOldPromises(tx: Transaction<Tables>, names: RawBuilder<unknown>): Promise<void> {
  await sql`
    update chunks set
      promised_before = case when promised_until_ms > ${WATCHED} - ${DAY_MS} and promised_before > copies
        then promised_before else copies end,
      promised_until_ms = ${WATCHED}
    where name in ${names} and copies > 1`.execute(tx);
}

/**
 * Works out anew what chunks are promised (copies, priority, pins) from all files and uploads that use them. What
 * nothing uses is promised the least.
 * @param names a subquery, or a list of names in parentheses
 */
export async function recomputePromises(tx: Transaction<Tables>, names: RawBuilder<unknown>): Promise<void> {
  await keepOldPromises(tx, names);
  await sql`
    update chunks set (copies, priority, pinned) = (
      select coalesce(max(files.copies), 1), coalesce(max(files.priority), 0), coalesce(max(files.pinned), 0)
      from file_chunks inner join files on files.id = file_chunks.file_id
      where file_chunks.chunk_name = chunks.name
    ) where name in ${names}`.execute(tx);
}

export async function recomputePromisesOfFile(tx: Transaction<Tables>, fileId: string): Promise<void> {
  await recomputePromises(tx, sql`(select chunk_name from file_chunks where file_id = ${fileId})`);
}

/** Takes away all that a file uses. */
export async function letGoOfChunks(tx: Transaction<Tables>, fileId: string): Promise<void> {
  // Then it asks for no more than any other does.
  await tx.updateTable("files").set({ copies: 1, priority: 0, pinned: 0 }).where("id", "=", fileId).execute();
  await recomputePromisesOfFile(tx, fileId);
  await tx.deleteFrom("file_chunks").where("file_id", "=", fileId).execute();
}
