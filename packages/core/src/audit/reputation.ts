import { type AuditOutcome, isDishonest, isNodeError, isOfWholeChallenge } from "./audit-outcome.ts";

const DAY_MS = 24 * 3600 * 1000;

/** How outcomes become standing. Each score is α / (α + β) of a beta distribution whose past fades by its λ. */
export interface ReputationTerms {
  readonly auditLambda: number;
  /** A node whose audit score falls below it is disqualified. */
  readonly disqualifyBelow: number;
  readonly errorLambda: number;
  /** A node whose error score falls below `suspendBelow` is suspended, until it is `restoreFrom` or better. */
  readonly suspendBelow: number;
  readonly restoreFrom: number;
  /** A node is vetted after so many passed audits, and so long after the first of them. */
  readonly vettingCount: number;
  readonly vettingMs: number;
  /** How long a node is audited more often after a wrong answer. */
  readonly closerLookMs: number;
  /** A node that was suspended for so long, and does no better, is disqualified. */
  readonly suspendedMsMax: number;
}

export const REPUTATION_TERMS: ReputationTerms = {
  auditLambda: 0.999,
  disqualifyBelow: 0.96,
  errorLambda: 0.95,
  suspendBelow: 0.6,
  restoreFrom: 0.85,
  vettingCount: 100,
  vettingMs: 3 * DAY_MS,
  closerLookMs: DAY_MS,
  suspendedMsMax: 7 * DAY_MS,
};

/** What is known of a node by its audits. Times in milliseconds since 1970, null where it has not come to that. */
export interface ReputationState {
  readonly auditAlpha: number;
  readonly auditBeta: number;
  readonly errorAlpha: number;
  readonly errorBeta: number;
  /** Audits of single chunks that were passed. */
  readonly passedTotal: number;
  readonly firstPassedAtMs: number | null;
  readonly vettedAtMs: number | null;
  readonly suspendedAtMs: number | null;
  readonly disqualifiedAtMs: number | null;
  readonly closerLookUntilMs: number | null;
}

/** vetting: earns trust still · suspended: keeps what it has, gets nothing new · disqualified: for good. */
export type ReputationStanding = "vetting" | "trusted" | "suspended" | "disqualified";

/**
 * Something that changed, with a sentence for the node's operator that says why. disqualified: it was found dishonest ·
 * given_up: it is disqualified, as it was suspended for too long.
 */
export interface StandingChange {
  readonly kind: "vetted" | "suspended" | "restored" | "disqualified" | "given_up" | "closer_look";
  readonly why: string;
}

export interface ReputationStep {
  readonly state: ReputationState;
  readonly changes: readonly StandingChange[];
}

/** When and under what terms outcomes are counted. */
export interface ReputationContext {
  readonly terms: ReputationTerms;
  readonly nowMs: number;
  /** Silence whenever it was asked again. */
  readonly isFinal?: boolean;
}

/** A node of which nothing is known yet. */
export function freshReputation(): ReputationState {
  return {
    auditAlpha: 1000,
    auditBeta: 0,
    errorAlpha: 20,
    errorBeta: 0,
    passedTotal: 0,
    firstPassedAtMs: null,
    vettedAtMs: null,
    suspendedAtMs: null,
    disqualifiedAtMs: null,
    closerLookUntilMs: null,
  };
}

/** From 0 to 1: how honest the node was found. */
export function auditScoreOf({ auditAlpha, auditBeta }: ReputationState): number {
  return scoreOf(auditAlpha, auditBeta);
}

/** From 0 to 1: how well the node answers, whatever it answers. */
export function errorScoreOf({ errorAlpha, errorBeta }: ReputationState): number {
  return scoreOf(errorAlpha, errorBeta);
}

function scoreOf(alpha: number, beta: number): number {
  return alpha + beta > 0 ? alpha / (alpha + beta) : 1;
}

export function standingOfReputation(state: ReputationState): ReputationStanding {
  if (state.disqualifiedAtMs !== null) return "disqualified";
  if (state.suspendedAtMs !== null) return "suspended";
  return state.vettedAtMs === null ? "vetting" : "trusted";
}

