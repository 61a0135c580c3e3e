import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import { Counter, type Registry } from "prom-client";
import type { PaymentNotice, PaymentState, RemotePayments } from "./payment-provider.ts";
import type { PurchaseBooking } from "./purchase-booking.ts";

/**
 * booked: credits are in the account · repeated: they were already, or the notice was seen before · noted: nothing was
 * paid yet · foreign: not about this coordinator · refused: not as it was made here · unbookable: paid, and no account
 * takes it.
 */
const NOTICE_OUTCOMES = ["booked", "repeated", "noted", "foreign", "refused", "unbookable"] as const;
export type NoticeOutcome = (typeof NOTICE_OUTCOMES)[number];

export interface PaymentNotices {
  /**
   * Takes what a provider sent: checks it, books what was paid, and answers for good. Sent again, in another order or
   * twice at once, it books each payment once.
   * @throws AppError INVALID_REQUEST for what is not genuine or too old; anything else means: send it again later
   */
  receive(body: Uint8Array, signature: string): Promise<NoticeOutcome>;
}

export interface PaymentNoticesDeps {
  readonly remote: Pick<RemotePayments, "readNotice">;
  readonly booking: Pick<PurchaseBooking, "book">;
  readonly metadata: Metadata;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "info" | "warn" | "error">;
  readonly registry: Registry;
}

/** @param provider the name of the provider, as it stands in the ledger */
export function createPaymentNotices(deps: PaymentNoticesDeps, provider: string): PaymentNotices {
  const { remote, metadata, clock, logger } = deps;
  const received = new Counter({
    name: "commonhold_payment_notices_total",
    help: "Genuine notices of the payment provider, by what came of them.",
    labelNames: ["outcome"],
    registers: [deps.registry],
  });
  for (const outcome of NOTICE_OUTCOMES) received.inc({ outcome }, 0);

  async function handle(notice: PaymentNotice): Promise<NoticeOutcome> {
    const { content, eventId, kind } = notice;
    if (content.verdict === "foreign") return "foreign";
    if (content.verdict === "refused") {
      logger.error(
        { event: eventId, kind, why: content.why },
        "a payment is not as it was made here: nothing is booked",
      );
      return "refused";
    }
    if (await isKnown(metadata, `${provider}:${eventId}`)) return "repeated";
    const outcome = await settle(content.state, notice);
    // Last: after a crash before it the notice is sent again, and the payment's own name keeps it from counting twice.
    if (outcome !== "unbookable") {
      await metadata.apply("payment.event", { id: eventId, provider, kind, now_ms: clock.nowMs() });
    }
    return outcome;
  }

  async function settle({ status, terms }: PaymentState, { eventId, kind }: PaymentNotice): Promise<NoticeOutcome> {
    const about = { event: eventId, kind, payment: terms.paymentId, user: terms.userId };
    if (status !== "paid") {
      logger.info({ ...about, status }, "a payment goes on");
      return "noted";
    }
    try {
      const { repeated } = await deps.booking.book(terms);
      if (!repeated) logger.info(about, "a payment is booked");
      return repeated ? "repeated" : "booked";
    } catch (error) {
      if (!isFinal(error)) throw error;
      logger.error({ ...about, err: error }, "a payment was made that cannot be booked: give the money back by hand");
      return "unbookable";
    }
  }

  return {
    receive: async (body, signature) => {
      const outcome = await handle(remote.readNotice(body, signature));
      received.inc({ outcome });
      return outcome;
    },
  };
}

/** @param id as the command `payment.event` writes it */
async function isKnown(metadata: Pick<Metadata, "read">, id: string): Promise<boolean> {
  const row = await metadata.read.selectFrom("payment_events").select("id").where("id", "=", id).executeTakeFirst();
  return row !== undefined;
}

/** Whether another try would be refused for the same reason. */
function isFinal(error: unknown): boolean {
  return error instanceof AppError && (error.code === "NOT_FOUND" || error.code === "INVALID_REQUEST");
}
