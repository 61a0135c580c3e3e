import { expect, it } from "vitest";
import { readMicroCredits } from "./read-credits.ts";

it.each([
  ["1", "1000000"],
  [" 12.5 ", "12500000"],
  ["0,000001", "1"],
  ["99999999999.999999", "99999999999999999"],
])("%j is %s millionths", (text, microCredits) => expect(readMicroCredits(text)).toBe(microCredits));

it.each(["", "0", "0.000000", "-1", "1e3", "1.0000001", "ten", "1.", ".5", "123456789012"])("%j is none", (text) =>
  expect(readMicroCredits(text)).toBeUndefined(),
);
