import Type from "typebox";
import { defineCommand } from "../command.ts";
import { ActionNote, noteAction } from "./admin-actions.ts";
import { payloadOf } from "./payload-fields.ts";

const Limit = Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }));

/** Keeps what was asked of a job over restarts. */
export const configureJob = defineCommand({
  name: "job.configure",
  payload: payloadOf({
    name: Type.String({ pattern: "^[a-z0-9-]{1,64}$" }),
    paused: Type.Boolean(),
    /** Null: none. */
    throttle: Type.Union([Type.Null(), payloadOf({ bytes_per_second: Limit, concurrent: Limit })]),
    note: Type.Optional(ActionNote),
  }),
  apply: async (tx, p) => {
    const setting = { paused: p.paused ? 1 : 0, throttle: p.throttle === null ? null : JSON.stringify(p.throttle) };
    await tx
      .insertInto("job_settings")
      .values({ name: p.name, ...setting })
      .onConflict((oc) => oc.column("name").doUpdateSet(setting))
      .execute();
    await noteAction(tx, p.note, { kind: "job", id: p.name });
    return null;
  },
});
