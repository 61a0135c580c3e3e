import { creditBalance } from "./accounts.ts";
import { count, flag, list, mapOf, nullable, object, type Read, type Reader, text } from "./answer.ts";
import { withSignal } from "./http-attempt.ts";
import type { HttpTransport } from "./http-transport.ts";
import { listPages } from "./list-pages.ts";

const ITEMS_PER_PAGE = 200;

export type Role = "user" | "operator" | "admin";

/** A person's account. Times are ISO 8601 text. */
const person = object({
  id: text,
  email: text,
  name: text,
  /** user, operator or admin. */
  role: text,
  created_at: text,
  /** Since when the account is shut; null where it is open. */
  disabled_at: nullable(text),
  credits: creditBalance,
  /** Each version of a file counts. */
  stored_files: count,
  stored_bytes: count,
});

const grant = object({ amount: text, amount_microcredits: text, repeated: flag, balance: creditBalance });

const anything: Reader<unknown> = (value) => value;

/** Who did it, or what it was done to; the name is as it is now. */
const party = object({ kind: text, id: text, name: nullable(text) });

const adminAction = object({
  id: count,
  at: text,
  actor: party,
  /** Such as node.ban. */
  action: text,
  subject: party,
  /** Texts, numbers and truth values by name. */
  details: mapOf(anything),
});

const setting = object({
  name: text,
  value: anything,
  /** default, preset, file, environment or option. */
  source: text,
  /** Which file, or which variable. */
  where: nullable(text),
  description: text,
});

export type Person = Read<typeof person>;
export type Grant = Read<typeof grant>;
export type AdminAction = Read<typeof adminAction>;
export type Setting = Read<typeof setting>;

export interface PeopleOptions {
  /** The beginning of the e-mail address, or a whole id. */
  readonly startsWith?: string;
  readonly role?: Role;
  readonly signal?: AbortSignal;
}

export interface GrantTerms {
  /** A whole number of millionths of credits, above zero. */
  readonly microCredits: bigint;
  /** The person reads it in their history. */
  readonly reason: string;
  /** The same again gives only once. */
  readonly idempotencyKey: string;
}

/** For admins: each throws AppError FORBIDDEN for others. */
export interface Admin {
  /** By e-mail address. */
  people(options?: PeopleOptions): AsyncIterable<Person>;
  /** @throws AppError NOT_FOUND, LAST_ADMIN */
  setRole(userId: string, role: Role, signal?: AbortSignal): Promise<Person>;
  /** Shuts an account (its logins end, its files stay) or opens it. @throws AppError NOT_FOUND, LAST_ADMIN */
  setDisabled(userId: string, disabled: boolean, signal?: AbortSignal): Promise<Person>;
  /** @throws AppError NOT_FOUND, INVALID_REQUEST where the key stands for another grant */
  grant(userId: string, terms: GrantTerms, signal?: AbortSignal): Promise<Grant>;
  /** What was done, newest first. */
  actions(signal?: AbortSignal): AsyncIterable<AdminAction>;
  settings(signal?: AbortSignal): Promise<readonly Setting[]>;
}

export function createAdmin({ transport }: { readonly transport: HttpTransport }): Admin {
  const users = "/api/v1/admin/users";
  const change = (userId: string, body: object, signal: AbortSignal | undefined) =>
    transport.call(
      { method: "PATCH", path: `${users}/${encodeURIComponent(userId)}`, body, ...withSignal(signal) },
      person,
    );
  return {
    people: ({ startsWith, role, signal } = {}) =>
      listPages(
        transport,
        { method: "GET", path: users, query: { limit: ITEMS_PER_PAGE, q: startsWith, role }, ...withSignal(signal) },
        person,
      ),
    setRole: (userId, role, signal) => change(userId, { role }, signal),
    setDisabled: (userId, disabled, signal) => change(userId, { disabled }, signal),
    grant: (userId, { microCredits, reason, idempotencyKey }, signal) =>
      transport.call(
        {
          method: "POST",
          path: `${users}/${encodeURIComponent(userId)}/credits`,
          body: { amount_microcredits: microCredits.toString(), reason },
          headers: { "idempotency-key": idempotencyKey },
          idempotent: true,
          ...withSignal(signal),
        },
        grant,
      ),
    actions: (signal) =>
      listPages(
        transport,
        { method: "GET", path: "/api/v1/admin/actions", query: { limit: ITEMS_PER_PAGE }, ...withSignal(signal) },
        adminAction,
      ),
    settings: async (signal) => {
      const request = { method: "GET", path: "/api/v1/admin/settings", ...withSignal(signal) } as const;
      return (await transport.call(request, object({ items: list(setting) }))).items;
    },
  };
}
