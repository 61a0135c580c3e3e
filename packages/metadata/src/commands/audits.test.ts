import { createHash } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { type InProcessMetadata, NODES, openInProcessMetadata } from "../catalog/catalog.fixture.ts";
import type { CommandPayload } from "../metadata.ts";
import {
  AUDIT_TERMS,
  auditResult,
  challengeIdOf,
  challengePayload,
  hashOf,
  heartbeatPayload,
  nodeLine,
} from "./payloads.fixture.ts";

const [A, B] = NODES;
const DAY_MS = 86_400_000;

let metadata: InProcessMetadata;

beforeEach(async () => {
  metadata = await openInProcessMetadata();
});

type Result = Partial<CommandPayload<"audit.record">["results"][number]>;

const issue = async (...challenges: CommandPayload<"audit.issue">["challenges"]) =>
  await metadata.apply("audit.issue", { challenges });
const record = async (
  results: CommandPayload<"audit.record">["results"],
  overrides: Partial<CommandPayload<"audit.record">> = {},
) => await metadata.apply("audit.record", { now_ms: 11_000, terms: AUDIT_TERMS, results, ...overrides });
const challengeOf = async (seed: number) =>
  await metadata.read
    .selectFrom("audit_challenges")
    .selectAll()
    .where("id", "=", challengeIdOf(seed))
    .executeTakeFirstOrThrow();
const reputations = async () => await metadata.read.selectFrom("node_reputations").selectAll().execute();
const stateOf = async (id: string) =>
  (await metadata.read.selectFrom("nodes").select("declared_state").where("id", "=", id).executeTakeFirstOrThrow())
    .declared_state;
const wrongs = (count: number): Result["outcomes"] => Array.from({ length: count }, () => "wrong" as const);

describe("audit.issue", () => {
  it("keeps a challenge as it was asked, once", async () => {
    expect(await issue(challengePayload(1, A), challengePayload(2, B))).toEqual({ issued: 2 });
    expect(await issue(challengePayload(1, A, { number: 99 }), challengePayload(3, A))).toEqual({ issued: 1 });
    expect(await challengeOf(1)).toEqual({
      ...challengePayload(1, A),
      chunk_names: new Uint8Array(Buffer.from(hashOf(1) + hashOf(2), "hex")),
      settled_at_ms: null,
      outcomes: null,
      is_final: 0,
      is_passed: 0,
      duration_ms: null,
      node_us: null,
      detail: null,
    });
  });

  it("asks nodes that are known, and not too much", async () => {
    const stranger = issue(challengePayload(1, A), challengePayload(2, "stranger"));
    await expect(stranger).rejects.toMatchObject({
      code: "NODE_NOT_FOUND",
      message: expect.stringMatching(/stranger/),
    });
    const many = Array.from({ length: 65 }, (_, index) => challengePayload(index, A));
    await expect(issue(...many)).rejects.toMatchObject({ code: "INVALID_REQUEST" });
    const names = Array.from({ length: 21 }, (_, index) => hashOf(index));
    for (const chunk_names of [[], names]) {
      await expect(issue(challengePayload(1, A, { chunk_names }))).rejects.toMatchObject({ code: "INVALID_REQUEST" });
    }
    expect(await metadata.read.selectFrom("audit_challenges").selectAll().execute()).toEqual([]);
  });
});