/**
 * How far new chunks may rely on a node, from 0 to 1: its share of time online in the last 30 days × its audit score,
 * half of that until it is vetted; nothing of a disqualified node. Rounded to hundredths, so that one audit does not
 * move what is placed by it.
 */
export function reliabilityOf(state: ReputationState, onlineShare30d: number): number {
  if (state.disqualifiedAtMs !== null) return 0;
  const share = Math.min(1, Math.max(0, onlineShare30d)) * auditScoreOf(state) * (state.vettedAtMs === null ? 0.5 : 1);
  return Math.round(share * 100) / 100;
}

/**
 * The state after one more outcome. Only wrong and final silence lower the audit score; silence that is asked again,
 * refusals and errors lower the error score; offline, late and a loss that the node itself reports touch neither.
 * Who is dishonest is disqualified, and so is who stays suspended for too long. A disqualified node stays what it is.
 */
export function applyOutcome(
  state: ReputationState,
  outcome: AuditOutcome,
  context: ReputationContext,
): ReputationStep {
  return applyOutcomes(state, [outcome], context);
}

/**
 * The state after the outcomes of one challenge, one for each chunk: what was shown or answered wrongly counts for each
 * chunk; what befalls a challenge as a whole, silence and the like, counts once; and the error score takes one step,
 * so that a large batch is no heavier than a small one.
 */
export function applyOutcomes(
  state: ReputationState,
  outcomes: readonly AuditOutcome[],
  context: ReputationContext,
): ReputationStep {
  if (state.disqualifiedAtMs !== null) return { state, changes: [] };
  const changes: StandingChange[] = [];
  let next = state;
  for (const outcome of countedOnce(outcomes)) next = audited(next, outcome, context);
  next = answered(next, outcomes, context);
  for (const judge of [lookedAtCloser, vetted, suspendedOrRestored, disqualified, givenUp]) {
    const step = judge({ before: state, now: next, outcomes }, context);
    next = step.state;
    changes.push(...step.changes);
  }
  return { state: next, changes };
}

/** What befalls the challenge as a whole stands there once. */
function countedOnce(outcomes: readonly AuditOutcome[]): readonly AuditOutcome[] {
  return outcomes.filter((outcome, i) => !isOfWholeChallenge(outcome) || outcomes.indexOf(outcome) === i);
}

function audited(state: ReputationState, outcome: AuditOutcome, context: ReputationContext): ReputationState {
  const { terms, nowMs, isFinal = false } = context;
  const isPassed = outcome === "passed";
  if (!isPassed && !isDishonest(outcome, isFinal)) return state;
  return {
    ...state,
    auditAlpha: terms.auditLambda * state.auditAlpha + (isPassed ? 1 : 0),
    auditBeta: terms.auditLambda * state.auditBeta + (isPassed ? 0 : 1),
    ...(isPassed && {
      passedTotal: state.passedTotal + 1,
      firstPassedAtMs: state.firstPassedAtMs ?? nowMs,
    }),
  };
}

function answered(
  state: ReputationState,
  outcomes: readonly AuditOutcome[],
  { terms, isFinal = false }: ReputationContext,
): ReputationState {
  const isFailed = outcomes.some((outcome) => isNodeError(outcome, isFinal));
  if (!isFailed && !outcomes.includes("passed")) return state;
  return {
    ...state,
    errorAlpha: terms.errorLambda * state.errorAlpha + (isFailed ? 0 : 1),
    errorBeta: terms.errorLambda * state.errorBeta + (isFailed ? 1 : 0),
  };
}

interface Judged {
  readonly before: ReputationState;
  readonly now: ReputationState;
  readonly outcomes: readonly AuditOutcome[];
}

function lookedAtCloser({ now, outcomes }: Judged, { terms, nowMs }: ReputationContext): ReputationStep {
  const wrong = outcomes.filter((outcome) => outcome === "wrong").length;
  if (wrong === 0) return { state: now, changes: [] };
  const why =
    `${wrong} of ${outcomes.length} audited chunks were answered wrongly: ` +
    `this node is audited more often for ${spanText(terms.closerLookMs)}, and its audit score is ${scoreText(auditScoreOf(now))}`;
  const closerLookUntilMs = Math.max(now.closerLookUntilMs ?? 0, nowMs + terms.closerLookMs);
  return { state: { ...now, closerLookUntilMs }, changes: [{ kind: "closer_look", why }] };
}

