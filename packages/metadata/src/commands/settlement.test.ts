import { beforeEach, describe, expect, it } from "vitest";
import { NODES } from "../catalog/catalog.fixture.ts";
import type { CommandPayload } from "../metadata.ts";
import { CREDITS, DAY_MS, type EconomyFixture, openEconomy } from "./economy.fixture.ts";
import { postTransaction } from "./ledger.ts";
import { AUDIT_TERMS, auditResult, challengePayload, nodeLine, purchasePayload } from "./payloads.fixture.ts";

const [A, B] = NODES;
let metadata: EconomyFixture["metadata"];
let balances: EconomyFixture["balances"];
let kindsOf: EconomyFixture["kindsOf"];
let addBea: EconomyFixture["addBea"];
let store: EconomyFixture["store"];
let chargeDay: EconomyFixture["chargeDay"];
let arrearsOf: EconomyFixture["arrearsOf"];

beforeEach(async () => {
  ({ metadata, balances, kindsOf, addBea, store, chargeDay, arrearsOf } = await openEconomy());
});

describe("economics.charge_owners", () => {
  it("takes what is prepaid, then what can be spent, and the rest is owed", async () => {
    await addBea(30);
    await store("f1", "10", { owner_id: "bea" });
    expect(await chargeDay("1970-01-01", "bea", 6)).toEqual({ charged: 1, repeated: 0, arrears_began: [] });
    expect(await balances()).toMatchObject({ "user:bea:prepaid": 4n, "user:bea:available": 20n });
    await chargeDay("1970-01-02", "bea", 6);
    expect(await balances()).toMatchObject({ "user:bea:available": 18n, "system:storage": 12n });
    expect(await chargeDay("1970-01-03", "bea", 20)).toMatchObject({ arrears_began: ["bea"] });
    expect(await balances()).toMatchObject({ "debt:bea": -2n, "system:storage": 32n });
    expect(await arrearsOf("bea")).toBe(100 * DAY_MS);
    expect(await chargeDay("1970-01-04", "bea", 5)).toMatchObject({ arrears_began: [] });
    expect(await balances()).toMatchObject({ "debt:bea": -7n });
    expect(await kindsOf("debt:bea")).toEqual(["charge -2", "charge -5"]);
  });

  it("charges a day once, whatever is asked the second time", async () => {
    await chargeDay("1970-01-01", "ada", 6);
    expect(await chargeDay("1970-01-01", "ada", 9)).toEqual({ charged: 0, repeated: 1, arrears_began: [] });
    expect(await balances()).toMatchObject({ "system:storage": 6n });
    expect(await metadata.read.selectFrom("owner_days").selectAll().execute()).toEqual([
      {
        owner_id: "ada",
        day: "1970-01-01",
        byte_ms: "9",
        price_microcredits: 1_000_000n,
        charged_microcredits: 6n,
        settled_at_ms: 100 * DAY_MS,
      },
    ]);
  });

  it("gives back what is prepaid once nothing is stored, in no file and no byte", async () => {
    await store("f1", "300");
    await chargeDay("1970-01-01", "ada", 0, "0");
    expect(await balances()).toMatchObject({ "user:ada:prepaid": 300n });
    await metadata.apply("file.delete", { file_id: "f1", owner_id: "ada", transaction_id: "t1", now_ms: 29 * DAY_MS });
    await metadata.apply("file.purge", { file_id: "f1", deleted_before_ms: 30 * DAY_MS, chunk_limit: 1 });
    await chargeDay("1970-01-02", "ada", 3, "9");
    expect(await balances()).toMatchObject({ "user:ada:prepaid": 287n });
    await chargeDay("1970-01-03", "ada", 0, "0");
    expect(await balances()).toEqual({ "user:ada:available": CREDITS - 3n, "system:storage": 3n });
    expect(await kindsOf("user:ada:prepaid")).toEqual(["settle 300", "refund -10", "charge -3", "refund -287"]);
  });

  it("waits for the end of the day, and takes no new line after its settlement", async () => {
    const charge = { day: "1970-01-02", price_microcredits: "1", lines: [], now_ms: 2 * DAY_MS - 1 };
    await expect(metadata.apply("economics.charge_owners", charge)).rejects.toMatchObject({ code: "INVALID_REQUEST" });
    const noDay = { ...charge, day: "1970-02-30", now_ms: 900 * DAY_MS };
    await expect(metadata.apply("economics.charge_owners", noDay)).rejects.toMatchObject({ code: "INVALID_REQUEST" });
    await chargeDay("1970-01-02", "ada", 6);
    const close = { day: "1970-01-02", owners: 1, nodes: 0, byte_ms: "9", now_ms: 2 * DAY_MS };
    await metadata.apply("economics.close_day", close);
    expect(await chargeDay("1970-01-02", "ada", 6)).toMatchObject({ repeated: 1 });
    await addBea(10);
    await expect(chargeDay("1970-01-02", "bea", 6)).rejects.toMatchObject({ code: "CONCURRENT_CHANGE" });
    expect(await balances()).toMatchObject({ "user:bea:available": 10n });
  });
});

