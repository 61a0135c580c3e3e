import { ERROR_CODES, type ErrorCode, isErrorCode } from "./error-codes.ts";

export type ErrorDetails = Readonly<Record<string, unknown>>;

/** An `AppError` as data: what crosses a thread, the wire, or HTTP. */
export interface AppErrorRecord {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details?: ErrorDetails;
}

/**
 * A failed operation. `message` says what went wrong, with which value, and what to do; it never repeats the
 * cause, which is kept in `cause` and printed as a chain by the log.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, options: { details?: ErrorDetails; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "AppError";
    this.code = code;
    this.details = options.details ?? {};
  }

  get status(): number {
    return ERROR_CODES[this.code].status;
  }

  get exitCode(): number {
    return ERROR_CODES[this.code].exitCode;
  }

  toRecord(): AppErrorRecord {
    return Object.keys(this.details).length === 0
      ? { code: this.code, message: this.message }
      : { code: this.code, message: this.message, details: this.details };
  }

  /** The inverse of `toRecord`; an unknown code (a newer peer's) becomes INTERNAL and keeps its message. */
  static fromRecord(record: { code: string; message: string; details?: ErrorDetails }): AppError {
    const code = isErrorCode(record.code) ? record.code : "INTERNAL";
    return new AppError(code, record.message, record.details === undefined ? {} : { details: record.details });
  }
}

/** Whether `error` is an `AppError` with one of these codes. */
export function hasCode(error: unknown, ...codes: readonly ErrorCode[]): error is AppError {
  return error instanceof AppError && codes.includes(error.code);
}
