import type { AuditOutcome } from "@commonhold/core/audit/audit-outcome.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import type { Random } from "@commonhold/core/random.ts";
import type { ReplicaCatalog } from "@commonhold/metadata/catalog/replica-catalog.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import type { AuditLedger, IssuedChallenge, StandingAfter } from "./audit-ledger.ts";
import { ASKED_MAX } from "@commonhold/core/audit/audit-pace.ts";
import type { AuditOptions } from "./audit-options.ts";
import type { AuditPeriods } from "./audit-periods.ts";
import type { PlannedQuestion } from "./audit-planner.ts";
import type { AuditReply, AuditTransport } from "./audit-transport.ts";
import type { AuditedNode } from "./audited-node.ts";
import { copiesOf } from "./held-chunks.ts";
import { type Judgement, judgeReply, type VerifyAnswer } from "./judge-reply.ts";

const CHALLENGE_ID_BYTES = 16;
/** The node was there, and showed nothing: it is asked the same again. */
const UNANSWERED: ReadonlySet<AuditOutcome | null> = new Set(["silent", "refused", "error"] as const);

export interface AuditorDeps {
  readonly catalog: Pick<ReplicaCatalog, "getMany" | "doubtReplicas">;
  readonly transport: AuditTransport;
  readonly ledger: Pick<AuditLedger, "issue" | "record">;
  readonly periods: Pick<AuditPeriods, "open" | "seedOf">;
  readonly verify: VerifyAnswer;
  /** These chunks may have fewer good copies than promised. */
  readonly requestRepair: (names: readonly ChunkName[]) => void;
  readonly onStanding: (after: StandingAfter) => void;
  readonly onSettled?: (settled: SettledAudit) => void;
  readonly clock: Clock;
  readonly random: Pick<Random, "bytes">;
  readonly logger: Pick<Logger, "info" | "warn">;
}

/** For whoever counts audits. */
export interface SettledAudit {
  readonly nodeId: NodeId;
  /** null for a chunk that counts nothing. */
  readonly outcomes: readonly (AuditOutcome | null)[];
  readonly durationMs: number | undefined;
}

export type AuditorOptions = Pick<AuditOptions, "cycleMs" | "deadlineMs" | "difficulty">;

/** Carries one challenge through: recorded, sent, judged, recorded again, and what follows from it done. */
export interface Auditor {
  ask(node: AuditedNode, planned: PlannedQuestion, signal: AbortSignal): Promise<void>;
}

/** A judgement that what the catalog says meanwhile was held against. */
interface Finding extends Omit<Judgement, "outcomes"> {
  readonly outcomes: readonly (AuditOutcome | null)[];
  readonly isFinal: boolean;
  /** Copies that shall count no longer. */
  readonly failed: readonly ChunkName[];
}

export function createAuditor(deps: AuditorDeps, options: AuditorOptions): Auditor {
  return {
    ask: async (node, planned, signal) => {
      const challenge = issuedFor(deps, node.id, { planned, options });
      await deps.periods.open(challenge.day, challenge.issuedAtMs);
      await deps.ledger.issue(challenge);
      node.takeBytes(planned.sealedBytes);
      const reply = await deps.transport.ask(
        { ...questionOf(deps, challenge), deadlineMs: options.deadlineMs },
        signal,
      );
      const finding = await find(deps, challenge, { reply, options });
      await settle(deps, challenge, { finding, options });
      // Last: where it could not be recorded the question counts as one that was not asked.
      noteAnswer(node, challenge, { finding, nowMs: deps.clock.nowMs() });
    },
  };
}

function issuedFor(
  { clock, random }: AuditorDeps,
  nodeId: NodeId,
  { planned, options }: { readonly planned: PlannedQuestion; readonly options: AuditorOptions },
): IssuedChallenge {
  const id = random.bytes(CHALLENGE_ID_BYTES);
  const issuedAtMs = clock.nowMs();
  return {
    ...planned.selection,
    id,
    nodeId,
    selectionId: planned.selectionId ?? id,
    attempt: planned.attempt,
    difficulty: options.difficulty,
    chunkNames: planned.chunkNames,
    issuedAtMs,
    deadlineAtMs: issuedAtMs + options.deadlineMs,
  };
}

