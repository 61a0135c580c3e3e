import type { CommandPayload } from "../metadata.ts";
import { type InProcessMetadata, openInProcessMetadata, storePayload } from "../catalog/catalog.fixture.ts";
import { userPayload } from "./payloads.fixture.ts";

export const DAY_MS = 86_400_000;

/** Ada of `openInProcessMetadata` has it in the beginning. */
export const CREDITS = 1_000_000_000_000n;

/** The tables, and what tests of accounts do and ask all the time. */
export interface EconomyFixture {
  readonly metadata: InProcessMetadata;
  /** Those that are not zero, but for payments. */
  balances(): Promise<Record<string, bigint>>;
  /** What was booked on an account, "kind amount". */
  kindsOf(account: string): Promise<readonly string[]>;
  /** Another user. */
  addBea(credits: number): Promise<void>;
  /** An empty file, for that price. */
  store(id: string, cost: string, overrides?: Partial<CommandPayload<"file.store">>): Promise<unknown>;
  /** After 100 days. */
  chargeDay(
    day: string,
    owner: string,
    charged: number,
    byteMs?: string,
  ): Promise<{ readonly charged: number; readonly repeated: number; readonly arrears_began: readonly string[] }>;
  arrearsOf(id: string): Promise<number | null>;
}

export async function openEconomy(): Promise<EconomyFixture> {
  const metadata = await openInProcessMetadata();
  const { read, apply } = metadata;
  return {
    metadata,
    balances: async () => {
      const rows = await read
        .selectFrom("ledger_accounts")
        .select(["id", "balance_microcredits"])
        .where("balance_microcredits", "!=", 0n)
        .where("id", "not like", "system:payments:%")
        .where("id", "!=", "system:welcome")
        .execute();
      return Object.fromEntries(rows.map((row) => [row.id, row.balance_microcredits]));
    },
    kindsOf: async (account) => {
      const rows = await read
        .selectFrom("ledger_entries")
        .innerJoin("ledger_transactions", "ledger_transactions.id", "ledger_entries.transaction_id")
        .select(["kind", "amount_microcredits"])
        .where("account_id", "=", account)
        .orderBy("ledger_entries.id")
        .execute();
      return rows.map((row) => `${row.kind} ${row.amount_microcredits}`);
    },
    addBea: async (credits) => {
      await apply("user.create", userPayload("bea", { welcome_microcredits: `${credits}` }));
    },
    store: (id, cost, overrides) =>
      apply("file.store", storePayload(id, null, { cost_microcredits: cost, now_ms: 0, ...overrides })),
    chargeDay: (day, owner, charged, byteMs = "9") =>
      apply("economics.charge_owners", {
        day,
        price_microcredits: "1000000",
        lines: [{ owner_id: owner, byte_ms: byteMs, charged_microcredits: `${charged}` }],
        now_ms: 100 * DAY_MS,
      }),
    arrearsOf: async (id) => {
      const user = read.selectFrom("users").select("arrears_since_ms").where("id", "=", id);
      return (await user.executeTakeFirstOrThrow()).arrears_since_ms;
    },
  };
}
