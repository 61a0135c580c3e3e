import { beforeEach, describe, expect, it } from "vitest";
import { CREDITS, DAY_MS, type EconomyFixture, openEconomy } from "./economy.fixture.ts";
import { purchasePayload } from "./payloads.fixture.ts";

let metadata: EconomyFixture["metadata"];
let balances: EconomyFixture["balances"];
let kindsOf: EconomyFixture["kindsOf"];
let addBea: EconomyFixture["addBea"];
let store: EconomyFixture["store"];
let chargeDay: EconomyFixture["chargeDay"];

beforeEach(async () => {
  ({ metadata, balances, kindsOf, addBea, store, chargeDay } = await openEconomy());
});

describe("deposits", () => {
  const depositOf = async (id: string) =>
    await metadata.read
      .selectFrom("files")
      .select(["deposit_microcredits", "deposit_at_ms"])
      .where("id", "=", id)
      .executeTakeFirstOrThrow();
  const move = (id: string, name: string, days: number) => ({
    file_id: id,
    owner_id: "ada",
    transaction_id: name,
    now_ms: days * DAY_MS,
  });

  it("of a file in one step are prepaid, and given back for the days that are left", async () => {
    await store("f1", "300");
    expect(await balances()).toEqual({ "user:ada:available": CREDITS - 300n, "user:ada:prepaid": 300n });
    expect(await depositOf("f1")).toEqual({ deposit_microcredits: 300n, deposit_at_ms: 0 });
    expect(await metadata.apply("file.delete", move("f1", "t1", 10))).toEqual({ refunded_microcredits: "200" });
    expect(await balances()).toEqual({ "user:ada:available": CREDITS - 100n, "user:ada:prepaid": 100n });
  });

  it("are given back no further than they are not used up", async () => {
    await store("f1", "300");
    await chargeDay("1970-01-01", "ada", 250);
    expect(await metadata.apply("file.delete", move("f1", "t1", 1))).toEqual({ refunded_microcredits: "50" });
    expect(await balances()).toMatchObject({ "user:ada:available": CREDITS - 250n, "system:storage": 250n });
  });

  it("are gone after their month", async () => {
    await store("f1", "300");
    expect(await metadata.apply("file.delete", move("f1", "t1", 30))).toEqual({ refunded_microcredits: "0" });
    expect(await kindsOf("user:ada:prepaid")).toEqual(["settle 300"]);
  });

  it("are taken again when the file comes back, or it does not", async () => {
    await addBea(300);
    const bea = { owner_id: "bea" };
    await store("f1", "300", bea);
    await metadata.apply("file.delete", { ...move("f1", "t1", 10), ...bea });
    const restore = metadata.apply("file.restore", { ...move("f1", "t2", 11), ...bea });
    await expect(restore).rejects.toMatchObject({ code: "INSUFFICIENT_CREDITS" });
    expect(await metadata.read.selectFrom("files").select("state").execute()).toEqual([{ state: "deleted" }]);
    await metadata.apply("ledger.purchase", purchasePayload("p2", { user_id: "bea", amount_microcredits: "100" }));
    expect(await metadata.apply("file.restore", { ...move("f1", "t2", 11), ...bea })).toEqual({ repeated: false });
    expect(await depositOf("f1")).toEqual({ deposit_microcredits: 300n, deposit_at_ms: 11 * DAY_MS });
    expect(await balances()).toMatchObject({ "user:bea:prepaid": 400n });
    expect(await metadata.apply("file.restore", { ...move("f1", "t3", 12), ...bea })).toEqual({ repeated: true });
    expect(await balances()).toMatchObject({ "user:bea:prepaid": 400n });
  });

  it("grow with the copies, from then on", async () => {
    await store("f1", "300", { size_bytes: 1_000_000_000, copies: 3 });
    const change = { priority: null, microcredits_per_gb_month: "100", transaction_id: "t1", now_ms: 10 * DAY_MS };
    await metadata.apply("file.set_redundancy", { file_id: "f1", owner_id: "ada", copies: 5, ...change });
    expect(await balances()).toEqual({ "user:ada:available": CREDITS - 500n, "user:ada:prepaid": 500n });
    expect(await depositOf("f1")).toEqual({ deposit_microcredits: 400n, deposit_at_ms: 10 * DAY_MS });
    await metadata.apply("file.set_redundancy", { file_id: "f1", owner_id: "ada", copies: 2, ...change });
    expect(await depositOf("f1")).toEqual({ deposit_microcredits: 400n, deposit_at_ms: 10 * DAY_MS });
  });
});