function questionOf({ periods }: AuditorDeps, challenge: IssuedChallenge) {
  const { nodeId, day, window, number } = challenge;
  const { id: challengeId, selectionId, chunkNames, leafCount, difficulty } = challenge;
  const seed = periods.seedOf(day, { nodeId, window, number });
  return { challengeId, selectionId, nodeId, chunkNames, seed, leafCount, difficulty };
}

async function find(
  deps: AuditorDeps,
  challenge: IssuedChallenge,
  { reply, options }: { readonly reply: AuditReply; readonly options: AuditorOptions },
): Promise<Finding> {
  const { chunkNames, attempt } = challenge;
  if (reply.kind === "ended") {
    const nothing = { durationMs: undefined, nodeUs: undefined, isFinal: false, failed: [] };
    return { ...nothing, outcomes: chunkNames.map(() => null), detail: reply.detail };
  }
  const question = { ...questionOf(deps, challenge), deadlineMs: options.deadlineMs };
  const judgement = judgeReply(question, reply, deps.verify);
  const isLast = attempt >= ASKED_MAX;
  const isFailure = (outcome: AuditOutcome): boolean =>
    outcome === "wrong" || outcome === "lost" || (isLast && UNANSWERED.has(outcome));
  const suspects = chunkNames.filter((_, index) => isFailure(judgement.outcomes[index]!));
  const copies = await copiesOf(deps.catalog, challenge.nodeId, suspects);
  const failed = copies.flatMap(({ chunk, state }) => (state === "active" || state === "leaving" ? [chunk.name] : []));
  // What the node no longer has to hold it need not show; what it has reported since it was asked is no less lost.
  const owed = new Set(copies.flatMap(({ chunk, state }) => (state === "pending" ? [] : [chunk.name])));
  const outcomes = judgement.outcomes.map((outcome, index) =>
    outcome === "lost" && !owed.has(chunkNames[index]!) ? null : outcome,
  );
  return { ...judgement, outcomes, isFinal: isLast && judgement.outcomes.includes("silent"), failed };
}

function noteAnswer(
  node: AuditedNode,
  challenge: IssuedChallenge,
  { finding, nowMs }: { readonly finding: Finding; readonly nowMs: number },
): void {
  const { outcomes } = finding;
  const { attempt, chunkNames } = challenge;
  if (outcomes.some((outcome) => outcome === "late" || outcome === "silent")) node.noteAnswer("late", outcomes.length);
  else if (outcomes.includes("passed")) node.noteAnswer("in-time", outcomes.length);
  const [first] = outcomes;
  if (UNANSWERED.has(first ?? null) && attempt < ASKED_MAX) {
    node.unanswered.add({ selection: challenge, chunkNames }, attempt, nowMs);
  } else if (attempt > 1 && (first === "offline" || outcomes.every((outcome) => outcome === null))) {
    node.unanswered.postpone({ selection: challenge, chunkNames, attempt, dueMs: 0 }, nowMs);
  }
}

/** The copies first: whatever happens then, what failed is not counted on. */
async function settle(
  deps: AuditorDeps,
  challenge: IssuedChallenge,
  { finding, options }: { readonly finding: Finding; readonly options: AuditorOptions },
): Promise<void> {
  const { nodeId, id } = challenge;
  const { failed, ...result } = finding;
  const nowMs = deps.clock.nowMs();
  if (failed.length > 0) {
    const { outcomes, detail } = finding;
    deps.logger.warn({ node: nodeId, chunks: failed.length, outcomes, detail }, "copies failed their audit");
    await deps.catalog.doubtReplicas(nodeId, failed, nowMs, { heldUntilMs: Math.max(0, nowMs - options.cycleMs) });
    deps.requestRepair(failed);
  }
  const { outcomes, durationMs } = finding;
  const standings = await deps.ledger.record([{ id, ...result }], nowMs);
  deps.onSettled?.({ nodeId, outcomes, durationMs });
  for (const standing of standings) deps.onStanding(standing);
}
