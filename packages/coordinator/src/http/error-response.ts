import { AppError, type ErrorDetails } from "@commonhold/core/app-error.ts";
import type { ErrorCode } from "@commonhold/core/error-codes.ts";

/** What every refused or failed request answers. */
export interface ErrorBody {
  readonly error: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly details?: ErrorDetails;
    readonly request_id: string;
  };
}

export const BAD_ESCAPE = "the address has a % that is not followed by two hex digits of valid UTF-8";

/** What Fastify itself refuses, in our words. */
const FRAMEWORK_ERRORS: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ["BODY_TOO_LARGE", "the body is too large for this call"],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ["INVALID_REQUEST", "the body is not as long as its Content-Length says"],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ["INVALID_REQUEST", "the Content-Type is not one that this call takes"],
  FST_ERR_BAD_URL: ["INVALID_REQUEST", BAD_ESCAPE],
  FST_ERR_MAX_PARAM_LENGTH: ["INVALID_REQUEST", "a part of the address is too long"],
  FST_ERR_HANDLER_TIMEOUT: ["TIMEOUT", "the coordinator took too long to answer"],
};

/** Any thrown value as the error that the caller may see; what is unforeseen stays in `cause`, for the log alone. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const { code, statusCode, message } = fieldsOf(error);
  const known = typeof code === "string" ? FRAMEWORK_ERRORS[code] : undefined;
  if (known !== undefined) return new AppError(known[0], known[1], { cause: error });
  if (code === "ECONNRESET" || code === "ERR_STREAM_PREMATURE_CLOSE") {
    return new AppError("CLIENT_CLOSED", "the client went away before the answer", { cause: error });
  }
  if (typeof statusCode === "number" && statusCode >= 400 && statusCode < 500 && typeof code === "string") {
    return new AppError("INVALID_REQUEST", typeof message === "string" ? message : "the request is not valid", {
      cause: error,
    });
  }
  return new AppError("INTERNAL", "something failed inside the coordinator: its log has the cause under request_id", {
    cause: error,
  });
}

export function errorBody(error: AppError, requestId: string): ErrorBody {
  const { code, message, details } = error.toRecord();
  return {
    error: {
      code,
      message,
      ...(details === undefined ? {} : { details: withoutBigInts(details) }),
      request_id: requestId,
    },
  };
}

/** Headers that go with an error: when to try again (RFC 9110, 10.2.3) and how to sign in (RFC 6750, 3). */
export function errorHeaders(error: AppError): Readonly<Record<string, string>> {
  const retryAfterS = error.details["retry_after_s"];
  const headers: Record<string, string> = {};
  if (typeof retryAfterS === "number") headers["retry-after"] = String(Math.max(1, Math.ceil(retryAfterS)));
  else if (error.status === 503 || error.status === 429) headers["retry-after"] = "1";
  if (error.status === 401) {
    const presented = error.code === "TOKEN_EXPIRED" ? ', error="invalid_token"' : "";
    headers["www-authenticate"] = `Bearer realm="commonhold"${presented}`;
  }
  return headers;
}

function fieldsOf(error: unknown): {
  readonly code?: unknown;
  readonly statusCode?: unknown;
  readonly message?: unknown;
} {
  return typeof error === "object" && error !== null ? error : {};
}

/** JSON has no bigint; amounts travel as text. */
function withoutBigInts(details: ErrorDetails): ErrorDetails {
  return Object.fromEntries(
    Object.entries(details).map(([key, value]) => [key, typeof value === "bigint" ? value.toString() : value]),
  );
}
