import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { AppError } from "@commonhold/core/app-error.ts";
import { ERROR_CODES, type ErrorCode, isErrorCode } from "@commonhold/core/error-codes.ts";
import { fuzzRuns, parseOrRefuse } from "@commonhold/core/testing/fuzz.ts";
import fc from "fast-check";
import { expect, it } from "vitest";
import { StatusSchema } from "./gen/commonhold_pb.ts";
import { requireOk, statusOf } from "./status.ts";

const CODES = Object.keys(ERROR_CODES) as ErrorCode[];
const anyText = fc.string({ maxLength: 3000, unit: "binary" });

it("any AppError reaches the other side with its code and as much of its message as fits", async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...CODES), anyText, async (code, message) => {
      const sent = toBinary(StatusSchema, create(StatusSchema, statusOf(new AppError(code, message))));
      expect(sent.length).toBeLessThan(8 * 1024);
      const outcome = await parseOrRefuse([code], () => requireOk(fromBinary(StatusSchema, sent)));
      if (!("refusal" in outcome)) throw new Error("the refusal was lost");
      expect(outcome.refusal.message).toBe(message.slice(0, 1000).toWellFormed());
    }),
    fuzzRuns(1500),
  );
});

it("any status is OK, or an AppError with a bounded message", async () => {
  const code = fc.oneof(fc.constantFrom(...CODES, "OK", "", "__proto__", "constructor"), anyText);
  await fc.assert(
    fc.asyncProperty(code, anyText, async (said, message) => {
      const outcome = await parseOrRefuse(CODES, () => requireOk(create(StatusSchema, { code: said, message })));
      if ("parsed" in outcome) {
        expect(said).toBe("OK");
        return;
      }
      expect(outcome.refusal.code).toBe(isErrorCode(said) ? said : said === "" ? "PROTOCOL_ERROR" : "INTERNAL");
      expect(outcome.refusal.message.length).toBeLessThanOrEqual(1000);
    }),
    fuzzRuns(1500),
  );
});