describe("audit.record", () => {
  it("settles a challenge once", async () => {
    await issue(challengePayload(1, A));
    const lost = auditResult(1, { outcomes: ["passed", "lost"], detail: "CHUNK_NOT_FOUND" });
    const answer = { node_id: A, standing: "vetting", changes: [], closer_look_until_ms: null };
    expect(await record([lost])).toEqual({ nodes: [answer], repeated: [] });
    const settled = { settled_at_ms: 11_000, outcomes: "pl", is_passed: 0, duration_ms: 70, node_us: 60_000 };
    expect(await challengeOf(1)).toMatchObject({ ...settled, detail: "CHUNK_NOT_FOUND" });
    const before = await reputations();
    const again = await record([auditResult(1, { outcomes: ["wrong", "wrong"] }), auditResult(7)]);
    expect(again).toEqual({ nodes: [], repeated: [challengeIdOf(1), challengeIdOf(7)] });
    expect(await challengeOf(1)).toMatchObject(settled);
    expect(await reputations()).toEqual(before);
  });

  it("settles one that is named twice by its first result", async () => {
    await issue(challengePayload(1, A));
    const twice = [auditResult(1), auditResult(1, { outcomes: ["wrong", "wrong"] })];
    expect(await record(twice)).toMatchObject({ repeated: [challengeIdOf(1)] });
    expect(await challengeOf(1)).toMatchObject({ outcomes: "pp", is_passed: 1 });
    expect(await reputations()).toMatchObject([{ passed_total: 2, audit_beta: 0 }]);
  });

  it("wants an outcome for each chunk", async () => {
    await issue(challengePayload(1, A), challengePayload(2, A));
    const short = record([auditResult(2), auditResult(1, { outcomes: ["passed"] })]);
    await expect(short).rejects.toMatchObject({ code: "INVALID_REQUEST", message: expect.stringMatching(/2 chunks/) });
    expect(await challengeOf(2)).toMatchObject({ settled_at_ms: null });
  });

  it("counts each outcome in the node's day, and how long answers took", async () => {
    await issue(challengePayload(1, A), challengePayload(2, A), challengePayload(3, B), challengePayload(4, A));
    await record([
      auditResult(1, { outcomes: ["passed", "wrong"], duration_ms: 100 }),
      auditResult(2, { outcomes: ["silent", "silent"], duration_ms: null, node_us: null }),
      auditResult(3, { outcomes: ["late", "late"], duration_ms: 5_000 }),
    ]);
    await record([auditResult(4, { outcomes: ["passed", "lost"], duration_ms: 11 })], { now_ms: DAY_MS });
    const days = await metadata.read.selectFrom("node_days").selectAll().orderBy("node_id").orderBy("day").execute();
    expect(days).toMatchObject([
      { node_id: A, day: "1970-01-01", audits_passed: 1, audits_wrong: 1, audits_silent: 2, audits_lost: 0 },
      { node_id: A, day: "1970-01-02", audits_passed: 1, audits_lost: 1, audit_answers: 1, audit_duration_ms_sum: 11 },
      { node_id: B, day: "1970-01-01", audits_late: 2, audits_refused: 0, audits_error: 0, audits_offline: 0 },
    ]);
    expect(days[0]).toMatchObject({ audit_answers: 1, audit_duration_ms_sum: 100, settled_at_ms: null, byte_ms: "0" });
  });

  it("looks closer at a node after a wrong answer, and says why", async () => {
    await issue(challengePayload(1, A));
    const { nodes } = await record([auditResult(1, { outcomes: ["wrong", "passed"] })]);
    const until = 11_000 + AUDIT_TERMS.closer_look_ms;
    expect(nodes).toEqual([
      { node_id: A, standing: "vetting", changes: [expect.stringMatching(/wrong/)], closer_look_until_ms: until },
    ]);
    const events = await metadata.read.selectFrom("node_events").selectAll().execute();
    expect(events).toMatchObject([{ node_id: A, at_ms: 11_000, from_status: "vetting", to_status: "closer_look" }]);
  });

  it("vets a node by count and time", async () => {
    const terms = { ...AUDIT_TERMS, vetting_count: 4, vetting_ms: 50 };
    for (const seed of [1, 2, 3]) await issue(challengePayload(seed, A));
    const standings = [];
    for (const [seed, now_ms] of [
      [1, 11_000],
      [2, 11_049],
      [3, 11_050],
    ] as const) {
      standings.push((await record([auditResult(seed)], { terms, now_ms })).nodes[0]!.standing);
    }
    expect(standings).toEqual(["vetting", "vetting", "trusted"]);
    expect(await reputations()).toMatchObject([
      { passed_total: 6, first_passed_at_ms: 11_000, vetted_at_ms: 11_050, suspended_at_ms: null },
    ]);
    const events = await metadata.read.selectFrom("node_events").selectAll().execute();
    expect(events).toMatchObject([{ from_status: "vetting", to_status: "trusted" }]);
  });

  it("suspends a node that leaves audits unanswered, and takes that back", async () => {
    const seeds = Array.from({ length: 64 }, (_, index) => index);
    await issue(...seeds.map((seed) => challengePayload(seed, A)));
    const silent = { outcomes: ["silent", "silent"], duration_ms: null } as const;
    const first = await record(
      seeds.slice(0, 20).map((seed) => auditResult(seed, { ...silent, outcomes: [...silent.outcomes] })),
    );
    expect(first.nodes).toMatchObject([{ standing: "suspended", changes: [expect.stringMatching(/unanswered/)] }]);
    const second = await record(seeds.slice(20).map((seed) => auditResult(seed)));
    expect(second.nodes).toMatchObject([{ standing: "vetting", changes: [expect.stringMatching(/answered again/)] }]);
    const events = await metadata.read.selectFrom("node_events").selectAll().orderBy("id").execute();
    expect(events.map((event) => `${event.from_status} ${event.to_status}`)).toEqual([
      "vetting suspended",
      "suspended vetting",
    ]);
  });

  describe("of a node that answers wrongly again and again", () => {
    const chunk_names = Array.from({ length: 20 }, (_, index) => hashOf(index));
    const bad = (seed: number) => auditResult(seed, { outcomes: wrongs(20)! });

    beforeEach(async () => {
      const lines = [nodeLine(A, { net_microcredits: "70" }), nodeLine(B, { net_microcredits: "5" })];
      const pay = { day: "1970-01-01", rate_microcredits: "1", lines, now_ms: 2 * DAY_MS };
      await metadata.apply("economics.pay_nodes", pay);
      await issue(...[1, 2, 3, 4].map((seed) => challengePayload(seed, A, { chunk_names })));
    });
    const balanceOf = async (id: string) =>
      (
        await metadata.read
          .selectFrom("ledger_accounts")
          .select("balance_microcredits")
          .where("id", "=", id)
          .executeTakeFirst()
      )?.balance_microcredits;

    it("disqualifies and bans it, and what it had earned is forfeited", async () => {
      const { nodes } = await record([bad(1), bad(2), bad(3)]);
      expect(nodes).toMatchObject([{ node_id: A, standing: "disqualified" }]);
      expect(nodes[0]!.changes.at(-1)).toMatch(/audit score/);
      expect([await stateOf(A), await stateOf(B)]).toEqual(["banned", "active"]);
      expect(await balanceOf(`node:${A}:pending`)).toBe(0n);
      expect(await balanceOf(`node:${B}:pending`)).toBe(5n);
      expect(await balanceOf("system:forfeited")).toBe(70n);
      const events = await metadata.read.selectFrom("node_events").select("to_status").execute();
      expect(events.at(-1)).toEqual({ to_status: "disqualified" });
      await expect(metadata.apply("node.heartbeat", heartbeatPayload(A))).rejects.toMatchObject({
        code: "NOT_A_MEMBER",
      });
    });

    it("counts what comes later, and forfeits the rest of what it earned", async () => {
      await record([bad(1), bad(2), bad(3)]);
      const before = await reputations();
      expect((await record([bad(4)])).nodes).toMatchObject([{ standing: "disqualified", changes: [] }]);
      expect(await reputations()).toEqual(before);
      const days = await metadata.read.selectFrom("node_days").selectAll().where("node_id", "=", A).execute();
      expect(days).toMatchObject([{ audits_wrong: 80 }]);
      const lines = [nodeLine(A, { net_microcredits: "30" })];
      const pay = { day: "1970-01-02", rate_microcredits: "1", lines, now_ms: 2 * DAY_MS };
      await metadata.apply("economics.pay_nodes", pay);
      expect(await balanceOf(`node:${A}:pending`)).toBe(0n);
      expect(await balanceOf("system:forfeited")).toBe(100n);
    });

    it("forfeits the day of the disqualification also where it was let in again before that day is settled", async () => {
      await record([bad(1), bad(2), bad(3)], { now_ms: DAY_MS + 5 });
      await metadata.apply("node.unban", { id: A });
      const pay = (day: string) =>
        metadata.apply("economics.pay_nodes", {
          day,
          rate_microcredits: "1",
          lines: [nodeLine(A, { net_microcredits: "30" })],
          now_ms: 3 * DAY_MS,
        });
      await pay("1970-01-02");
      expect(await balanceOf(`node:${A}:pending`)).toBe(0n);
      expect(await balanceOf("system:forfeited")).toBe(100n);
      await pay("1970-01-03");
      expect(await balanceOf(`node:${A}:pending`), "of the day after").toBe(30n);
    });

    it("lets it begin afresh once an admin has unbanned it", async () => {
      await record([bad(1), bad(2), bad(3)]);
      await metadata.apply("node.unban", { id: A });
      expect(await reputations()).toEqual([]);
      await metadata.apply("node.heartbeat", heartbeatPayload(A));
      expect((await record([bad(4)])).nodes).toMatchObject([{ standing: "vetting" }]);
    });

    it("has one drain that was suspended for too long, whatever it says, until an admin lets it begin afresh", async () => {
      const refused = (seed: number) => auditResult(seed, { outcomes: ["refused", "refused"] });
      const seeds = Array.from({ length: 12 }, (_, i) => 100 + i);
      await issue(...seeds.map((seed) => challengePayload(seed, A)));
      const late = 11_000 + AUDIT_TERMS.suspended_ms_max;
      await record(seeds.slice(0, 10).map(refused));
      expect((await record([refused(110)], { now_ms: late - 1 })).nodes).toMatchObject([{ standing: "suspended" }]);
      const { nodes } = await record([refused(111)], { now_ms: late });
      expect(nodes).toMatchObject([{ standing: "disqualified", changes: [expect.stringMatching(/copied elsewhere/)] }]);
      expect([await stateOf(A), await balanceOf("system:forfeited")]).toEqual(["draining", 70n]);
      const heartbeat = () => metadata.apply("node.heartbeat", heartbeatPayload(A, { draining: false }));
      expect(await heartbeat()).toEqual({ declared_state: "draining" });
      await metadata.apply("node.drained", { id: A });
      expect(await heartbeat()).toEqual({ declared_state: "drained" });
      await metadata.apply("node.unban", { id: A });
      expect([await heartbeat(), await reputations()]).toEqual([{ declared_state: "active" }, []]);
    });

    it("ends a suspension, as a node that holds nothing can never earn its way back", async () => {
      const refused = (seed: number) => auditResult(seed, { outcomes: ["refused", "refused"] });
      const seeds = Array.from({ length: 12 }, (_, i) => 100 + i);
      await issue(...seeds.map((seed) => challengePayload(seed, A)));
      expect((await record(seeds.map(refused))).nodes).toMatchObject([{ standing: "suspended" }]);
      await metadata.apply("node.unban", { id: A });
      expect(await reputations()).toEqual([]);
    });

    it("leaves the reputation of a node that was neither banned nor suspended", async () => {
      await record([bad(1)]);
      const before = await reputations();
      await metadata.apply("node.unban", { id: A });
      expect(await reputations()).toEqual(before);
    });
  });
});

