import { AppError } from "@commonhold/core/app-error.ts";
import { isSecretName } from "./secret-name.ts";

export const REDACTED = "[redacted]";

const DEPTH_MAX = 8;
const CAUSES_MAX = 8;
const ITEMS_MAX = 100;
const TEXT_LENGTH_MAX = 16 * 1024;

/**
 * A value fit for a log: secrets by name replaced at every depth, errors with their causes as a chain, bytes as
 * their count; bounded in depth and size, so that no log call can take the process down.
 */
export function toLogValue(value: unknown, depth = 0): unknown {
  if (typeof value === "string") return shorten(value);
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Error) return toLogError(value, depth);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Date) return value;
  if (depth >= DEPTH_MAX) return "[too deep]";
  if (Array.isArray(value)) return value.slice(0, ITEMS_MAX).map((item) => toLogValue(item, depth + 1));
  if (value instanceof Set) return toLogValue([...value], depth);
  if (value instanceof Map) return toLogRecord(Object.fromEntries(value) as Record<string, unknown>, depth);
  return toLogRecord(value, depth);
}

/** The fields of an object by `toLogValue`. */
export function toLogRecord(record: object, depth = 0): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(record).slice(0, ITEMS_MAX)) {
    fields[name] = isSecretName(name) && value !== undefined ? REDACTED : toLogValue(value, depth + 1);
  }
  return fields;
}

/** An error as data, its `cause` nested: `{ type, code, message, details, stack, cause }`. */
function toLogError(error: Error, depth: number): Record<string, unknown> {
  const fields: Record<string, unknown> = { type: error.name, message: shorten(error.message) };
  if ("code" in error && typeof error.code !== "object") fields["code"] = error.code;
  if (error instanceof AppError && Object.keys(error.details).length > 0) {
    fields["details"] = toLogRecord(error.details, depth + 1);
  }
  if (error.stack !== undefined) fields["stack"] = shorten(error.stack);
  if (depth >= CAUSES_MAX) return fields;
  if (error instanceof AggregateError) {
    fields["errors"] = error.errors.slice(0, ITEMS_MAX).map((each) => toLogValue(each, depth + 1));
  }
  if (error.cause !== undefined) fields["cause"] = toLogValue(error.cause, depth + 1);
  return fields;
}

function shorten(text: string): string {
  return text.length <= TEXT_LENGTH_MAX ? text : `${text.slice(0, TEXT_LENGTH_MAX)}… (${text.length} characters)`;
}