function vetted({ now }: Judged, { terms, nowMs }: ReputationContext): ReputationStep {
  const { passedTotal, firstPassedAtMs, vettedAtMs } = now;
  const isDue =
    vettedAtMs === null &&
    firstPassedAtMs !== null &&
    passedTotal >= terms.vettingCount &&
    nowMs - firstPassedAtMs >= terms.vettingMs;
  if (!isDue) return { state: now, changes: [] };
  const why =
    `${passedTotal} audits were passed, the first of them ${spanText(nowMs - firstPassedAtMs)} ago: ` +
    `${terms.vettingCount} over ${spanText(terms.vettingMs)} are asked for`;
  return { state: { ...now, vettedAtMs: nowMs }, changes: [{ kind: "vetted", why }] };
}

function suspendedOrRestored({ now }: Judged, { terms, nowMs }: ReputationContext): ReputationStep {
  const score = errorScoreOf(now);
  if (now.suspendedAtMs === null && score < terms.suspendBelow) {
    const why =
      `too many audits were left unanswered, refused or failed: the error score of ${scoreText(score)} is below ` +
      `${terms.suspendBelow}; nothing new is stored here until it is ${terms.restoreFrom} again`;
    return { state: { ...now, suspendedAtMs: nowMs }, changes: [{ kind: "suspended", why }] };
  }
  if (now.suspendedAtMs !== null && score >= terms.restoreFrom) {
    const why =
      `audits are answered again: the error score of ${scoreText(score)} has reached ${terms.restoreFrom}, ` +
      `${spanText(nowMs - now.suspendedAtMs)} after the suspension`;
    return { state: { ...now, suspendedAtMs: null }, changes: [{ kind: "restored", why }] };
  }
  return { state: now, changes: [] };
}

function disqualified({ before, now }: Judged, { terms, nowMs }: ReputationContext): ReputationStep {
  const score = auditScoreOf(now);
  // Only a fall disqualifies: terms that became stricter wait for the next failure.
  if (score >= terms.disqualifyBelow || score >= auditScoreOf(before)) return { state: now, changes: [] };
  const memory = Math.round(1 / (1 - terms.auditLambda));
  const why =
    `too many audits were answered wrongly or never: the audit score of ${scoreText(score)}, over about the last ` +
    `${memory} audits, is below ${terms.disqualifyBelow}`;
  return { state: { ...now, disqualifiedAtMs: nowMs }, changes: [{ kind: "disqualified", why }] };
}

function givenUp({ now, outcomes }: Judged, { terms, nowMs, isFinal = false }: ReputationContext): ReputationStep {
  const { suspendedAtMs, disqualifiedAtMs } = now;
  const score = errorScoreOf(now);
  const isDue =
    disqualifiedAtMs === null &&
    suspendedAtMs !== null &&
    nowMs - suspendedAtMs >= terms.suspendedMsMax &&
    score < terms.suspendBelow &&
    // Time alone, in which nothing was asked, gives up nobody.
    outcomes.some((outcome) => isNodeError(outcome, isFinal));
  if (!isDue) return { state: now, changes: [] };
  const why =
    `audits were left unanswered, refused or failed since the suspension ${spanText(nowMs - suspendedAtMs)} ago, and ` +
    `the error score of ${scoreText(score)} is still below ${terms.suspendBelow}: what this node has is copied elsewhere`;
  return { state: { ...now, disqualifiedAtMs: nowMs }, changes: [{ kind: "given_up", why }] };
}

function scoreText(score: number): string {
  return (Math.floor(score * 10_000) / 10_000).toString();
}

function spanText(ms: number): string {
  const hours = ms / 3_600_000;
  return hours < 48 ? `${Math.round(hours)} hours` : `${Math.round(hours / 24)} days`;
}
