import { sql, type Transaction } from "kysely";
import Type, { type Static } from "typebox";
import type { ActionSubjectKind } from "../administration-tables.ts";
import { defineCommand } from "../command.ts";
import type { Tables } from "../tables.ts";
import { Id, payloadOf, RowLimit, TimeMs } from "./payload-fields.ts";

const Details = Type.Record(
  Type.String({ pattern: "^[a-z_]{1,64}$" }),
  Type.Union([Type.Null(), Type.Boolean(), Type.Number(), Type.String({ maxLength: 1_024 })]),
  { additionalProperties: false, maxProperties: 16 },
);

/** In the payload of a command that an admin asks for: it is written down in the same transaction. */
export const ActionNote = payloadOf({
  actor_kind: Type.Enum(["user", "node"]),
  actor_id: Id,
  action: Type.String({ pattern: "^[a-z]+[.][a-z_]{1,64}$" }),
  details: Details,
  at_ms: TimeMs,
});
export type ActionNote = Static<typeof ActionNote>;

export interface ActionSubject {
  readonly kind: ActionSubjectKind;
  readonly id: string;
}

/** Writes down what was done; where nobody asked for it, nothing. */
export async function noteAction(
  tx: Transaction<Tables>,
  note: ActionNote | undefined,
  subject: ActionSubject,
): Promise<void> {
  if (note === undefined) return;
  const { details, ...columns } = note;
  await tx
    .insertInto("admin_actions")
    .values({ ...columns, subject_kind: subject.kind, subject_id: subject.id, details: JSON.stringify(details) })
    .execute();
}

/** Writes down what changes no metadata itself. */
export const recordAction = defineCommand({
  name: "admin.record",
  payload: payloadOf({
    note: ActionNote,
    subject: payloadOf({
      kind: Type.Enum(["user", "node", "job", "network"]),
      id: Type.String({ maxLength: 128 }),
    }),
  }),
  apply: async (tx, p) => {
    await noteAction(tx, p.note, p.subject);
    return null;
  },
});

/** Forgets up to `limit` actions that are older, the oldest first; call again while it purges as many as the limit. */
export const purgeActions = defineCommand({
  name: "admin.purge",
  payload: payloadOf({ before_ms: TimeMs, limit: RowLimit }),
  apply: async (tx, p) => {
    const deleted = await sql`
      delete from admin_actions where id in (
        select id from admin_actions where at_ms < ${p.before_ms} order by at_ms, id limit ${p.limit}
      )`.execute(tx);
    return { purged: Number(deleted.numAffectedRows ?? 0n) };
  },
});
