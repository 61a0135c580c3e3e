import { AppError } from "@commonhold/core/app-error.ts";

/** Nesting beyond this serves nobody but an attacker. */
export const JSON_DEPTH_MAX = 32;

/** Longer texts are refused without naming the position. */
const LOCATED_LENGTH_MAX = 256 * 1024;
/** Keys by which a careless merge would reach into the prototype of every object. */
const REFUSED_KEYS = new Set(["__proto__", "constructor"]);

/**
 * Parses a request's JSON (RFC 8259).
 * @throws AppError INVALID_REQUEST that names the position of the first mistake, a refused key, or excessive depth
 */
export function parseJsonText(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed(text);
  }
  refuseHarmfulShape(value);
  return value;
}

function malformed(text: string): AppError {
  if (text.length > LOCATED_LENGTH_MAX) return new AppError("INVALID_REQUEST", "the body is not valid JSON");
  const position = locateJsonMistake(text);
  const before = text.slice(0, position);
  const line = before.split("\n").length;
  const column = position - before.lastIndexOf("\n");
  const where = position >= text.length ? "it ends too early" : `at line ${line}, column ${column}`;
  return new AppError("INVALID_REQUEST", `the body is not valid JSON: ${where} (position ${position})`, {
    details: { position, line, column },
  });
}

/** The depth is bounded, so the recursion is; what a hostile body costs is what parsing it cost. */
function refuseHarmfulShape(value: unknown, depth = 0): void {
  if (typeof value !== "object" || value === null) return;
  if (depth >= JSON_DEPTH_MAX) {
    throw new AppError("INVALID_REQUEST", `the body is nested deeper than ${JSON_DEPTH_MAX} levels`);
  }
  if (Array.isArray(value)) {
    for (const item of value) refuseHarmfulShape(item, depth + 1);
    return;
  }
  for (const [key, item] of Object.entries(value)) {
    if (REFUSED_KEYS.has(key)) throw new AppError("INVALID_REQUEST", `the body may not have a key "${key}"`);
    refuseHarmfulShape(item, depth + 1);
  }
}

const SPACE = /[ \t\n\r]*/y;
const TOKEN =
  /("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null)|([{}[\],:])/y;

type Expected = "value" | "value or ]" | "key" | "key or }" | ":" | ", or end" | "nothing";

/** The offset of the first token that no JSON text could have there; the length where the text ends too early. */
export function locateJsonMistake(text: string): number {
  const open: ("{" | "[")[] = [];
  let expected: Expected = "value";
  let position = skipSpace(text, 0);
  while (position < text.length) {
    TOKEN.lastIndex = position;
    const token = TOKEN.exec(text);
    if (token === null) return position;
    const after = step(expected, kindOf(token), open);
    if (after === undefined) return position;
    expected = after;
    position = skipSpace(text, TOKEN.lastIndex);
  }
  return text.length;
}

function skipSpace(text: string, from: number): number {
  SPACE.lastIndex = from;
  SPACE.exec(text);
  return SPACE.lastIndex;
}

function kindOf(token: RegExpExecArray): string {
  if (token[1] !== undefined) return "string";
  return token[4] ?? "scalar";
}

/** What may follow once `token` stands where `expected` was; undefined where it may not stand. */
function step(expected: Expected, token: string, open: ("{" | "[")[]): Expected | undefined {
  const afterValue = (): Expected => (open.length === 0 ? "nothing" : ", or end");
  const innermost = open.at(-1);
  switch (expected) {
    case "value":
    case "value or ]":
      if (token === "string" || token === "scalar") return afterValue();
      if (token === "{" || token === "[") {
        open.push(token);
        return token === "{" ? "key or }" : "value or ]";
      }
      if (token !== "]" || expected === "value") return undefined;
      open.pop();
      return afterValue();
    case "key":
    case "key or }":
      if (token === "string") return ":";
      if (token !== "}" || expected === "key") return undefined;
      open.pop();
      return afterValue();
    case ":":
      return token === ":" ? "value" : undefined;
    case ", or end":
      if (token === ",") return innermost === "{" ? "key" : "value";
      if (token !== (innermost === "{" ? "}" : "]")) return undefined;
      open.pop();
      return afterValue();
    case "nothing":
      return undefined;
  }
}
