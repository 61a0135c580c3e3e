import { AppError } from "@commonhold/core/app-error.ts";
import type { Status } from "./gen/commonhold_pb.ts";
import { STATUS_MESSAGE_CHARACTERS_MAX } from "./protocols.ts";

const OK = "OK";
/** Longer than any code there is. */
const CODE_CHARACTERS_MAX = 64;

export interface StatusInit {
  readonly code: string;
  readonly message: string;
}

export const OK_STATUS: StatusInit = { code: OK, message: "" };

/** What a peer is told of `error`: an AppError's code and message, of anything else only that it happened. */
export function statusOf(error: unknown): StatusInit {
  if (!(error instanceof AppError))
    return { code: "INTERNAL", message: "the peer met an error that it did not expect" };
  return { code: error.code, message: error.message.slice(0, STATUS_MESSAGE_CHARACTERS_MAX).toWellFormed() };
}

/**
 * @throws AppError with the code and message of a refusal (an unknown code as INTERNAL), PROTOCOL_ERROR without a
 * status
 */
export function requireOk(status: Status | undefined): void {
  if (status === undefined || status.code === "") {
    throw new AppError("PROTOCOL_ERROR", "the peer's response has no status");
  }
  if (status.code === OK) return;
  throw AppError.fromRecord({
    code: status.code.slice(0, CODE_CHARACTERS_MAX),
    message: status.message.slice(0, STATUS_MESSAGE_CHARACTERS_MAX),
  });
}
