import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import { uuidV7 } from "@commonhold/core/ids.ts";
import type { Random } from "@commonhold/core/random.ts";
import { pendingAccount } from "@commonhold/metadata/commands/ledger.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import type { CreditBalance, NodeEarnings } from "./credit-balance.ts";
import type { Payment, PaymentProvider, PaymentStatus } from "./payment-provider.ts";
import { createPurchaseBooking } from "./purchase-booking.ts";
import { formatUsd } from "./usd-amount.ts";

export interface CreditServiceDeps {
  readonly metadata: Metadata;
  readonly clock: Clock;
  readonly random: Random;
  readonly provider: PaymentProvider;
}

export interface CreditServiceOptions {
  /** Whole credits for one dollar. */
  readonly creditsPerUsd: number;
}

export interface PurchaseRequest {
  readonly userId: string;
  readonly amountUsdCents: number;
  /** Names the purchase, so that a repeated request buys once; without it, each request is a purchase of its own. */
  readonly idempotencyKey?: string | undefined;
}

/** pending: the person has yet to pay, at the checkout's address. */
export type Purchase = Payment & {
  readonly provider: string;
  readonly amountUsdCents: number;
  readonly microCredits: bigint;
  readonly balance: CreditBalance;
};

/** completed: the credits are in the account; else as the provider says. */
export interface PurchaseProgress {
  readonly status: "completed" | Exclude<PaymentStatus, "paid">;
  readonly balance: CreditBalance;
}

/** One movement of a user's available credits. */
export interface CreditMovement {
  readonly entryId: number;
  readonly kind: string;
  readonly description: string;
  readonly reference: string;
  /** Negative: less is available after it. */
  readonly microCredits: bigint;
  readonly createdAtMs: number;
}

export interface HistoryPage {
  readonly movements: readonly CreditMovement[];
  readonly hasMore: boolean;
}

export interface CreditService {
  /** @throws AppError INVALID_REQUEST (amount, or a key used for another amount), PAYMENT_REFUSED, PAYMENT_UNAVAILABLE */
  purchase(request: PurchaseRequest): Promise<Purchase>;
  /**
   * How a purchase of this user stands; where it turns out to be paid, it is booked.
   * @throws AppError NOT_FOUND where this user has none of that name, PAYMENT_UNAVAILABLE
   */
  purchaseProgress(userId: string, paymentId: string): Promise<PurchaseProgress>;
  userBalance(userId: string): Promise<CreditBalance>;
  nodeEarnings(nodeId: string): Promise<NodeEarnings>;
  /** Newest first, those older than the entry `before`. */
  history(userId: string, page: { readonly limit: number; readonly before?: number | undefined }): Promise<HistoryPage>;
}

const MICRO_CREDITS_PER_CREDIT_CENT = 10_000n;

export function createCreditService(deps: CreditServiceDeps, options: CreditServiceOptions): CreditService {
  const { metadata, clock, random, provider } = deps;
  const booking = createPurchaseBooking(deps, provider.name);

  const userBalance = async (userId: string): Promise<CreditBalance> => {
    const ids = { available: `user:${userId}:available`, reserved: `user:${userId}:reserved` };
    return readBalances(metadata, ids);
  };

  return {
    userBalance,
    nodeEarnings: async (nodeId) => {
      const { pending } = await readBalances(metadata, { pending: pendingAccount(nodeId) });
      const paid = await readPayouts(metadata, nodeId);
      return { earned: paid + pending, pending, paid };
    },

    purchase: async ({ userId, amountUsdCents, idempotencyKey }) => {
      refuseBeyondLimits(provider, amountUsdCents);
      const microCredits = BigInt(amountUsdCents) * BigInt(options.creditsPerUsd) * MICRO_CREDITS_PER_CREDIT_CENT;
      const terms = { userId, amountUsdCents, microCredits };
      const key = idempotencyKey ?? uuidV7(clock.nowMs(), random.bytes(10));
      const payment = await provider.charge({ ...terms, idempotencyKey: key });
      const { paymentId } = payment;
      if (payment.status === "completed") await booking.book({ ...terms, paymentId });
      // A repeated request may come after the person has paid.
      const isBooked = payment.status === "completed" || (await booking.isBooked(userId, paymentId));
      const state: Payment = isBooked ? { status: "completed", paymentId } : payment;
      return { ...state, provider: provider.name, amountUsdCents, microCredits, balance: await userBalance(userId) };
    },

    purchaseProgress: async (userId, paymentId) => {
      const progress = async (status: PurchaseProgress["status"]) => ({ status, balance: await userBalance(userId) });
      if (await booking.isBooked(userId, paymentId)) return progress("completed");
      const state = await provider.remote?.find(paymentId);
      if (state === undefined || state.terms.userId !== userId) {
        throw new AppError("NOT_FOUND", `there is no purchase ${paymentId} of yours`);
      }
      if (state.status !== "paid") return progress(state.status);
      await booking.book(state.terms);
      return progress("completed");
    },

    history: async (userId, { limit, before }) => {
      let query = metadata.read
        .selectFrom("ledger_entries")
        .innerJoin("ledger_transactions", "ledger_transactions.id", "ledger_entries.transaction_id")
        .select([
          "ledger_entries.id as entryId",
          "ledger_transactions.kind",
          "ledger_transactions.description",
          "ledger_transactions.reference",
          "ledger_entries.amount_microcredits",
          "ledger_transactions.created_at_ms as createdAtMs",
        ])
        .where("ledger_entries.account_id", "=", `user:${userId}:available`)
        .orderBy("ledger_entries.id", "desc")
        .limit(limit + 1);
      if (before !== undefined) query = query.where("ledger_entries.id", "<", before);
      const rows = await query.execute();
      const movements = rows
        .slice(0, limit)
        .map(({ amount_microcredits, ...row }) => ({ ...row, microCredits: amount_microcredits }));
      return { movements, hasMore: rows.length > limit };
    },
  };
}

function refuseBeyondLimits(provider: PaymentProvider, amountUsdCents: number): void {
  const { min, max } = provider.limitsUsdCents;
  if (amountUsdCents >= min && amountUsdCents <= max) return;
  throw new AppError(
    "INVALID_REQUEST",
    `amount_usd is ${formatUsd(amountUsdCents)}: one payment takes ${formatUsd(min)} to ${formatUsd(max)} dollars`,
    { details: { in: "body", field: "amount_usd", min_usd: formatUsd(min), max_usd: formatUsd(max) } },
  );
}

/** Micro-credits that were paid out for what a node earned. */
async function readPayouts({ read }: Pick<Metadata, "read">, nodeId: string): Promise<bigint> {
  const payouts = await read
    .selectFrom("node_payouts")
    .select("amount_microcredits")
    .where("node_id", "=", nodeId)
    .execute();
  return payouts.reduce((sum, payout) => sum + payout.amount_microcredits, 0n);
}

/** Micro-credits by name; an account that does not exist yet holds none. */
async function readBalances<Name extends string>(
  metadata: Pick<Metadata, "read">,
  accountIds: Readonly<Record<Name, string>>,
): Promise<Record<Name, bigint>> {
  const names = Object.keys(accountIds) as Name[];
  const rows = await metadata.read
    .selectFrom("ledger_accounts")
    .select(["id", "balance_microcredits"])
    .where(
      "id",
      "in",
      names.map((name) => accountIds[name]),
    )
    .execute();
  const balances = new Map(rows.map((row) => [row.id, row.balance_microcredits]));
  return Object.fromEntries(names.map((name) => [name, balances.get(accountIds[name]) ?? 0n])) as Record<Name, bigint>;
}
