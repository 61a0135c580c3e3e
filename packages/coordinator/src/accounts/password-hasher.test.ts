import { systemRandom } from "@commonhold/runtime/system-random.ts";
import { describe, expect, it } from "vitest";
import { ARGON2_COST, createPasswordHasher } from "./password-hasher.ts";

const CHEAP = { memoryKib: 8, passes: 1, parallelism: 1 };
const create = (limits = { concurrentMax: 2, waitingMax: 10 }) =>
  createPasswordHasher({ random: systemRandom }, { ...limits, cost: CHEAP });

describe("password hasher", () => {
  it("verifies the reference implementation's hash of version 19", async () => {
    // phc-winner-argon2, src/test.c: argon2id, t=2, m=2^16, p=1, "password", "somesalt".
    const tag = Buffer.from("09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7", "hex");
    const phc = `$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$${tag.toString("base64").replaceAll("=", "")}`;
    expect(await create().verify("password", phc)).toBe(true);
    expect(await create().verify("Password", phc)).toBe(false);
  });

  it("makes PHC text with a salt of its own each time", async () => {
    const hasher = create();
    const [first, second] = await Promise.all([hasher.hash("secret secret"), hasher.hash("secret secret")]);
    expect(first).toMatch(/^\$argon2id\$v=19\$m=8,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(first).not.toBe(second);
    expect(await hasher.verify("secret secret", first)).toBe(true);
    expect(await hasher.verify("secret secreT", first)).toBe(false);
  });

  it("costs at least what OWASP asks by default", () => {
    expect(ARGON2_COST.memoryKib).toBeGreaterThanOrEqual(19_456);
    expect(ARGON2_COST.passes).toBeGreaterThanOrEqual(2);
  });

  it("takes a password in either Unicode spelling", async () => {
    const hasher = create();
    expect(await hasher.verify("caf\u0065\u0301 au lait", await hasher.hash("caf\u00e9 au lait"))).toBe(true);
  });

  it("is false for nobody's password, whatever it is", async () => {
    expect(await create().verify("", undefined)).toBe(false);
    expect(await create().verify("anything", undefined)).toBe(false);
  });

  it("refuses more than may wait, and serves the rest", async () => {
    const hasher = create({ concurrentMax: 1, waitingMax: 2 });
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => hasher.hash("secret secret")));
    const refused = results.filter((result) => result.status === "rejected");
    expect(results.length - refused.length).toBe(3);
    for (const result of refused) expect(result.reason).toMatchObject({ code: "OVERLOADED" });
    await expect(hasher.hash("secret secret")).resolves.toContain("$argon2id$");
  });

  it.each([
    "",
    "plain",
    "$argon2i$v=19$m=8,t=1,p=1$c29tZXNhbHQ$c29tZXNhbHRzb21lc2FsdA",
    "$argon2id$v=19$m=99999999,t=1,p=1$c29tZXNhbHQ$c29tZXNhbHRzb21lc2FsdA",
    "$argon2id$v=19$m=8,t=999,p=1$c29tZXNhbHQ$c29tZXNhbHRzb21lc2FsdA",
  ])("does not work for a stored hash such as %j", async (stored) => {
    await expect(create().verify("x", stored)).rejects.toMatchObject({ code: "INTERNAL" });
  });
});
