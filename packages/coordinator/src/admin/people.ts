import { AppError } from "@commonhold/core/app-error.ts";
import { isUuid } from "@commonhold/core/ids.ts";
import { availableAccount, reservedAccount } from "@commonhold/metadata/commands/ledger.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import type { Role } from "@commonhold/metadata/tables.ts";
import { sql } from "kysely";
import type { CreditBalance } from "../credits/credit-balance.ts";

/** A person's account as admins see it. */
export interface Person {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly createdAtMs: number;
  /** Since when the account is shut. */
  readonly disabledAtMs: number | undefined;
  readonly credits: CreditBalance;
  /** Of all that can be read, older versions of files among it. */
  readonly storedFiles: number;
  readonly storedBytes: number;
}

export interface PeopleQuery {
  /** The beginning of the e-mail address, or a whole id. */
  readonly startsWith?: string | undefined;
  readonly role?: Role | undefined;
  /** Those whose e-mail address comes after this one. */
  readonly after?: string | undefined;
  readonly limit: number;
}

export interface People {
  /** In the order of their e-mail addresses. */
  list(query: PeopleQuery): Promise<readonly Person[]>;
  /** @throws AppError NOT_FOUND */
  get(id: string): Promise<Person>;
}

/** Above every text that begins with what stands before it. */
const ABOVE_ALL = "\u{10ffff}";

export function createPeople({ read }: Pick<Metadata, "read">): People {
  const users = () =>
    read.selectFrom("users").select(["id", "email", "name", "role", "created_at_ms", "disabled_at_ms"]);

  async function withHoldings(rows: readonly UserRow[]): Promise<readonly Person[]> {
    if (rows.length === 0) return [];
    const ids = rows.map(({ id }) => id);
    const [balances, stored] = await Promise.all([balancesOf(read, ids), storedOf(read, ids)]);
    return rows.map((row) => ({
      id: row.id,
      email: row.email,
      name: row.name,
      role: row.role,
      createdAtMs: row.created_at_ms,
      disabledAtMs: row.disabled_at_ms ?? undefined,
      credits: {
        available: balances.get(availableAccount(row.id)) ?? 0n,
        reserved: balances.get(reservedAccount(row.id)) ?? 0n,
      },
      storedFiles: stored.get(row.id)?.files ?? 0,
      storedBytes: stored.get(row.id)?.bytes ?? 0,
    }));
  }

  return {
    list: async ({ startsWith, role, after, limit }) => {
      let select = users().orderBy("email").limit(limit);
      if (role !== undefined) select = select.where("role", "=", role);
      if (after !== undefined) select = select.where("email", ">", after);
      if (startsWith !== undefined && isUuid(startsWith)) select = select.where("id", "=", startsWith);
      else if (startsWith !== undefined) {
        const prefix = startsWith.toLowerCase();
        select = select.where("email", ">=", prefix).where("email", "<", `${prefix}${ABOVE_ALL}`);
      }
      return await withHoldings(await select.execute());
    },
    get: async (id) => {
      const [person] = await withHoldings(await users().where("id", "=", id).execute());
      if (person === undefined) throw new AppError("NOT_FOUND", `there is no user ${id}`);
      return person;
    },
  };
}

interface UserRow {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly created_at_ms: number;
  readonly disabled_at_ms: number | null;
}

async function balancesOf(read: Metadata["read"], ids: readonly string[]): Promise<ReadonlyMap<string, bigint>> {
  const accounts = ids.flatMap((id) => [availableAccount(id), reservedAccount(id)]);
  const rows = await read
    .selectFrom("ledger_accounts")
    .select(["id", "balance_microcredits"])
    .where("id", "in", accounts)
    .execute();
  return new Map(rows.map((row) => [row.id, row.balance_microcredits]));
}

async function storedOf(
  read: Metadata["read"],
  ids: readonly string[],
): Promise<ReadonlyMap<string, { readonly files: number; readonly bytes: number }>> {
  const rows = await read
    .selectFrom("files")
    .select((eb) => ["owner_id", eb.fn.countAll<number>().as("files"), eb.fn.sum<number>("size_bytes").as("bytes")])
    .where("owner_id", "in", ids)
    // A literal: a planner must see it to take the index of what is stored.
    .where("state", "=", sql.lit("complete"))
    .groupBy("owner_id")
    .execute();
  return new Map(rows.map((row) => [row.owner_id, { files: Number(row.files), bytes: Number(row.bytes) }]));
}