describe("audit.purge", () => {
  it("forgets what was passed sooner than the rest, in steps", async () => {
    await issue(...[1, 2, 3, 4].map((seed) => challengePayload(seed, A, { issued_at_ms: seed })));
    await record([auditResult(1), auditResult(3), auditResult(4, { outcomes: ["passed", "late"] })]);
    const left = async () => {
      const rows = metadata.read.selectFrom("audit_challenges").select("issued_at_ms").orderBy("issued_at_ms");
      return (await rows.execute()).map((row) => row.issued_at_ms);
    };
    const purge = async (passed: number, others: number, limit = 100) =>
      await metadata.apply("audit.purge", { passed_before_ms: passed, others_before_ms: others, limit });
    expect(await purge(3, 1)).toEqual({ purged: 1 });
    expect(await left()).toEqual([2, 3, 4]);
    expect(await purge(9, 9, 2)).toEqual({ purged: 2 });
    expect(await left()).toEqual([4]);
    expect(await purge(9, 9)).toEqual({ purged: 1 });
  });
});

describe("the key of a day's audits", () => {
  const key = "ab".repeat(32);
  const commitment = createHash("sha256").update(Buffer.from(key, "hex")).digest("hex");
  const day = "1970-01-02";
  const open = async (overrides: Partial<CommandPayload<"audit.open_period">> = {}) =>
    await metadata.apply("audit.open_period", { day, commitment, now_ms: DAY_MS, ...overrides });
  const reveal = async (overrides: Partial<CommandPayload<"audit.reveal_period">> = {}) =>
    await metadata.apply("audit.reveal_period", { day, key, now_ms: 2 * DAY_MS, ...overrides });

  it("is committed to, and published when the day is over", async () => {
    expect(await open()).toEqual({ repeated: false });
    expect(await open({ now_ms: DAY_MS + 5 })).toEqual({ repeated: true });
    expect(await reveal()).toEqual({ repeated: false });
    expect(await reveal({ now_ms: 3 * DAY_MS })).toEqual({ repeated: true });
    expect(await metadata.read.selectFrom("audit_periods").selectAll().execute()).toEqual([
      { day, commitment, key, opened_at_ms: DAY_MS, revealed_at_ms: 2 * DAY_MS },
    ]);
  });

  it("is no other than the one that was committed to", async () => {
    await open();
    await expect(open({ commitment: key })).rejects.toMatchObject({ code: "CONCURRENT_CHANGE" });
    await expect(reveal({ key: commitment })).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  });

  it("is kept until then, and is that of a day which began", async () => {
    await open();
    await expect(reveal({ now_ms: 2 * DAY_MS - 1 })).rejects.toMatchObject({ code: "INVALID_REQUEST" });
    await expect(reveal({ day: "1970-01-01" })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});
