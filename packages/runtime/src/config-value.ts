import { exactByteSize, parseByteSize } from "@commonhold/core/byte-size.ts";
import type { TSchema } from "typebox";
import { Value } from "typebox/value";
import { isByteSize } from "./byte-size-type.ts";
import { wordsOf } from "./config-key.ts";

export type Checked = { readonly kind: "right"; readonly value: unknown } | { readonly kind: "wrong" };

const WRONG: Checked = { kind: "wrong" };

/** A setting's value as the program gets it, if it is right. */
export function checkValue(schema: TSchema, value: unknown): Checked {
  const read = isByteSize(schema) ? readByteSize(value) : value;
  return Value.Check(schema, read) ? { kind: "right", value: read } : WRONG;
}

/** The value that a text of the environment stands for; where it stands for none, the text itself, to be refused. */
export function valueOfText(schema: TSchema, text: string): unknown {
  if (isByteSize(schema)) return text;
  const { type, anyOf } = wordsOf(schema);
  if (type === "integer" || type === "number") return numberOfText(text) ?? text;
  if (type === "boolean") return BOOLEANS.get(text.toLowerCase()) ?? text;
  if (type === "array") return jsonOfText(text, "[") ?? itemsOfText(text).map((item) => itemValue(schema, item));
  if (type === "object") return jsonOfText(text, "{") ?? tableOfText(text) ?? text;
  if (anyOf !== undefined) return valueOfAlternative(anyOf, text);
  return text;
}

/** What a setting takes, in words: "a whole number from 1 to 65535". */
export function describeType(schema: TSchema): string {
  const words = wordsOf(schema);
  if (isByteSize(schema)) return `a byte size${boundsOf(schema, shownByteSize)}, such as "10GB" or "512MiB"`;
  if (words.const !== undefined) return JSON.stringify(words.const);
  if (words.enum !== undefined) return words.enum.map((value) => JSON.stringify(value)).join(" or ");
  if (words.anyOf !== undefined) return words.anyOf.map(describeType).join(" or ");
  switch (words.type) {
    case "integer":
      return `a whole number${boundsOf(schema, String)}`;
    case "number":
      return `a number${boundsOf(schema, String)}`;
    case "boolean":
      return "true or false";
    case "string":
      return `a text${describeText(schema)}`;
    case "array":
      return `a list, each item ${words.items === undefined ? "anything" : describeType(words.items)}`;
    case "object":
      return 'a table of names and texts, such as { site = "home" }';
    default:
      return "another value";
  }
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["1", true],
  ["false", false],
  ["0", false],
]);

function readByteSize(value: unknown): unknown {
  if (typeof value !== "string" && typeof value !== "number") return value;
  try {
    return parseByteSize(value);
  } catch {
    return undefined;
  }
}

function numberOfText(text: string): number | undefined {
  return /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text.trim()) ? Number(text) : undefined;
}

function jsonOfText(text: string, opening: string): unknown {
  if (!text.trimStart().startsWith(opening)) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function itemsOfText(text: string): readonly string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

function itemValue(schema: TSchema, item: string): unknown {
  const { items } = wordsOf(schema);
  return items === undefined ? item : valueOfText(items, item);
}

function tableOfText(text: string): Record<string, string> | undefined {
  const entries = itemsOfText(text).map((item) => item.split("=").map((part) => part.trim()));
  if (entries.some((entry) => entry.length !== 2)) return undefined;
  return Object.fromEntries(entries) as Record<string, string>;
}

function valueOfAlternative(alternatives: readonly TSchema[], text: string): unknown {
  for (const alternative of alternatives) {
    const value = valueOfText(alternative, text);
    if (Value.Check(alternative, value)) return value;
  }
  return text;
}

function boundsOf(schema: TSchema, show: (bound: number) => string): string {
  const { minimum, maximum = Number.MAX_SAFE_INTEGER } = wordsOf(schema);
  const least = minimum === undefined || (minimum === 0 && isByteSize(schema)) ? undefined : show(minimum);
  const most = maximum >= Number.MAX_SAFE_INTEGER ? undefined : show(maximum);
  if (least !== undefined && most !== undefined) return ` from ${least} to ${most}`;
  if (least !== undefined) return ` of at least ${least}`;
  return most === undefined ? "" : ` of at most ${most}`;
}

function shownByteSize(bytes: number): string {
  return exactByteSize(bytes);
}

function describeText(schema: TSchema): string {
  const { minLength, maxLength, pattern, format, examples } = wordsOf(schema);
  const limits: string[] = [];
  if (minLength !== undefined && minLength > 0) limits.push(`at least ${minLength} long`);
  if (maxLength !== undefined) limits.push(`at most ${maxLength} long`);
  if (format !== undefined) limits.push(`of the form ${format}`);
  if (pattern !== undefined && examples === undefined) limits.push(`that matches ${pattern}`);
  if (examples?.[0] !== undefined) limits.push(`such as ${JSON.stringify(examples[0])}`);
  return limits.length === 0 ? "" : ` ${limits.join(", ")}`;
}
