import { AppError } from "@commonhold/core/app-error.ts";
import { expect, test } from "vitest";
import { isTransient, parseRetryAfter } from "./http-error.ts";

test.each([
  ["120", 120_000],
  ["0", 0],
  ["Thu, 01 Jan 1970 00:01:00 GMT", 50_000],
  ["Thu, 01 Jan 1970 00:00:00 GMT", 0],
  ["soon", undefined],
  ["-3", undefined],
  [null, undefined],
])("Retry-After %j is %j ms at ten seconds past 1970", (value, expected) => {
  const parsed = parseRetryAfter(value, 10_000);
  expect(parsed).toBe(expected);
});

test("what may pass by itself is transient, what will not is not", () => {
  const transient = [
    "COORDINATOR_UNREACHABLE",
    "TIMEOUT",
    "OVERLOADED",
    "CHUNK_UNAVAILABLE",
    "TOO_MANY_REQUESTS",
  ] as const;
  for (const code of transient) expect(isTransient(new AppError(code, ""))).toBe(true);
  const lasting = [
    "PROTOCOL_ERROR",
    "INTERNAL",
    "INSUFFICIENT_CREDITS",
    "UNAUTHENTICATED",
    "UPLOAD_NOT_FOUND",
    "NOT_ENOUGH_NODES",
  ] as const;
  for (const code of lasting) expect(isTransient(new AppError(code, ""))).toBe(false);
  expect(isTransient(new AppError("CHUNK_UNAVAILABLE", "", { details: { lasting: true } }))).toBe(false);
  expect(isTransient(new TypeError("a bug"))).toBe(false);
});
