import { AppError } from "@commonhold/core/app-error.ts";
import { COPIES_MAX } from "@commonhold/core/priority.ts";
import type { Transaction } from "kysely";
import { defineCommand } from "../command.ts";
import type { Tables } from "../tables.ts";
import { requireCompleteFile } from "./files.ts";
import { requireMember } from "./nodes.ts";
import { Id, payloadOf } from "./payload-fields.ts";
import { recomputePromisesOfFile } from "./promises.ts";

/** A file can be pinned to as many nodes as it can have copies. */
const PINS_MAX = COPIES_MAX;

const Pin = payloadOf({ file_id: Id, owner_id: Id, node_id: Id });

/**
 * From now on a node shall have a copy of every chunk of a file, whatever else happens.
 * @throws AppError FILE_NOT_FOUND, NODE_NOT_FOUND, NOT_A_MEMBER for a banned node, INVALID_REQUEST for too many pins
 */
export const pinFile = defineCommand({
  name: "file.pin",
  payload: Pin,
  apply: async (tx, p) => {
    const file = await requireCompleteFile(tx, p);
    await requireMember(tx, p.node_id);
    const pins = await pinsOf(tx, p.file_id);
    if (pins.includes(p.node_id)) return { repeated: true };
    if (pins.length >= PINS_MAX) {
      throw new AppError(
        "INVALID_REQUEST",
        `file ${p.file_id} is pinned to ${pins.length} nodes: unpin one of them first`,
      );
    }
    await tx.insertInto("file_pins").values({ file_id: p.file_id, node_id: p.node_id }).execute();
    if (file.pinned === 0) await setPinned(tx, p.file_id, 1);
    return { repeated: false };
  },
});

/** @throws AppError FILE_NOT_FOUND */
export const unpinFile = defineCommand({
  name: "file.unpin",
  payload: Pin,
  apply: async (tx, p) => {
    await requireCompleteFile(tx, p);
    const removed = await tx
      .deleteFrom("file_pins")
      .where("file_id", "=", p.file_id)
      .where("node_id", "=", p.node_id)
      .executeTakeFirstOrThrow();
    if (removed.numDeletedRows === 0n) return { repeated: true };
    if ((await pinsOf(tx, p.file_id)).length === 0) await setPinned(tx, p.file_id, 0);
    return { repeated: false };
  },
});

async function pinsOf(tx: Transaction<Tables>, fileId: string): Promise<readonly string[]> {
  const rows = await tx.selectFrom("file_pins").select("node_id").where("file_id", "=", fileId).execute();
  return rows.map((row) => row.node_id);
}

async function setPinned(tx: Transaction<Tables>, fileId: string, pinned: 0 | 1): Promise<void> {
  await tx.updateTable("files").set({ pinned }).where("id", "=", fileId).execute();
  await recomputePromisesOfFile(tx, fileId);
}
