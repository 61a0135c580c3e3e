import type { AuditObject, AuditPeriodObject, AuditSummary, ReputationObject } from "../audits.ts";
import { type Answer, errorAnswer, type FakeCall } from "./fake-call.ts";

/** Of a node that is new. */
export const FAKE_REPUTATION: ReputationObject = {
  standing: "vetting",
  why: "it passed 3 of the 100 audits after which it is trusted",
  reliability: 0.5,
  audit_score: 0.9991,
  error_score: 1,
  online_share: 1,
  passed: 3,
  vetted_at: null,
  suspended_at: null,
  disqualified_at: null,
  closer_look_until: null,
};

const SUMMARY: AuditSummary = {
  reputation: FAKE_REPUTATION,
  last_30_days: { outcomes: { passed: 3, wrong: 1, late: 0 }, success_rate: 0.75, latency_ms: 38.4 },
  changes: [],
};

/** One of each: a batch that passed, and one with a wrong answer; newest first. */
export const FAKE_AUDITS: readonly AuditObject[] = [
  fakeAudit({
    id: "5e".repeat(16),
    issued_at: "2026-01-01T04:00:00.000Z",
    outcomes: { passed: 1, wrong: 1 },
    chunks: [
      { chunk: "3a".repeat(32), outcome: "passed", why: "shown in time" },
      { chunk: "7f".repeat(32), outcome: "wrong", why: "what came is not of this chunk" },
    ],
    counted_as: "dishonest",
    detail: "7f7f7f7f7f7f…: a leaf or its path does not end in the chunk's name",
  }),
  fakeAudit({ id: "5d".repeat(16), issued_at: "2026-01-01T00:00:00.000Z" }),
];

export const FAKE_PERIODS: readonly AuditPeriodObject[] = [
  {
    day: "2026-01-02",
    commitment: "c0".repeat(32),
    key: null,
    opened_at: "2026-01-02T00:00:00.000Z",
    revealed_at: null,
  },
  {
    day: "2026-01-01",
    commitment: "c1".repeat(32),
    key: "5e".repeat(32),
    opened_at: "2026-01-01T00:00:00.000Z",
    revealed_at: "2026-01-02T00:00:00.000Z",
  },
];

function fakeAudit(change: Partial<AuditObject>): AuditObject {
  return {
    id: "",
    issued_at: "",
    settled_at: "2026-01-01T04:00:01.000Z",
    attempt: 1,
    outcomes: { passed: 1 },
    chunks: [{ chunk: "3a".repeat(32), outcome: "passed", why: "shown in time" }],
    duration_ms: 38,
    node_us: 12_000,
    counted_as: "good",
    detail: null,
    day: "2026-01-01",
    window: 7,
    number: 1,
    selection_id: "5e".repeat(16),
    leaf_count: 1,
    difficulty: 16,
    ...change,
  };
}

/** A node's audits, and the days; undefined for other paths. */
export function answerAudits({ state, method, path, query }: FakeCall): Answer | undefined {
  if (method !== "GET") return undefined;
  if (path === "/api/v1/audits/periods") return { status: 200, body: { items: FAKE_PERIODS, next_cursor: null } };
  const id = /^\/api\/v1\/nodes\/([^/]+)\/audits$/.exec(path)?.[1];
  if (id === undefined) return undefined;
  if (!state.nodes.some((node) => node.id === id)) return errorAnswer(404, "NODE_NOT_FOUND", `there is no node ${id}`);
  if (state.role !== "admin")
    return errorAnswer(403, "FORBIDDEN", "its audits are shown to its operator and to admins");
  const failed = FAKE_AUDITS.filter(({ counted_as }) => query.get("outcome") !== "failed" || counted_as !== "good");
  const from = Number(query.get("cursor") ?? 0);
  const to = from + Number(query.get("limit") ?? 100);
  const next_cursor = to < failed.length ? String(to) : null;
  return { status: 200, body: { items: failed.slice(from, to), next_cursor, summary: SUMMARY } };
}
