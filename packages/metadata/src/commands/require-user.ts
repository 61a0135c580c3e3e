import { AppError } from "@commonhold/core/app-error.ts";
import type { Transaction } from "kysely";
import type { Tables } from "../tables.ts";

/** @throws AppError NOT_FOUND */
export async function requireUser(tx: Transaction<Tables>, userId: string): Promise<void> {
  const user = await tx.selectFrom("users").select("id").where("id", "=", userId).executeTakeFirst();
  if (user === undefined) throw userNotFound(userId);
}

export function userNotFound(userId: string): AppError {
  return new AppError("NOT_FOUND", `there is no user ${userId}`);
}
