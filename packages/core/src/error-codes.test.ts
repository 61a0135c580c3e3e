import { describe, expect, it } from "vitest";
import { ERROR_CODES, isErrorCode } from "./error-codes.ts";

describe("ERROR_CODES", () => {
  it.each(Object.entries(ERROR_CODES))(
    "gives %s an HTTP error status and an exit code that a shell keeps",
    (code, entry) => {
      expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
      expect(Number.isInteger(entry.status) && entry.status >= 400 && entry.status <= 599).toBe(true);
      expect(Number.isInteger(entry.exitCode) && entry.exitCode >= 1 && entry.exitCode <= 125).toBe(true);
    },
  );
});

describe("isErrorCode", () => {
  it("knows the codes of the table and nothing that every object has", () => {
    for (const code of Object.keys(ERROR_CODES)) expect(isErrorCode(code)).toBe(true);
    for (const other of ["", "toString", "__proto__", "no_space", 404, null, undefined]) {
      expect(isErrorCode(other)).toBe(false);
    }
  });
});
