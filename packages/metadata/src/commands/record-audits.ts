import { AppError } from "@commonhold/core/app-error.ts";
import { AUDIT_OUTCOMES, encodeOutcomes } from "@commonhold/core/audit/audit-outcome.ts";
import {
  applyOutcomes,
  type ReputationState,
  type ReputationTerms,
  type StandingChange,
  standingOfReputation,
} from "@commonhold/core/audit/reputation.ts";
import { utcDayOf } from "@commonhold/core/economics/utc-day.ts";
import type { Transaction } from "kysely";
import Type, { type Static } from "typebox";
import { defineCommand } from "../command.ts";
import { prepareChange } from "../prepared-query.ts";
import type { Tables } from "../tables.ts";
import { CHALLENGED_CHUNKS_MAX, CHALLENGES_MAX } from "./audit-challenges.ts";
import { addAuditCounts, type AuditCounts, countAudit, noAuditCounts } from "./audit-counters.ts";
import { loadReputation, saveReputation } from "./node-reputations.ts";
import { requireDeclaredState, setDeclaredState } from "./nodes.ts";
import { forfeitPending } from "./pay-nodes.ts";
import { ChallengeId, payloadOf, TimeMs } from "./payload-fields.ts";

const Share = Type.Number({ minimum: 0, maximum: 1 });
const Duration = Type.Union([Type.Null(), Type.Integer({ minimum: 0 })]);

const Terms = payloadOf({
  audit_lambda: Share,
  disqualify_below: Share,
  error_lambda: Share,
  suspend_below: Share,
  restore_from: Share,
  vetting_count: Type.Integer({ minimum: 0 }),
  vetting_ms: Type.Integer({ minimum: 0 }),
  closer_look_ms: Type.Integer({ minimum: 0 }),
  suspended_ms_max: Type.Integer({ minimum: 0 }),
});

const Result = payloadOf({
  challenge_id: ChallengeId,
  /** One a chunk, in the order in which they were asked for; null for one that counts nothing: the error was ours. */
  outcomes: Type.Array(Type.Union([Type.Null(), Type.Enum(AUDIT_OUTCOMES)]), {
    minItems: 1,
    maxItems: CHALLENGED_CHUNKS_MAX,
  }),
  /** Silence whenever it was asked again. */
  is_final: Type.Boolean(),
  /** From the question to the answer; null where none came. */
  duration_ms: Duration,
  /** As the node says. */
  node_us: Duration,
  detail: Type.Union([Type.Null(), Type.String({ maxLength: 512 })]),
});

/**
 * Settles challenges, each once: its outcomes count for the node's day and its reputation. Those that are settled, or not
 * known, are answered as `repeated` and change nothing. A node that is disqualified by them forfeits what it had earned
 * and was not paid; one that was found dishonest is banned, one that is given up drains, whatever it says itself.
 * @throws AppError INVALID_REQUEST where a challenge has another number of chunks
 */
export const recordAudits = defineCommand({
  name: "audit.record",
  payload: payloadOf({
    now_ms: TimeMs,
    terms: Terms,
    results: Type.Array(Result, { minItems: 1, maxItems: CHALLENGES_MAX }),
  }),
  apply: async (tx, p) => {
    const nodeOf = await openChallenges(tx, p.results);
    const nodes = new Map<string, AuditedNode>();
    const repeated: string[] = [];
    const terms = termsOf(p.terms);
    for (const result of p.results) {
      const nodeId = nodeOf.get(result.challenge_id);
      if (nodeId === undefined) {
        repeated.push(result.challenge_id);
        continue;
      }
      nodeOf.delete(result.challenge_id);
      await settle(tx, result, p.now_ms);
      let node = nodes.get(nodeId);
      if (node === undefined) {
        node = { before: await loadReputation(tx, nodeId), counts: noAuditCounts(), changes: [] };
        nodes.set(nodeId, node);
      }
      judge(node, result, { terms, nowMs: p.now_ms });
    }
    const answers = [];
    for (const [nodeId, node] of nodes) answers.push(await keep(tx, nodeId, { node, nowMs: p.now_ms }));
    return { nodes: answers, repeated };
  },
});

type AuditResult = Static<typeof Result>;

/** A node as the command goes. */
interface AuditedNode {
  before: ReputationState;
  now?: ReputationState;
  readonly counts: AuditCounts;
  readonly changes: (StandingChange & { readonly from: string; readonly to: string })[];
  /** Where it is disqualified. */
  end?: { readonly state: "banned" | "draining"; readonly transactionId: string };
}

