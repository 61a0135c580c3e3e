import { AppError } from "@commonhold/core/app-error.ts";
import type { Transaction } from "kysely";
import type { Tables } from "../tables.ts";

/** @throws AppError NOT_FOUND */
export async function requireUser(tx: Transaction<Tables>, userId: string): Promise<void> {
  const user = await tx.selectFrom("users").select("id").where("id", "=", userId).executeTakeFirst();
  if (user === undefined) throw userNotFound(userId);
}

/** @throws AppError NOT_FOUND, ACCOUNT_DISABLED */
export async function requireOpenAccount(tx: Transaction<Tables>, userId: string): Promise<void> {
  const user = await tx.selectFrom("users").select("disabled_at_ms").where("id", "=", userId).executeTakeFirst();
  if (user === undefined) throw userNotFound(userId);
  if (user.disabled_at_ms !== null) throw accountDisabled();
}

export function accountDisabled(): AppError {
  return new AppError("ACCOUNT_DISABLED", "this account is shut: ask the admins of this network; its files are kept");
}

export function userNotFound(userId: string): AppError {
  return new AppError("NOT_FOUND", `there is no user ${userId}`);
}
