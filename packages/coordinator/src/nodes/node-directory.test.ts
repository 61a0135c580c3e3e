import type { AuditOutcome } from "@commonhold/core/audit/audit-outcome.ts";
import { REPUTATION_TERMS } from "@commonhold/core/audit/reputation.ts";
import { utcDayOf } from "@commonhold/core/economics/utc-day.ts";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type ApiFixture,
  createApiFixture,
  HEARTBEAT,
  TEST_HEARTBEAT_TERMS,
  type TestNode,
} from "../http/api.fixture.ts";
import { createLogFixture } from "../http/http.fixture.ts";
import { NodeDirectory } from "./node-directory.ts";

let api: ApiFixture;
let node: TestNode;
beforeEach(async () => {
  api = await createApiFixture({ engine: "memory" });
  node = await api.newNode(await api.newUser(), "one");
});
afterEach(() => api.close());

const heartbeat = (change: object = {}, apiKey: string = node.apiKey) =>
  api.call("POST", "/api/v1/nodes/heartbeat", { apiKey, body: { ...HEARTBEAT, ...change } });
const presence = () => api.directory.placeableNodes().find(({ id }) => id === node.id)?.presence;

async function restarted(): Promise<NodeDirectory> {
  const { metadata, clock } = api;
  const directory = new NodeDirectory({ metadata, clock, logger: createLogFixture().logger }, TEST_HEARTBEAT_TERMS);
  await directory.load();
  return directory;
}

const audit = (outcome: AuditOutcome) => ({
  terms: {
    audit_lambda: REPUTATION_TERMS.auditLambda,
    disqualify_below: REPUTATION_TERMS.disqualifyBelow,
    error_lambda: REPUTATION_TERMS.errorLambda,
    suspend_below: REPUTATION_TERMS.suspendBelow,
    restore_from: REPUTATION_TERMS.restoreFrom,
    vetting_count: REPUTATION_TERMS.vettingCount,
    vetting_ms: 0,
    closer_look_ms: REPUTATION_TERMS.closerLookMs,
    suspended_ms_max: REPUTATION_TERMS.suspendedMsMax,
  },
  results: { outcomes: [outcome], is_final: false, duration_ms: null, node_us: null, detail: null },
});

let challenges = 0;

async function record(
  result: ReturnType<typeof audit>["results"],
  terms: ReturnType<typeof audit>["terms"],
): Promise<void> {
  const challenge_id = (++challenges).toString(16).padStart(32, "0");
  const nowMs = api.clock.nowMs();
  const selection = {
    selection_id: challenge_id,
    attempt: 1,
    leaf_count: 1,
    difficulty: 1,
    chunk_names: ["3a".repeat(32)],
  };
  const when = { day: "2026-01-31", window: 1, number: challenges, issued_at_ms: nowMs, deadline_at_ms: nowMs };
  await api.metadata.apply("audit.issue", {
    challenges: [{ id: challenge_id, node_id: node.id, ...selection, ...when }],
  });
  await api.metadata.apply("audit.record", { now_ms: nowMs, terms, results: [{ challenge_id, ...result }] });
}

/** As settlement leaves it. */
async function settleDay(uptime: { readonly observed_ms: number; readonly online_ms: number }): Promise<void> {
  const day = utcDayOf(api.clock.nowMs());
  await sql`update node_days set observed_ms = ${uptime.observed_ms}, online_ms = ${uptime.online_ms}, settled_at_ms = 1
    where node_id = ${node.id} and day = ${day}`.execute(api.metadata.read);
}

