import { AppError } from "@commonhold/core/app-error.ts";
import type { Transaction } from "kysely";
import Type from "typebox";
import { defineCommand } from "../command.ts";
import type { Tables } from "../tables.ts";
import { ActionNote, noteAction } from "./admin-actions.ts";
import { gainCredits } from "./debts.ts";
import { availableAccount, debtAccount, GRANTS_ACCOUNT } from "./ledger.ts";
import { Id, MicroCredits, payloadOf, TimeMs } from "./payload-fields.ts";
import { requireUser } from "./require-user.ts";

/**
 * Books credits that an admin gives, once per id. What the user owes is paid first.
 * @throws AppError NOT_FOUND for an unknown user, INVALID_REQUEST for none, and where the id stands for another grant
 */
export const grantCredits = defineCommand({
  name: "ledger.grant",
  payload: payloadOf({
    /** Of the ledger transaction: the same again changes nothing. */
    id: Id,
    user_id: Id,
    amount_microcredits: MicroCredits,
    reason: Type.String({ minLength: 1, maxLength: 512 }),
    now_ms: TimeMs,
    note: Type.Optional(ActionNote),
  }),
  apply: async (tx, p) => {
    const amount = BigInt(p.amount_microcredits);
    if (amount === 0n) throw new AppError("INVALID_REQUEST", "a grant of no credits cannot be booked");
    await requireUser(tx, p.user_id);
    const booked = await findGrant(tx, p.id);
    if (booked.length > 0) {
      const gained = booked
        .filter((entry) => [availableAccount(p.user_id), debtAccount(p.user_id)].includes(entry.account_id))
        .reduce((sum, entry) => sum + entry.amount_microcredits, 0n);
      if (gained === amount) return { repeated: true };
      throw new AppError(
        "INVALID_REQUEST",
        "this idempotency key was used for another grant, of another amount or to another account: use a new one",
      );
    }
    await gainCredits(tx, {
      userId: p.user_id,
      from: GRANTS_ACCOUNT,
      amount,
      transactionId: p.id,
      kind: "grant",
      description: p.reason,
      reference: p.user_id,
      nowMs: p.now_ms,
    });
    const given = { amount_microcredits: p.amount_microcredits, reason: p.reason };
    const note = p.note && { ...p.note, details: { ...p.note.details, ...given } };
    await noteAction(tx, note, { kind: "user", id: p.user_id });
    return { repeated: false };
  },
});

async function findGrant(tx: Transaction<Tables>, id: string) {
  return await tx
    .selectFrom("ledger_entries")
    .select(["account_id", "amount_microcredits"])
    .where("transaction_id", "=", id)
    .where("account_id", "!=", GRANTS_ACCOUNT)
    .execute();
}
