import { type RawBuilder, sql, type Transaction } from "kysely";
import type { Tables } from "../tables.ts";

/**
 * Works out anew what chunks are promised (copies, priority, pins) from all files and uploads that use them. What
 * nothing uses is promised the least.
 * @param names a subquery, or a list of names in parentheses
 */
export async function recomputePromises(tx: Transaction<Tables>, names: RawBuilder<unknown>): Promise<void> {
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
