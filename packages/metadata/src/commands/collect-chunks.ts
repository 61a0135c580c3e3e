import { sql } from "kysely";
import { defineCommand } from "../command.ts";
import { noteDeletionEpoch, queueDeletions } from "./deletion-queue.ts";
import { endCopies, namesIn } from "./end-copies.ts";
import { ChunkNames, DeletionEpoch, payloadOf, TimeMs } from "./payload-fields.ts";

/** Forgets those chunks that no file and no upload uses, and queues the deletion of all their copies. */
export const collectChunks = defineCommand({
  name: "chunk.collect",
  payload: payloadOf({ chunk_names: ChunkNames, epoch: DeletionEpoch, now_ms: TimeMs }),
  apply: async (tx, p) => {
    await noteDeletionEpoch(tx, p.epoch);
    if (p.chunk_names.length === 0) return { collected: 0 };
    const unused = await tx
      .selectFrom("chunks")
      .select("name")
      .where("name", "in", p.chunk_names)
      .where((eb) =>
        eb.not(eb.exists(eb.selectFrom("file_chunks").select("file_id").whereRef("chunk_name", "=", "chunks.name"))),
      )
      .orderBy("name")
      .execute();
    const names = unused.map((chunk) => chunk.name);
    if (names.length === 0) return { collected: 0 };
    await endCopies(tx, { where: sql`assignments.chunk_name in ${namesIn(names)}`, nowMs: p.now_ms });
    const copies = await tx
      .deleteFrom("assignments")
      .where("chunk_name", "in", names)
      .returning(["node_id", "chunk_name"])
      .execute();
    await queueDeletions(tx, copies, { epoch: p.epoch, reason: "file_deleted", nowMs: p.now_ms });
    await tx.deleteFrom("chunks").where("name", "in", names).execute();
    return { collected: names.length };
  },
});
