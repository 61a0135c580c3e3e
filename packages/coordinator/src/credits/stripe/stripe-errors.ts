import { AppError } from "@commonhold/core/app-error.ts";
import { BulkheadRejectedError } from "cockatiel";

const MESSAGE_LENGTH_MAX = 300;

/** A failed call of Stripe's library as what a person may be told; its words stay in the cause, for the log. */
export function toPaymentError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof BulkheadRejectedError) {
    return new AppError("OVERLOADED", "too many payments are being begun at this moment: try again shortly", {
      cause: error,
    });
  }
  const { type, message, statusCode } = fieldsOf(error);
  switch (type) {
    case "StripeIdempotencyError":
      return new AppError("INVALID_REQUEST", "the Idempotency-Key was used for another amount: use a new one", {
        details: { in: "header", field: "idempotency-key" },
        cause: error,
      });
    case "StripeCardError":
    case "StripeInvalidRequestError":
      return new AppError("PAYMENT_REFUSED", `Stripe refuses this payment: ${message.slice(0, MESSAGE_LENGTH_MAX)}`, {
        cause: error,
      });
    case "StripeAuthenticationError":
    case "StripePermissionError":
      return unavailable(error, "Stripe does not take this coordinator's key: its admin has to look at the settings");
    default:
      return unavailable(error, `Stripe cannot be reached or does not answer${statusCode}: try again in a moment`);
  }
}

function unavailable(cause: unknown, message: string): AppError {
  return new AppError("PAYMENT_UNAVAILABLE", message, { cause });
}

/** Whether Stripe says that it has no such thing. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && "statusCode" in error && error.statusCode === 404;
}

function fieldsOf(error: unknown): { readonly type: string; readonly message: string; readonly statusCode: string } {
  if (!(error instanceof Error)) return { type: "", message: "", statusCode: "" };
  const type = "type" in error ? String(error.type) : "";
  const isAnswered = "statusCode" in error && typeof error.statusCode === "number";
  return { type, message: error.message, statusCode: isAnswered ? ` (it says ${error.statusCode})` : "" };
}
