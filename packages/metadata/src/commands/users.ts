import { AppError } from "@commonhold/core/app-error.ts";
import Type from "typebox";
import { defineCommand } from "../command.ts";
import { availableAccount, postTransaction, WELCOME_ACCOUNT } from "./ledger.ts";
import { Id, MicroCredits, payloadOf, TimeMs } from "./payload-fields.ts";

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
    password_hash: Type.String({ minLength: 1, maxLength: 1_024 }),
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
