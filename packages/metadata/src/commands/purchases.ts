import { AppError } from "@commonhold/core/app-error.ts";
import { sql, type Transaction } from "kysely";
import Type from "typebox";
import { defineCommand } from "../command.ts";
import type { Tables } from "../tables.ts";
import { gainCredits } from "./debts.ts";
import { availableAccount, debtAccount, paymentsAccount } from "./ledger.ts";
import { Id, MicroCredits, payloadOf, TimeMs } from "./payload-fields.ts";
import { requireUser } from "./require-user.ts";

const Provider = Type.String({ pattern: "^[a-z0-9_-]{1,64}$" });

/**
 * Books bought credits, once per payment. What the user owes is paid first.
 * @throws AppError NOT_FOUND for an unknown user, INVALID_REQUEST when the payment was booked for another user or amount
 */
export const purchaseCredits = defineCommand({
  name: "ledger.purchase",
  payload: payloadOf({
    /** Of the ledger transaction. */
    id: Id,
    user_id: Id,
    amount_microcredits: MicroCredits,
    /** The provider's own name of the payment. */
    payment_id: Type.String({ minLength: 1, maxLength: 256 }),
    provider: Provider,
    description: Type.String({ maxLength: 512 }),
    now_ms: TimeMs,
  }),
  apply: async (tx, p) => {
    const amount = BigInt(p.amount_microcredits);
    if (amount === 0n) throw new AppError("INVALID_REQUEST", "a purchase of no credits cannot be booked");
    await requireUser(tx, p.user_id);
    const booked = await findPurchase(tx, p.payment_id);
    if (booked !== undefined) {
      const isOwn = [availableAccount(p.user_id), debtAccount(p.user_id)].includes(booked.accountId);
      if (!isOwn || booked.amount !== amount) {
        throw new AppError(
          "INVALID_REQUEST",
          `payment ${p.payment_id} was booked before with another amount or for another account: use a new payment id`,
        );
      }
      return { transaction_id: booked.transactionId, repeated: true };
    }
    await gainCredits(tx, {
      userId: p.user_id,
      from: paymentsAccount(p.provider),
      amount,
      transactionId: p.id,
      kind: "purchase",
      description: p.description,
      reference: p.payment_id,
      nowMs: p.now_ms,
    });
    return { transaction_id: p.id, repeated: false };
  },
});

async function findPurchase(tx: Transaction<Tables>, paymentId: string) {
  const gains = await tx
    .selectFrom("ledger_transactions")
    .innerJoin("ledger_entries", "ledger_entries.transaction_id", "ledger_transactions.id")
    .select(["ledger_entries.transaction_id", "ledger_entries.account_id", "ledger_entries.amount_microcredits"])
    // A literal: a planner must see it to take the index of payments.
    .where("ledger_transactions.kind", "=", sql.lit("purchase"))
    .where("ledger_transactions.reference", "=", paymentId)
    .where("ledger_entries.amount_microcredits", ">", 0n)
    .execute();
  const [first] = gains;
  if (first === undefined) return undefined;
  const amount = gains.reduce((sum, entry) => sum + entry.amount_microcredits, 0n);
  return { transactionId: first.transaction_id, accountId: first.account_id, amount };
}

/** Notes that a payment provider told something, so that it is acted upon once however often it is told. */
export const recordPaymentEvent = defineCommand({
  name: "payment.event",
  payload: payloadOf({
    /** The provider's own name of the event. */
    id: Type.String({ minLength: 1, maxLength: 256 }),
    provider: Provider,
    kind: Type.String({ minLength: 1, maxLength: 128 }),
    now_ms: TimeMs,
  }),
  apply: async (tx, p) => {
    const inserted = await tx
      .insertInto("payment_events")
      .values({ id: `${p.provider}:${p.id}`, provider: p.provider, kind: p.kind, received_at_ms: p.now_ms })
      .onConflict((oc) => oc.column("id").doNothing())
      .executeTakeFirstOrThrow();
    return { repeated: inserted.numInsertedOrUpdatedRows === 0n };
  },
});
