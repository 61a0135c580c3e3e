import { beforeEach, describe, expect, it } from "vitest";
import type { CommandPayload } from "../metadata.ts";
import { type EconomyFixture, openEconomy } from "./economy.fixture.ts";

let metadata: EconomyFixture["metadata"];
let balances: EconomyFixture["balances"];
let store: EconomyFixture["store"];

beforeEach(async () => {
  ({ metadata, balances, store } = await openEconomy());
});

describe("ledger.check", () => {
  const check = async (overrides: Partial<CommandPayload<"ledger.check">> = {}) =>
    await metadata.apply("ledger.check", { after: null, account_limit: 100, entry_limit: 1_000, ...overrides });

  it("finds a balance that is not the sum of its entries, each time, and leaves it", async () => {
    await store("f1", "300");
    const done = { checked: 3, mismatches: [], next: "user:ada:prepaid", is_done: true, total_microcredits: "0" };
    expect(await check()).toEqual(done);
    expect(await check()).toEqual(done);
    await metadata.read
      .updateTable("ledger_accounts")
      .set({ balance_microcredits: 301n })
      .where("id", "=", "user:ada:prepaid")
      .execute();
    const mismatch = {
      account_id: "user:ada:prepaid",
      balance_microcredits: "301",
      entries_microcredits: "300",
    };
    for (let time = 0; time < 2; time++) {
      expect(await check()).toEqual({ ...done, mismatches: [mismatch], total_microcredits: "1" });
    }
    expect(await balances()).toMatchObject({ "user:ada:prepaid": 301n });
  });

  it("goes on where it stopped, whatever the limits", async () => {
    for (let file = 0; file < 7; file++) await store(`f${file}`, "1");
    const accounts = await metadata.read.selectFrom("ledger_accounts").select("id").orderBy("id").execute();
    for (const limits of [
      { account_limit: 1, entry_limit: 2 },
      { account_limit: 2, entry_limit: 1 },
    ]) {
      let after: string | null = null;
      let checked = 0;
      let steps = 0;
      for (;;) {
        const step: Awaited<ReturnType<typeof check>> = await check({ after, ...limits });
        expect(step.mismatches).toEqual([]);
        checked += step.checked;
        after = step.next;
        steps += 1;
        if (step.is_done) break;
      }
      expect(checked).toBe(accounts.length);
      expect(steps).toBeGreaterThan(1);
      await store(`more-${limits.account_limit}`, "1");
    }
    const rows = await metadata.read
      .selectFrom("ledger_accounts")
      .selectAll()
      .where("id", "=", "user:ada:prepaid")
      .execute();
    expect(rows).toMatchObject([{ balance_microcredits: 9n, checked_balance_microcredits: 8n }]);
  });
});
