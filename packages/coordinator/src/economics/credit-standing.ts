import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import { formatCredits } from "@commonhold/core/credits.ts";
import {
  type CreditState,
  creditsLastUntilMs,
  creditStateOf,
  uploadsStopAtMs,
} from "@commonhold/core/economics/credit-state.ts";
import type { UserId } from "@commonhold/core/ids.ts";
import {
  availableAccount,
  debtAccount,
  prepaidAccount,
  reservedAccount,
} from "@commonhold/metadata/commands/ledger.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import { prepareQuery } from "@commonhold/metadata/prepared-query.ts";

/** How an owner stands with credits; amounts in micro-credits, times in milliseconds since 1970. */
export interface CreditStanding {
  readonly state: CreditState;
  readonly available: bigint;
  readonly reserved: bigint;
  readonly prepaid: bigint;
  /** What is owed, not negative. */
  readonly debt: bigint;
  readonly arrearsSinceMs: number | undefined;
  /** When new uploads are refused, where the debt is not paid by then. */
  readonly uploadsStopAtMs: number | undefined;
  /** The last day that is settled, where something was stored in it. */
  readonly lastDay: ChargedDay | undefined;
  /** Until when the credits last if every day is as the last one. */
  readonly lastsUntilMs: number | undefined;
}

export interface ChargedDay {
  readonly day: string;
  readonly byteMs: bigint;
  /** For a GB and month. */
  readonly price: bigint;
  readonly charged: bigint;
}

export interface DaysPage {
  /** Only those before this UTC day. */
  readonly before?: string | undefined;
  readonly limit: number;
}

export interface CreditStandings {
  of(userId: UserId): Promise<CreditStanding>;
  /** The days for which a user was charged, newest first. */
  daysOf(userId: UserId, page: DaysPage): Promise<readonly ChargedDay[]>;
  /** @throws AppError INSUFFICIENT_CREDITS with `reason: "arrears"` for an owner who has owed for longer than the grace */
  refuseInArrears(userId: UserId): Promise<void>;
}

export interface CreditStandingsDeps {
  readonly metadata: Pick<Metadata, "read">;
  readonly clock: Clock;
}

const arrearsOf = prepareQuery((read, values: { readonly userId: string }) =>
  read.selectFrom("users").select("arrears_since_ms").where("id", "=", values.userId),
);

export function createCreditStandings(
  { metadata, clock }: CreditStandingsDeps,
  { graceMs }: { readonly graceMs: number },
): CreditStandings {
  const { read } = metadata;

  const arrearsSinceMs = async (userId: UserId): Promise<number | undefined> => {
    const [user] = await arrearsOf(read, { userId });
    return user?.arrears_since_ms ?? undefined;
  };

  return {
    of: async (userId) => {
      const nowMs = clock.nowMs();
      const balances = await readAccounts(read, userId);
      const lastDay = await readLastDay(read, userId);
      const sinceMs = await arrearsSinceMs(userId);
      const figures = { ...balances, lastDayCharge: lastDay?.charged ?? 0n, arrearsSinceMs: sinceMs };
      return {
        ...balances,
        state: creditStateOf(figures, { nowMs, graceMs }),
        arrearsSinceMs: sinceMs,
        uploadsStopAtMs: sinceMs === undefined ? undefined : uploadsStopAtMs(sinceMs, graceMs),
        lastDay,
        lastsUntilMs: creditsLastUntilMs(figures, nowMs),
      };
    },

    daysOf: (userId, page) => readDays(read, userId, page),

    refuseInArrears: async (userId) => {
      const sinceMs = await arrearsSinceMs(userId);
      if (sinceMs === undefined || clock.nowMs() < uploadsStopAtMs(sinceMs, graceMs)) return;
      const { debt } = await readAccounts(read, userId);
      throw new AppError(
        "INSUFFICIENT_CREDITS",
        `you owe ${formatCredits(debt)} credits for storage since ${new Date(sinceMs).toISOString()}: buy credits, and ` +
          "uploads are taken again. All that you have stored is kept, and can be read and deleted",
        { details: { reason: "arrears", owed: formatCredits(debt), since: new Date(sinceMs).toISOString() } },
      );
    },
  };
}

async function readAccounts(read: Metadata["read"], userId: UserId) {
  const ids = [availableAccount(userId), reservedAccount(userId), prepaidAccount(userId), debtAccount(userId)];
  const rows = await read
    .selectFrom("ledger_accounts")
    .select(["id", "balance_microcredits"])
    .where("id", "in", ids)
    .execute();
  const balances = new Map(rows.map((row) => [row.id, row.balance_microcredits]));
  const [available, reserved, prepaid, debt] = ids.map((id) => balances.get(id) ?? 0n) as [
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  return { available, reserved, prepaid, debt: -debt };
}

/** Where the last day that is settled is no day of this owner, nothing was stored in it. */
async function readLastDay(read: Metadata["read"], userId: UserId): Promise<ChargedDay | undefined> {
  const { last } = await read
    .selectFrom("settled_days")
    .select((eb) => eb.fn.max<string | null>("day").as("last"))
    .executeTakeFirstOrThrow();
  const [day] = await readDays(read, userId, { limit: 1 });
  return day !== undefined && day.day === last ? day : undefined;
}

async function readDays(
  read: Metadata["read"],
  userId: UserId,
  { before, limit }: DaysPage,
): Promise<readonly ChargedDay[]> {
  const all = read.selectFrom("owner_days").selectAll().where("owner_id", "=", userId);
  const some = before === undefined ? all : all.where("day", "<", before);
  const rows = await some.orderBy("day", "desc").limit(limit).execute();
  return rows.map((row) => ({
    day: row.day,
    byteMs: BigInt(row.byte_ms),
    price: row.price_microcredits,
    charged: row.charged_microcredits,
  }));
}
