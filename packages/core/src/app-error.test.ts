import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppError, hasCode } from "./app-error.ts";
import { ERROR_CODES, type ErrorCode } from "./error-codes.ts";

const anyCode = fc.constantFrom(...(Object.keys(ERROR_CODES) as ErrorCode[]));

describe("AppError", () => {
  it("takes status and exit code from the table", () => {
    fc.assert(
      fc.property(anyCode, fc.string(), (code, message) => {
        const error = new AppError(code, message);
        expect({ status: error.status, exitCode: error.exitCode }).toEqual(ERROR_CODES[code]);
        expect(error.message).toBe(message);
      }),
    );
  });

  it("comes back from its record with code, message and details", () => {
    const details = fc.dictionary(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(anyCode, fc.string(), details, (code, message, details) => {
        const error = new AppError(code, message, { details });
        const back = AppError.fromRecord(error.toRecord());
        expect(back).toMatchObject({ code, message });
        expect(back.details).toEqual(details);
      }),
    );
  });

  it("leaves empty details and the cause out of its record", () => {
    const error = new AppError("NO_SPACE", "disk full", { cause: new Error("ENOSPC") });
    expect(error.toRecord()).toStrictEqual({ code: "NO_SPACE", message: "disk full" });
  });

  it("keeps its cause, and has none where none was given", () => {
    const cause = new Error("ENOSPC");
    expect(new AppError("NO_SPACE", "disk full", { cause }).cause).toBe(cause);
    expect(Object.hasOwn(new AppError("NO_SPACE", "disk full"), "cause")).toBe(false);
  });

  it("takes a code that it does not know for INTERNAL and keeps the message", () => {
    for (const code of ["FROM_THE_FUTURE", "toString"]) {
      expect(AppError.fromRecord({ code, message: "later" }).toRecord()).toEqual({
        code: "INTERNAL",
        message: "later",
      });
    }
  });
});

describe("hasCode", () => {
  it("is true for an AppError with one of the codes only", () => {
    const error = new AppError("NOT_FOUND", "gone");
    expect(hasCode(error, "NO_SPACE", "NOT_FOUND")).toBe(true);
    expect(hasCode(error, "NO_SPACE")).toBe(false);
    expect(hasCode(error)).toBe(false);
    expect(hasCode({ code: "NOT_FOUND" }, "NOT_FOUND")).toBe(false);
    expect(hasCode(undefined, "NOT_FOUND")).toBe(false);
  });
});
