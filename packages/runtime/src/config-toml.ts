import { exactByteSize } from "@commonhold/core/byte-size.ts";
import type { TSchema } from "typebox";
import { isByteSize } from "./byte-size-type.ts";

/** A setting's value as TOML, on one line. */
export function toTomlValue(value: unknown, schema?: TSchema): string {
  if (schema !== undefined && isByteSize(schema) && typeof value === "number") return toTomlText(exactByteSize(value));
  if (typeof value === "string") return toTomlText(value);
  if (typeof value === "number") return toTomlNumber(value);
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return `[${value.map((item) => toTomlValue(item)).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(([key, item]) => `${toTomlKey(key)} = ${toTomlValue(item)}`);
    return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
  }
  throw new TypeError(`TOML has no ${value === null ? "null" : typeof value}`);
}

export function toTomlKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : toTomlText(key);
}

/** A whole number that is read back inexactly as an integer is written as a float. */
function toTomlNumber(value: number): string {
  const text = String(value);
  return /^-?\d+$/.test(text) && !Number.isSafeInteger(value) ? `${text}.0` : text;
}

/** JSON's escapes are TOML's, but TOML wants DEL escaped too. */
function toTomlText(text: string): string {
  return JSON.stringify(text).replaceAll("\u007f", "\\u007f");
}