describe("a debt", () => {
  beforeEach(async () => {
    await addBea(5);
    await chargeDay("1970-01-01", "bea", 25);
    expect(await balances()).toMatchObject({ "debt:bea": -20n });
  });
  const buy = async (amount: number, payment = `p${amount}`) =>
    await metadata.apply(
      "ledger.purchase",
      purchasePayload(payment, { user_id: "bea", amount_microcredits: `${amount}` }),
    );

  it("is paid first by a purchase, whose repetition is known", async () => {
    await buy(15);
    expect(await balances()).toMatchObject({ "debt:bea": -5n });
    expect(await arrearsOf("bea")).toBe(100 * DAY_MS);
    await buy(12);
    expect(await balances()).toMatchObject({ "user:bea:available": 7n });
    expect((await balances())["debt:bea"]).toBeUndefined();
    expect(await arrearsOf("bea")).toBeNull();
    expect(await buy(15)).toEqual({ transaction_id: "purchase-p15", repeated: true });
    expect(await buy(12)).toMatchObject({ repeated: true });
    await expect(buy(13, "p12")).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  });

  it("is paid at the next charge by what came in otherwise, and ends", async () => {
    await metadata.read.transaction().execute(async (tx) => {
      const entries = [
        { account_id: "system:welcome", amount: -50n },
        { account_id: "user:bea:available", amount: 50n },
      ];
      await postTransaction(tx, {
        id: "gift",
        kind: "gift",
        description: "",
        reference: "",
        created_at_ms: 0,
        entries,
      });
    });
    await chargeDay("1970-01-02", "bea", 10);
    expect(await balances()).toMatchObject({ "user:bea:available": 20n });
    expect((await balances())["debt:bea"]).toBeUndefined();
    expect(await arrearsOf("bea")).toBeNull();
  });
});

const payDay = async (day: string, lines: CommandPayload<"economics.pay_nodes">["lines"]) =>
  await metadata.apply("economics.pay_nodes", { day, rate_microcredits: "800000", lines, now_ms: 100 * DAY_MS });

describe("economics.pay_nodes", () => {
  it("pays a node's day once, beside the audits that were counted in it", async () => {
    await metadata.apply("audit.issue", { challenges: [challengePayload(1, A)] });
    await metadata.apply("audit.record", { now_ms: 11_000, terms: AUDIT_TERMS, results: [auditResult(1)] });
    const line = nodeLine(A, {
      gross_microcredits: "100",
      uptime_penalty_microcredits: "7",
      audit_penalty_microcredits: "3",
      net_microcredits: "90",
    });
    expect(await payDay("1970-01-01", [line, nodeLine(B)])).toEqual({ paid: 2, repeated: 0 });
    const other = { ...line, net_microcredits: "91" };
    expect(await payDay("1970-01-01", [other, nodeLine(B)])).toEqual({ paid: 0, repeated: 2 });
    expect(await balances()).toMatchObject({ [`node:${A}:pending`]: 90n, "system:storage": -90n });
    const rows = await metadata.read.selectFrom("node_days").selectAll().where("node_id", "=", A).execute();
    expect(rows).toMatchObject([
      {
        day: "1970-01-01",
        observed_ms: DAY_MS,
        online_ms: DAY_MS,
        byte_ms: "1000",
        audits_passed: 2,
        audit_answers: 1,
        rate_microcredits: 800_000n,
        gross_microcredits: 100n,
        uptime_penalty_microcredits: 7n,
        audit_penalty_microcredits: 3n,
        net_microcredits: 90n,
        settled_at_ms: 100 * DAY_MS,
      },
    ]);
  });

  it("takes no new line after the settlement", async () => {
    await payDay("1970-01-01", [nodeLine(A)]);
    const close = { day: "1970-01-01", owners: 0, nodes: 1, byte_ms: "1000", now_ms: DAY_MS };
    await metadata.apply("economics.close_day", close);
    expect(await payDay("1970-01-01", [nodeLine(A)])).toEqual({ paid: 0, repeated: 1 });
    await expect(payDay("1970-01-01", [nodeLine(B)])).rejects.toMatchObject({ code: "CONCURRENT_CHANGE" });
  });
});

