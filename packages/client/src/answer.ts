import { AppError } from "@commonhold/core/app-error.ts";

/**
 * Checks one value of an answer and gives it back typed. Fields that nobody asked for stay in the object, so a newer
 * coordinator's answer passes through whole.
 * @throws AppError PROTOCOL_ERROR naming the field
 */
export type Reader<T> = (value: unknown, path: string) => T;

/** What a reader gives. */
export type Read<R> = R extends Reader<infer T> ? T : never;

export const text: Reader<string> = (value, path) => (typeof value === "string" ? value : refuse(path, "text", value));

/** A whole number from 0 to 2^53 - 1: bytes, pieces, seconds. */
export const count: Reader<number> = (value, path) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : refuse(path, "a whole number", value);

/** From 0: rates, shares, estimates. */
export const number: Reader<number> = (value, path) =>
  Number.isFinite(value) && (value as number) >= 0 ? (value as number) : refuse(path, "a number from 0", value);

export const flag: Reader<boolean> = (value, path) =>
  typeof value === "boolean" ? value : refuse(path, "true or false", value);

/** For answers without a body. */
export const nothing: Reader<void> = () => undefined;

export function nullable<T>(reader: Reader<T>): Reader<T | null> {
  return (value, path) => (value === null ? null : reader(value, path));
}

/** The field may be missing. */
export function optional<T>(reader: Reader<T>): Reader<T | undefined> {
  return (value, path) => (value === undefined ? undefined : reader(value, path));
}

export function list<T>(item: Reader<T>): Reader<readonly T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) return refuse(path, "a list", value);
    value.forEach((element, index) => {
      item(element, `${path}[${index}]`);
    });
    return value as readonly T[];
  };
}

/** An object whose keys are free and whose values are alike. */
export function mapOf<T>(item: Reader<T>): Reader<Readonly<Record<string, T>>> {
  return (value, path) => {
    const record = asRecord(value, path);
    for (const [key, element] of Object.entries(record)) item(element, `${path}.${key}`);
    return record as Readonly<Record<string, T>>;
  };
}

export function object<F extends Readonly<Record<string, Reader<unknown>>>>(
  fields: F,
): Reader<{ readonly [K in keyof F]: Read<F[K]> }> {
  return (value, path) => {
    const record = asRecord(value, path);
    for (const [key, reader] of Object.entries(fields)) {
      reader(Object.hasOwn(record, key) ? record[key] : undefined, `${path}.${key}`);
    }
    return record as { readonly [K in keyof F]: Read<F[K]> };
  };
}

/** One page of a list: `next_cursor` is null on the last. */
export function page<T>(item: Reader<T>) {
  return object({ items: list(item), next_cursor: nullable(text) });
}

function asRecord(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return refuse(path, "an object", value);
  return value as Record<string, unknown>;
}

function refuse(path: string, expected: string, value: unknown): never {
  const shown = value === undefined ? "missing" : JSON.stringify(value).slice(0, 60);
  throw new AppError("PROTOCOL_ERROR", `${path} should be ${expected} and is ${shown}`);
}
