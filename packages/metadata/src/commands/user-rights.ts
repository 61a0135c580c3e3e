import { AppError } from "@commonhold/core/app-error.ts";
import type { Transaction } from "kysely";
import Type from "typebox";
import { defineCommand } from "../command.ts";
import type { Tables } from "../tables.ts";
import { ActionNote, noteAction } from "./admin-actions.ts";
import { Id, payloadOf, TimeMs } from "./payload-fields.ts";
import { userNotFound } from "./require-user.ts";

/** @throws AppError NOT_FOUND, LAST_ADMIN where nobody could undo it */
export const setUserRole = defineCommand({
  name: "user.set_role",
  payload: payloadOf({
    id: Id,
    role: Type.Union([Type.Literal("user"), Type.Literal("operator"), Type.Literal("admin")]),
    /** As long as it changes anything. */
    note: Type.Optional(ActionNote),
  }),
  apply: async (tx, p) => {
    const user = await rightsOf(tx, p.id);
    if (user.role === p.role) return { changed: false };
    await keepAnAdmin(tx, p.id, user);
    await tx.updateTable("users").set({ role: p.role }).where("id", "=", p.id).execute();
    const note = p.note && { ...p.note, details: { ...p.note.details, from: user.role, to: p.role } };
    await noteAction(tx, note, { kind: "user", id: p.id });
    return { changed: true };
  },
});

/**
 * Shuts an account or opens it again. Of one that is shut every login ends; its files stay.
 * @throws AppError NOT_FOUND, LAST_ADMIN where nobody could undo it
 */
export const setUserDisabled = defineCommand({
  name: "user.set_disabled",
  payload: payloadOf({
    id: Id,
    disabled: Type.Boolean(),
    now_ms: TimeMs,
    /** As long as it changes anything. */
    note: Type.Optional(ActionNote),
  }),
  apply: async (tx, p) => {
    const user = await rightsOf(tx, p.id);
    if ((user.disabled_at_ms !== null) === p.disabled) return { changed: false };
    if (p.disabled) {
      await keepAnAdmin(tx, p.id, user);
      await tx.deleteFrom("refresh_tokens").where("user_id", "=", p.id).execute();
    }
    const disabledAtMs = p.disabled ? p.now_ms : null;
    await tx.updateTable("users").set({ disabled_at_ms: disabledAtMs }).where("id", "=", p.id).execute();
    await noteAction(tx, p.note, { kind: "user", id: p.id });
    return { changed: true };
  },
});

interface Rights {
  readonly role: string;
  readonly disabled_at_ms: number | null;
}

async function rightsOf(tx: Transaction<Tables>, id: string): Promise<Rights> {
  const user = await tx.selectFrom("users").select(["role", "disabled_at_ms"]).where("id", "=", id).executeTakeFirst();
  if (user === undefined) throw userNotFound(id);
  return user;
}

/** @throws AppError LAST_ADMIN */
async function keepAnAdmin(tx: Transaction<Tables>, id: string, user: Rights): Promise<void> {
  if (user.role !== "admin" || user.disabled_at_ms !== null) return;
  const other = await tx
    .selectFrom("users")
    .select("id")
    .where("role", "=", "admin")
    .where("disabled_at_ms", "is", null)
    .where("id", "!=", id)
    .limit(1)
    .executeTakeFirst();
  if (other !== undefined) return;
  throw new AppError("LAST_ADMIN", "this is the only admin: make somebody else an admin first");
}
