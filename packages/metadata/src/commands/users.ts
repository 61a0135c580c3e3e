import { AppError } from "@commonhold/core/app-error.ts";
import Type from "typebox";
import { defineCommand } from "../command.ts";
import { availableAccount, postTransaction, WELCOME_ACCOUNT } from "./ledger.ts";
import { Id, MicroCredits, payloadOf, TimeMs } from "./payload-fields.ts";

/** PHC text. */
const PasswordHash = Type.String({ minLength: 1, maxLength: 1_024 });
const Role = Type.Union([Type.Literal("user"), Type.Literal("operator"), Type.Literal("admin")]);

/**
 * Makes an account and posts its welcome grant.
 * @throws AppError EMAIL_TAKEN
 */
export const createUser = defineCommand({
  name: "user.create",
  payload: payloadOf({
    id: Id,
    /** Lower case. */
    email: Type.String({ pattern: "^[^\\sA-Z@]+@[^\\sA-Z@]+$", maxLength: 254 }),
    name: Type.String({ maxLength: 256 }),
    role: Role,
    password_hash: PasswordHash,
    /** Base64. */
    sealed_secret: Type.String({ pattern: "^[A-Za-z0-9+/]+={0,2}$", maxLength: 4_096 }),
    created_at_ms: TimeMs,
    /** "0": no grant. */
    welcome_microcredits: MicroCredits,
  }),
  apply: async (tx, p) => {
    const inserted = await tx
      .insertInto("users")
      .values({
        id: p.id,
        email: p.email,
        name: p.name,
        role: p.role,
        password_hash: p.password_hash,
        sealed_secret: Buffer.from(p.sealed_secret, "base64"),
        created_at_ms: p.created_at_ms,
      })
      .onConflict((oc) => oc.column("email").doNothing())
      .executeTakeFirstOrThrow();
    if (inserted.numInsertedOrUpdatedRows === 0n) {
      throw new AppError("EMAIL_TAKEN", `${p.email} has an account already: log in, or use another address`);
    }
    const welcome = BigInt(p.welcome_microcredits);
    if (welcome > 0n) {
      await postTransaction(tx, {
        id: `welcome-${p.id}`,
        kind: "welcome",
        description: "Welcome grant",
        reference: p.id,
        created_at_ms: p.created_at_ms,
        entries: [
          { account_id: WELCOME_ACCOUNT, amount: -welcome },
          { account_id: availableAccount(p.id), amount: welcome },
        ],
      });
    }
    return null;
  },
});

/**
 * Changes a password and ends the user's logins, all but one.
 * @throws AppError CONCURRENT_CHANGE where the password is no longer the one that was proved to be known
 */
export const setPassword = defineCommand({
  name: "user.set_password",
  payload: payloadOf({
    user_id: Id,
    old_hash: PasswordHash,
    new_hash: PasswordHash,
    /** Of the login that stays; null: none. */
    kept_family_id: Type.Union([Id, Type.Null()]),
  }),
  apply: async (tx, p) => {
    const { numUpdatedRows } = await tx
      .updateTable("users")
      .set({ password_hash: p.new_hash })
      .where("id", "=", p.user_id)
      .where("password_hash", "=", p.old_hash)
      .executeTakeFirstOrThrow();
    if (numUpdatedRows === 0n) {
      throw new AppError("CONCURRENT_CHANGE", "the password was changed meanwhile: sign in with the new one");
    }
    const { ended } = await tx
      .selectFrom("refresh_tokens")
      .select((eb) => eb.fn.count<number>("family_id").distinct().as("ended"))
      .where("user_id", "=", p.user_id)
      .where("family_id", "!=", p.kept_family_id ?? "")
      .executeTakeFirstOrThrow();
    await tx
      .deleteFrom("refresh_tokens")
      .where("user_id", "=", p.user_id)
      .where("family_id", "!=", p.kept_family_id ?? "")
      .execute();
    return { ended: Number(ended) };
  },
});
