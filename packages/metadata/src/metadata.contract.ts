import { hasCode } from "@commonhold/core/app-error.ts";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { hashOf, purchasePayload, registrationPayload, userPayload } from "./commands/payloads.fixture.ts";
import type { CommandPayload, Metadata } from "./metadata.ts";
import { prepareQuery } from "./prepared-query.ts";

/** One store of an engine: opened, closed and opened again over what it keeps. */
export interface MetadataHarness {
  open(): Promise<Metadata>;
  /** Removes what was kept; every engine of it is closed. */
  dispose(): Promise<void>;
}

/** What every metadata engine owes its callers. */
export function describeMetadataContract(engine: string, createHarness: () => Promise<MetadataHarness>): void {
  describe(`metadata contract: ${engine}`, () => {
    describe("applying", () => describeApplying(createHarness));
    describe("snapshots", () => describeSnapshots(createHarness));
    describe("closing", () => describeClosing(createHarness));
  });
}

function describeApplying(createHarness: () => Promise<MetadataHarness>): void {
  let harness: MetadataHarness;
  let metadata: Metadata;
  let testCount = 0;
  /** Each test has a user of its own in the one store. */
  let user: string;

  beforeAll(async () => {
    harness = await createHarness();
    metadata = await harness.open();
  });

  afterAll(async () => {
    await metadata.close();
    await harness.dispose();
  });

  beforeEach(async () => {
    testCount += 1;
    user = `user-${testCount}`;
    await metadata.apply("user.create", userPayload(user));
  });

  const purchase = async (paymentId: string, overrides: Partial<CommandPayload<"ledger.purchase">> = {}) =>
    await metadata.apply("ledger.purchase", purchasePayload(`${user}-${paymentId}`, { user_id: user, ...overrides }));
  const balanceOf = async (account: string) =>
    (
      await metadata.read
        .selectFrom("ledger_accounts")
        .select("balance_microcredits")
        .where("id", "=", account)
        .executeTakeFirst()
    )?.balance_microcredits;
  const userRow = async (id: string) =>
    await metadata.read.selectFrom("users").selectAll().where("id", "=", id).executeTakeFirst();

  it("shows a command's effect to reads as soon as it is answered", async () => {
    for (const role of ["operator", "user", "operator", "admin"] as const) {
      await metadata.apply("user.set_role", { id: user, role });
      expect((await userRow(user))?.role).toBe(role);
    }
  });

  it("answers with the command's result", async () => {
    const transactionId = `purchase-${user}-p1`;
    expect(await purchase("p1")).toEqual({ transaction_id: transactionId, repeated: false });
    expect(await purchase("p1")).toEqual({ transaction_id: transactionId, repeated: true });
  });

  it("reads money as bigint, other integers as number, bytes as Uint8Array", async () => {
    await purchase("p1", { amount_microcredits: "999999999999999999", provider: user });
    expect(await balanceOf(`user:${user}:available`)).toBe(999_999_999_999_999_999n);
    const row = await userRow(user);
    expect(row?.created_at_ms).toBe(1_000);
    expect(row?.sealed_secret).toBeInstanceOf(Uint8Array);
    expect([...row!.sealed_secret]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    const aggregates = await metadata.read
      .selectFrom("ledger_entries")
      .select((eb) => eb.fn.max("amount_microcredits").as("most_microcredits"))
      .executeTakeFirstOrThrow();
    expect(aggregates.most_microcredits).toBe(999_999_999_999_999_999n);
  });

  it("applies commands in the order of the calls and answers in that order", async () => {
    const answered: number[] = [];
    const issued = metadata.apply("refresh_token.issue", {
      token_hash: hashOf(0),
      user_id: user,
      family_id: "login",
      issued_at_ms: 1,
      expires_at_ms: 1_000_000,
    });
    // Each rotation spends what the one before it made: any other order is refused.
    const rotations = Array.from({ length: 300 }, async (_, index) => {
      const result = await metadata.apply("refresh_token.rotate", {
        old_hash: hashOf(index),
        new_hash: hashOf(index + 1),
        now_ms: index + 1,
        expires_at_ms: 1_000_000,
      });
      answered.push(index);
      return result;
    });
    await issued;
    const results = await Promise.all(rotations);
    expect(results.every((result) => result.outcome === "rotated")).toBe(true);
    expect(answered).toEqual(Array.from({ length: 300 }, (_, index) => index));
  });

  it("keeps nothing of a refused command and all of its neighbours", async () => {
    const token = { token_hash: hashOf(1), user_id: user, created_at_ms: 1, expires_at_ms: 1_000_000, uses: 5 };
    await metadata.apply("join_token.create", token);
    const results = await Promise.allSettled([
      metadata.apply("user.create", userPayload("bea")),
      metadata.apply("node.register", registrationPayload("n1", { name: "attic" })),
      // Takes a use of the token before it meets the name that is taken.
      metadata.apply("node.register", registrationPayload("n2", { name: "attic" })),
      metadata.apply("user.create", userPayload("cid", { email: "bea@example.org", welcome_microcredits: "7" })),
      metadata.apply("user.create", userPayload("dan")),
    ]);
    expect(results.map((result) => (result.status === "rejected" ? result.reason.code : "applied"))).toEqual([
      "applied",
      "applied",
      "NODE_NAME_TAKEN",
      "EMAIL_TAKEN",
      "applied",
    ]);
    expect(await Promise.all(["bea", "cid", "dan"].map(async (id) => (await userRow(id))?.id))).toEqual([
      "bea",
      undefined,
      "dan",
    ]);
    const tokens = await metadata.read.selectFrom("join_tokens").select("uses_left").execute();
    expect(tokens).toEqual([{ uses_left: 4 }]);
    expect(await balanceOf("system:welcome")).toBeUndefined();
  });

  it("loses none of 1,000 concurrent commands on one account", async () => {
    const amounts = Array.from({ length: 1_000 }, (_, index) => index + 1);
    await Promise.all(
      amounts.map((amount) => purchase(`p${amount}`, { amount_microcredits: `${amount}`, provider: user })),
    );
    expect(await balanceOf(`user:${user}:available`)).toBe(500_500n);
    expect(await balanceOf(`system:payments:${user}`)).toBe(-500_500n);
    const entries = await metadata.read
      .selectFrom("ledger_entries")
      .select("id")
      .where("account_id", "=", `user:${user}:available`)
      .execute();
    expect(entries).toHaveLength(1_000);
  });

  it("books one payment once, however many ask at the same time", async () => {
    const results = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => await purchase("p1", { id: `${user}-try-${index}` })),
    );
    expect(results.filter((result) => !result.repeated)).toHaveLength(1);
    expect(await balanceOf(`user:${user}:available`)).toBe(1_000_000n);
  });

  it("refuses a payload that does not fit, and an unknown command, before anything is applied", async () => {
    const refusals: readonly (readonly [string, unknown, RegExp])[] = [
      ["user.set_role", { id: user }, /role/],
      ["user.set_role", { id: user, role: "owner" }, /role must be "user"/],
      ["user.set_role", { id: user, role: "admin", because: "x" }, /additional/],
      ["user.set_role", null, /the payload/],
      ["user.destroy", { id: user }, /no metadata command "user.destroy"/],
      ["constructor", { id: user }, /no metadata command "constructor"/],
    ];
    for (const [name, payload, message] of refusals) {
      await expect(metadata.apply(name as never, payload as never)).rejects.toMatchObject({
        code: "INVALID_REQUEST",
        message: expect.stringMatching(message),
      });
    }
    expect((await userRow(user))?.role).toBe("user");
  });

  it("takes the payload as it is at the call", async () => {
    const payload = { ...userPayload("eve") };
    const applied = metadata.apply("user.create", payload);
    payload.name = "changed after the call";
    await applied;
    expect((await userRow("eve"))?.name).toBe("Person eve");
  });

  it("refuses a write through read", async () => {
    await expect(metadata.read.deleteFrom("users").where("id", "=", user).execute()).rejects.toThrow();
    await expect(sql`UPDATE users SET role = 'admin'`.execute(metadata.read)).rejects.toThrow();
    expect((await userRow(user))?.role).toBe("user");
  });
}