describe("economics.close_day", () => {
  const close = (overrides: Partial<CommandPayload<"economics.close_day">> = {}) =>
    metadata.apply("economics.close_day", {
      day: "1970-01-01",
      owners: 1,
      nodes: 2,
      byte_ms: "2000",
      now_ms: DAY_MS,
      ...overrides,
    });

  it("keeps the sums of a day whose lines are all there, once", async () => {
    await chargeDay("1970-01-01", "ada", 200);
    await payDay("1970-01-01", [nodeLine(A, { net_microcredits: "90" })]);
    await expect(close()).rejects.toMatchObject({
      code: "CONCURRENT_CHANGE",
      message: expect.stringMatching(/1 of 1 owners.*1 of 2 nodes/),
    });
    await payDay("1970-01-01", [nodeLine(B, { net_microcredits: "5" })]);
    await expect(close({ now_ms: DAY_MS - 1 })).rejects.toMatchObject({ code: "INVALID_REQUEST" });
    expect(await close()).toEqual({ repeated: false });
    expect(await close({ owners: 9 })).toEqual({ repeated: true });
    expect(await metadata.read.selectFrom("settled_days").selectAll().execute()).toEqual([
      {
        day: "1970-01-01",
        owners: 1,
        nodes: 2,
        byte_ms: "2000",
        charged_microcredits: 200n,
        net_microcredits: 95n,
        settled_at_ms: DAY_MS,
      },
    ]);
  });

  it("does so for a day in which there was nothing", async () => {
    expect(await close({ owners: 0, nodes: 0, byte_ms: "0" })).toEqual({ repeated: false });
  });
});

describe("economics.pay_out", () => {
  const payOut = (amounts: Readonly<Record<string, number>>, nowMs = 32 * DAY_MS) =>
    metadata.apply("economics.pay_out", {
      month: "1970-01",
      payouts: Object.entries(amounts).map(([node_id, amount]) => ({ node_id, amount_microcredits: `${amount}` })),
      now_ms: nowMs,
    });
  beforeEach(async () => {
    await payDay("1970-01-01", [nodeLine(A, { net_microcredits: "90" }), nodeLine(B, { net_microcredits: "10" })]);
  });

  it("pays operators once a month and node, and no more than is pending", async () => {
    expect(await payOut({ [A]: 70, [B]: 11 })).toEqual({ paid: 2, repeated: 0, sum_microcredits: "80" });
    expect(await payOut({ [A]: 20 })).toEqual({ paid: 0, repeated: 1, sum_microcredits: "0" });
    expect(await balances()).toMatchObject({ [`node:${A}:pending`]: 20n, "user:ada:available": CREDITS + 80n });
    expect(await metadata.read.selectFrom("node_payouts").selectAll().orderBy("node_id").execute()).toEqual([
      { node_id: A, month: "1970-01", amount_microcredits: 70n, paid_at_ms: 32 * DAY_MS },
      { node_id: B, month: "1970-01", amount_microcredits: 10n, paid_at_ms: 32 * DAY_MS },
    ]);
    expect(await kindsOf(`node:${A}:pending`)).toEqual(["earning 90", "payout -70"]);
  });

  it("waits for the end of the month", async () => {
    await expect(payOut({ [A]: 1 }, 31 * DAY_MS - 1)).rejects.toMatchObject({ code: "INVALID_REQUEST" });
    await payOut({ [A]: 1 }, 31 * DAY_MS);
  });

  it("pays what the operator owes first", async () => {
    await chargeDay("1970-01-01", "ada", Number(CREDITS) + 30);
    await payOut({ [A]: 70 });
    expect(await balances()).toMatchObject({ "user:ada:available": 40n });
    expect(await arrearsOf("ada")).toBeNull();
  });
});
