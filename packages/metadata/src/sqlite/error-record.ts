import { inspect } from "node:util";
import { AppError, type AppErrorRecord, type ErrorDetails } from "@commonhold/core/app-error.ts";

const CAUSES_MAX = 8;

interface CauseRecord {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
}

/** An `AppError` and its chain of causes as data that every thread can be sent. */
export interface ThreadErrorRecord extends AppErrorRecord {
  readonly causes: readonly CauseRecord[];
}

export function toThreadErrorRecord(error: AppError): ThreadErrorRecord {
  const causes: CauseRecord[] = [];
  for (let cause = error.cause; cause !== undefined && causes.length < CAUSES_MAX; ) {
    const known = cause instanceof Error ? cause : new Error(inspect(cause));
    causes.push({ name: known.name, message: known.message, stack: known.stack });
    cause = known.cause;
  }
  const { code, message, details } = error.toRecord();
  return { code, message, causes, ...(details === undefined ? {} : { details: toPlainDetails(details) }) };
}

export function fromThreadErrorRecord(record: ThreadErrorRecord): AppError {
  let cause: Error | undefined;
  for (const { name, message, stack } of record.causes.toReversed()) {
    const error = cause === undefined ? new Error(message) : new Error(message, { cause });
    error.name = name;
    if (stack !== undefined) error.stack = stack;
    cause = error;
  }
  return new AppError(record.code, record.message, {
    ...(record.details === undefined ? {} : { details: record.details }),
    ...(cause === undefined ? {} : { cause }),
  });
}

function toPlainDetails(details: ErrorDetails): ErrorDetails {
  const text = JSON.stringify(details, (_key, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
  return JSON.parse(text) as ErrorDetails;
}