function termsOf(terms: Static<typeof Terms>): ReputationTerms {
  return {
    auditLambda: terms.audit_lambda,
    disqualifyBelow: terms.disqualify_below,
    errorLambda: terms.error_lambda,
    suspendBelow: terms.suspend_below,
    restoreFrom: terms.restore_from,
    vettingCount: terms.vetting_count,
    vettingMs: terms.vetting_ms,
    closerLookMs: terms.closer_look_ms,
    suspendedMsMax: terms.suspended_ms_max,
  };
}

/** @returns the node of each challenge that is not settled */
async function openChallenges(tx: Transaction<Tables>, results: readonly AuditResult[]): Promise<Map<string, string>> {
  const challenges = await tx
    .selectFrom("audit_challenges")
    .select(["id", "node_id", "chunk_names"])
    .where(
      "id",
      "in",
      results.map((result) => result.challenge_id),
    )
    .where("settled_at_ms", "is", null)
    .execute();
  const chunkCounts = new Map(challenges.map((row) => [row.id, row.chunk_names.length / 32]));
  for (const { challenge_id, outcomes } of results) {
    const count = chunkCounts.get(challenge_id) ?? outcomes.length;
    if (count === outcomes.length) continue;
    throw new AppError(
      "INVALID_REQUEST",
      `challenge ${challenge_id} asked for ${count} chunks and has ${outcomes.length} outcomes`,
    );
  }
  return new Map(challenges.map((row) => [row.id, row.node_id]));
}

const settleChallenge = prepareChange(
  (
    tx,
    {
      id,
      ...columns
    }: Pick<Tables["audit_challenges"], "id" | "duration_ms" | "node_us" | "detail"> & {
      readonly settled_at_ms: number;
      readonly outcomes: string;
      readonly is_final: number;
      readonly is_passed: number;
    },
  ) => tx.updateTable("audit_challenges").set(columns).where("id", "=", id),
);

async function settle(tx: Transaction<Tables>, result: AuditResult, nowMs: number): Promise<void> {
  await settleChallenge(tx, {
    id: result.challenge_id,
    settled_at_ms: nowMs,
    outcomes: encodeOutcomes(result.outcomes),
    is_final: result.is_final ? 1 : 0,
    is_passed: result.outcomes.every((outcome) => outcome === "passed") ? 1 : 0,
    duration_ms: result.duration_ms,
    node_us: result.node_us,
    detail: result.detail,
  });
}

function judge(
  node: AuditedNode,
  result: AuditResult,
  { terms, nowMs }: { readonly terms: ReputationTerms; readonly nowMs: number },
): void {
  const outcomes = result.outcomes.filter((outcome) => outcome !== null);
  if (outcomes.length === 0) return;
  countAudit(node.counts, { ...result, outcomes });
  const before = node.now ?? node.before;
  const step = applyOutcomes(before, outcomes, { terms, nowMs, isFinal: result.is_final });
  const from = standingOfReputation(before);
  const after = standingOfReputation(step.state);
  for (const change of step.changes) {
    const to = change.kind === "closer_look" ? change.kind : (TO[change.kind] ?? after);
    node.changes.push({ ...change, from, to });
    const state = ENDS[change.kind];
    if (state !== undefined) node.end = { state, transactionId: `forfeit-${result.challenge_id}` };
  }
  node.now = step.state;
}

/** The standing that a change leads to, where it does not depend on others. */
const TO: Partial<Record<StandingChange["kind"], string>> = {
  vetted: "trusted",
  suspended: "suspended",
  disqualified: "disqualified",
  given_up: "disqualified",
};

/** What becomes of a node that is disqualified: one that was honest may be read from until others stand in for it. */
const ENDS: Partial<Record<StandingChange["kind"], "banned" | "draining">> = {
  disqualified: "banned",
  given_up: "draining",
};

const HAS_LEFT: ReadonlySet<string> = new Set(["draining", "drained", "banned"]);

async function keep(
  tx: Transaction<Tables>,
  nodeId: string,
  { node, nowMs }: { readonly node: AuditedNode; readonly nowMs: number },
) {
  const state = node.now ?? node.before;
  await addAuditCounts(tx, { nodeId, day: utcDayOf(nowMs) }, node.counts);
  if (state !== node.before) await saveReputation(tx, nodeId, state);
  for (const { from, to, why } of node.changes) {
    await tx
      .insertInto("node_events")
      .values({ node_id: nodeId, at_ms: nowMs, from_status: from, to_status: to, why })
      .execute();
  }
  if (node.end !== undefined) {
    const declared = await requireDeclaredState(tx, nodeId);
    if (node.end.state === "banned" || !HAS_LEFT.has(declared)) await setDeclaredState(tx, nodeId, node.end.state);
    await forfeitPending(tx, { nodeId, transactionId: node.end.transactionId, nowMs });
  }
  return {
    node_id: nodeId,
    standing: standingOfReputation(state),
    changes: node.changes.map((change) => change.why),
    closer_look_until_ms: state.closerLookUntilMs,
  };
}