function describeSnapshots(createHarness: () => Promise<MetadataHarness>): void {
  let harness: MetadataHarness;
  let metadata: Metadata;

  beforeEach(async () => {
    harness = await createHarness();
    metadata = await harness.open();
    await metadata.apply("user.create", userPayload("ada"));
  });

  afterEach(async () => {
    await metadata.close();
    await harness.dispose();
  });

  const usersIn = async (read: Metadata["read"]) =>
    (await read.selectFrom("users").select("id").orderBy("id").execute()).map((user) => user.id);

  it("show one state throughout, from the call on, and everybody else the newest", async () => {
    const seen = await metadata.snapshot(async (read) => {
      await metadata.apply("user.create", userPayload("bea"));
      const before = await usersIn(read);
      await metadata.apply("user.create", userPayload("cid"));
      expect(await usersIn(metadata.read)).toEqual(["ada", "bea", "cid"]);
      return [before, await usersIn(read)];
    });
    expect(seen).toEqual([["ada"], ["ada"]]);
    expect(await metadata.snapshot(usersIn)).toEqual(["ada", "bea", "cid"]);
  });

  it("are several at a time, each with the state of its beginning", async () => {
    const seen = await metadata.snapshot(async (first) => {
      await metadata.apply("user.create", userPayload("bea"));
      return await metadata.snapshot(async (second) => [await usersIn(first), await usersIn(second)]);
    });
    expect(seen).toEqual([["ada"], ["ada", "bea"]]);
  });

  it("answer prepared queries, transactions within them, and read money as bigint", async () => {
    await metadata.apply("ledger.purchase", purchasePayload("p1"));
    const balanceOf = prepareQuery((read, { id }: { readonly id: string }) =>
      read.selectFrom("ledger_accounts").select("balance_microcredits").where("id", "=", id),
    );
    const id = "user:ada:available";
    const rows = await metadata.snapshot(async (read) => [
      ...(await balanceOf(read, { id })),
      ...(await read.transaction().execute(async (tx) => await balanceOf(tx, { id }))),
    ]);
    expect(rows).toEqual([{ balance_microcredits: 1_000_000n }, { balance_microcredits: 1_000_000n }]);
  });

  it("refuse a write, and throw what their reader throws", async () => {
    const writing = metadata.snapshot(async (read) => await read.deleteFrom("users").execute());
    await expect(writing).rejects.toThrow();
    const failing = metadata.snapshot(async () => {
      throw new RangeError("not mine");
    });
    await expect(failing).rejects.toThrow("not mine");
    expect(await usersIn(metadata.read)).toEqual(["ada"]);
  });

  it("are a few at a time, and end with their reader", async () => {
    const end = Promise.withResolvers<void>();
    const held = Array.from({ length: 4 }, async () => await metadata.snapshot(async () => await end.promise));
    await expect(metadata.snapshot(usersIn)).rejects.toMatchObject({ code: "OVERLOADED" });
    end.resolve();
    await Promise.all(held);
    expect(await metadata.snapshot(usersIn)).toEqual(["ada"]);
  });

  it("are waited for when it is closed, and no new ones are taken", async () => {
    const steps: string[] = [];
    const end = Promise.withResolvers<void>();
    const reading = metadata.snapshot(async (read) => {
      await end.promise;
      steps.push(...(await usersIn(read)));
    });
    const closed = metadata.close().then(() => steps.push("closed"));
    await expect(metadata.snapshot(usersIn)).rejects.toMatchObject({ code: "SHUTTING_DOWN" });
    end.resolve();
    await Promise.all([reading, closed]);
    expect(steps).toEqual(["ada", "closed"]);
  });
}