describe("NodeDirectory", () => {
  it("gives placement the nodes that may receive, as they described themselves", async () => {
    expect(api.directory.candidates()).toEqual([]);
    await heartbeat();
    expect(api.directory.candidates()).toEqual([
      {
        id: node.id,
        freeBytes: 1500,
        freeBytesOwn: 1500,
        capacityBytes: 2000,
        operatorId: api.directory.get(node.id)?.operatorId,
        labels: { site: "home" },
        reliability: 0.5,
        status: "active",
        presence: "receiving",
      },
    ]);
    expect(api.directory.activeNodeIds()).toEqual([node.id]);
  });

  it("shows silent nodes as away, draining ones as other, and no banned one", async () => {
    expect(presence()).toBe("other");
    await heartbeat();
    expect(presence()).toBe("receiving");
    api.clock.advance(90_000);
    expect(presence()).toBe("away");
    await heartbeat({ draining: true });
    expect(presence()).toBe("other");
    await api.metadata.apply("node.ban", { id: node.id });
    await api.directory.reload(node.id);
    expect(presence()).toBeUndefined();
    expect(api.directory.target(node.id)).toBeUndefined();
  });

  it("gives the same list until something changes", async () => {
    await heartbeat();
    const before = api.directory.placeableNodes();
    api.clock.advance(60_000);
    expect(api.directory.placeableNodes()).toBe(before);
    api.clock.advance(30_000);
    expect(api.directory.placeableNodes()).not.toBe(before);
    const silent = api.directory.placeableNodes();
    await heartbeat({ free_bytes: 7 });
    expect(api.directory.placeableNodes()).not.toBe(silent);
    expect(api.directory.placeableNodes()[0]?.freeBytes).toBe(7);
  });

  it("gives nothing new to a suspended node, and relies on a node as its audits and its uptime say", async () => {
    await heartbeat();
    const { id } = api.directory.list()[0]!;
    const { terms, results } = audit("refused");
    for (let round = 0; round < 20; round++) await record(results, terms);
    expect(presence()).toBe("receiving");
    await api.directory.reload(id);
    expect(presence()).toBe("other");
    expect(api.directory.standingOf(id)).toBe("live");
    for (let round = 0; round < 60; round++) await record(audit("passed").results, { ...terms, vetting_count: 1 });
    await api.directory.reload(id);
    expect(presence()).toBe("receiving");
    expect(api.directory.candidates()[0]?.reliability).toBe(1);
    await settleDay({ observed_ms: 86_400_000, online_ms: 64_800_000 });
    const before = api.directory.placeableNodes();
    await api.directory.refreshReputations();
    expect(api.directory.placeableNodes()).not.toBe(before);
    expect(api.directory.candidates()[0]?.reliability).toBe(0.75);
    const same = api.directory.placeableNodes();
    await api.directory.refreshReputations();
    expect(api.directory.placeableNodes()).toBe(same);
  });

  it("cuts off a disqualified node, which begins afresh when it is let in again", async () => {
    await heartbeat();
    const { id } = api.directory.list()[0]!;
    const { terms, results } = audit("wrong");
    for (let round = 0; round < 50; round++) await record(results, terms);
    await api.directory.reload(id);
    expect(presence()).toBeUndefined();
    expect(api.directory.members().has(id)).toBe(false);
    expect(api.directory.reputationOf(id)).toMatchObject({ reliability: 0 });
    await api.metadata.apply("node.unban", { id });
    await api.directory.reload(id);
    expect(api.directory.reputationOf(id)).toMatchObject({ reliability: 0.5, state: { auditBeta: 0 } });
  });

  it("reads from one that was suspended for too long, and counts on it no more", async () => {
    await heartbeat();
    const { id } = api.directory.list()[0]!;
    const { terms, results } = audit("refused");
    for (let round = 0; round < 10; round++) await record(results, terms);
    api.clock.advance(terms.suspended_ms_max);
    await record(results, terms);
    await heartbeat();
    await api.directory.reload(id);
    expect(api.directory.standingOf(id)).toBe("draining");
    expect([presence(), api.directory.members().has(id)]).toEqual(["other", true]);
    expect(api.directory.reputationOf(id)).toMatchObject({ reliability: 0 });
    await heartbeat({ draining: false });
    expect(api.directory.standingOf(id)).toBe("draining");
  });

  it("knows where to reach a member", async () => {
    await heartbeat();
    expect(api.directory.target(node.id)).toEqual({ peerId: node.id, addresses: HEARTBEAT.addresses });
    expect(api.directory.target("unknown")).toBeUndefined();
  });

  it("counts nodes by status", async () => {
    await heartbeat();
    await api.newNode(await api.newUser(), "two");
    expect(api.directory.counts()).toEqual({
      joining: 1,
      active: 1,
      suspect: 0,
      offline: 0,
      draining: 0,
      drained: 0,
      banned: 0,
    });
  });

  it("takes nodes as active from their last heartbeat after a restart, until proven otherwise", async () => {
    await heartbeat();
    api.clock.advance(60_000);
    const directory = await restarted();
    expect(directory.candidates().map(({ id }) => id)).toEqual([node.id]);
    expect(directory.members()).toEqual(new Set([node.id]));
    api.clock.advance(30_000);
    expect(directory.candidates()).toEqual([]);
  });

  describe("onStatusChanged", () => {
    const changes = () => {
      const told: (string | undefined)[][] = [];
      api.directory.onStatusChanged(({ nodeId, from, to }) => told.push([nodeId, from, to]));
      return told;
    };

    it("tells a heartbeat that changes something at once, and silence when it is looked for", async () => {
      const told = changes();
      api.directory.check();
      await heartbeat();
      await heartbeat();
      expect(told.splice(0)).toEqual([
        [node.id, undefined, "joining"],
        [node.id, "joining", "active"],
      ]);
      api.clock.advance(90_000);
      expect(told).toEqual([]);
      api.directory.check();
      api.directory.check();
      expect(told.splice(0)).toEqual([[node.id, "active", "suspect"]]);
      api.clock.advance(90_000);
      api.directory.check();
      await heartbeat();
      await heartbeat({ draining: true });
      expect(told).toEqual([
        [node.id, "suspect", "offline"],
        [node.id, "offline", "active"],
        [node.id, "active", "draining"],
      ]);
    });

    it("tells a ban", async () => {
      const admin = await api.newUser("admin");
      await heartbeat();
      const told = changes();
      await api.call("POST", `/api/v1/nodes/${node.id}/ban`, { token: admin.accessToken });
      api.directory.check();
      expect(told).toEqual([[node.id, "active", "banned"]]);
    });

    it("does not let a listener's failure reach the node", async () => {
      api.directory.onStatusChanged(() => {
        throw new Error("listener failed");
      });
      expect((await heartbeat()).status).toBe(200);
      expect(JSON.stringify(api.logLines)).toContain("listener failed");
    });
  });

  it("tells changes of membership, and only those", async () => {
    const told: ReadonlySet<string>[] = [];
    api.directory.onMembersChanged((members) => told.push(members));
    await heartbeat();
    expect(told).toEqual([]);
    const two = await api.newNode(await api.newUser(), "two");
    expect(told).toEqual([new Set([node.id, two.id])]);
    const admin = await api.newUser("admin");
    await api.call("POST", `/api/v1/nodes/${two.id}/ban`, { token: admin.accessToken });
    expect(told.at(-1)).toEqual(new Set([node.id]));
    await api.call("DELETE", `/api/v1/nodes/${two.id}/ban`, { token: admin.accessToken });
    expect(told.at(-1)).toEqual(new Set([node.id, two.id]));
    expect(told).toHaveLength(3);
  });
});
