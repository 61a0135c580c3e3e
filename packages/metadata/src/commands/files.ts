import { AppError } from "@commonhold/core/app-error.ts";
import { defineCommand } from "../command.ts";
import { Id, payloadOf, TimeMs } from "./payload-fields.ts";

/** Takes a file out of its owner's sight; its bytes are collected after the grace period. */
export const deleteFile = defineCommand({
  name: "file.delete",
  payload: payloadOf({ file_id: Id, owner_id: Id, now_ms: TimeMs }),
  apply: async (tx, p) => {
    const result = await tx
      .updateTable("files")
      .set({ state: "deleted", deleted_at_ms: p.now_ms })
      .where("id", "=", p.file_id)
      .where("owner_id", "=", p.owner_id)
      .where("state", "=", "complete")
      .executeTakeFirst();
    if (Number(result.numUpdatedRows) === 0) {
      throw new AppError("FILE_NOT_FOUND", `you have no file ${p.file_id}`);
    }
    return null;
  },
});