function describeClosing(createHarness: () => Promise<MetadataHarness>): void {
  let harness: MetadataHarness;
  let metadata: Metadata;

  beforeEach(async () => {
    harness = await createHarness();
    metadata = await harness.open();
  });

  afterEach(async () => {
    await metadata.close();
    await harness.dispose();
  });

  const countUsers = async () => (await metadata.read.selectFrom("users").select("id").execute()).length;

  it("keeps everything over closing and opening again", async () => {
    await metadata.apply("user.create", userPayload("ada"));
    await metadata.apply("ledger.purchase", purchasePayload("p1"));
    await metadata.close();
    metadata = await harness.open();
    const accounts = metadata.read.selectFrom("ledger_accounts").select(["id", "balance_microcredits"]).orderBy("id");
    expect(await accounts.execute()).toEqual([
      { id: "system:payments:local", balance_microcredits: -1_000_000n },
      { id: "user:ada:available", balance_microcredits: 1_000_000n },
    ]);
    expect(await metadata.apply("ledger.purchase", purchasePayload("p1"))).toMatchObject({ repeated: true });
  });

  it("applies what it accepted when it is closed while busy, and refuses what comes later", async () => {
    const accepted = Array.from({ length: 700 }, (_, index) =>
      metadata.apply("user.create", userPayload(`user-${index}`)),
    );
    const closed = metadata.close();
    const late = metadata.apply("user.create", userPayload("late")).then(
      () => "applied",
      (error: unknown) => (hasCode(error, "SHUTTING_DOWN") ? "refused" : error),
    );
    await Promise.all([...accepted, closed, metadata.close()]);
    expect(await late).toBe("refused");
    metadata = await harness.open();
    expect(await countUsers()).toBe(700);
  });
}
