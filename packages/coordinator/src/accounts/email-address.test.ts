import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { normaliseEmail } from "./email-address.ts";

describe("normaliseEmail", () => {
  it.each([
    ["Ada@Example.ORG", "ada@example.org"],
    ["  a.b+tag@x.example ", "a.b+tag@x.example"],
    ["root@localhost", "root@localhost"],
    ["müller@bücher.example", undefined],
    ["info@bücher.example", "info@xn--bcher-kva.example"],
    ["o'hara@example.org", "o'hara@example.org"],
  ])("reads %j as %j", (text, address) => {
    if (address === undefined) expect(() => normaliseEmail(text)).toThrow(/no e-mail address/);
    else expect(normaliseEmail(text)).toBe(address);
  });

  it.each([
    "",
    "a",
    "@",
    "a@",
    "@b",
    "a@b@c",
    "a b@c",
    "a@-b",
    "a@b-",
    "a@b..c",
    "a@b/c",
    "a@ü/c",
    "a@ü:80",
    "a@0x7f.1x_",
    "a@[::1]",
    `a@${"b".repeat(64)}`,
  ])("refuses %j", (text) => {
    expect(() => normaliseEmail(text)).toThrow(expect.objectContaining({ code: "INVALID_REQUEST" }));
  });

  it("is settled: what came out goes through unchanged", () => {
    fc.assert(
      fc.property(fc.emailAddress(), (address) => {
        const normalised = normaliseEmail(address);
        expect(normaliseEmail(normalised)).toBe(normalised);
        expect(normaliseEmail(address.toUpperCase())).toBe(normalised);
      }),
    );
  });
});
