import { type AuditOutcome, countsForPay, isDishonest, isNodeError } from "@commonhold/core/audit/audit-outcome.ts";

/** What an outcome means, for people. */
const MEANINGS: Readonly<Record<AuditOutcome, string>> = {
  passed: "shown in time",
  wrong: "what came is not of this chunk: the copy is out of service, and made anew",
  lost: "the node itself says that it has lost it: the copy is made anew",
  offline: "the node could not be reached: that is a matter of its uptime",
  silent: "the node had the question and did not answer: the same is asked again",
  refused: "the node did not want to answer: the same is asked again",
  late: "right, but after the deadline: fewer chunks are asked for at once",
  error: "the answer could not be read: the same is asked again",
};

const FINAL_MEANINGS: Partial<Record<AuditOutcome, string>> = {
  silent: "no answer, each time that the same was asked: the copy is out of service, and made anew",
  refused: "refused, each time that the same was asked: the copy is out of service, and made anew",
  error: "no answer that could be read, each time that the same was asked: the copy is out of service, and made anew",
};

const VOID_MEANING =
  "the error was the coordinator's own, or the chunk no longer the node's to keep: it counts nothing";

/** @param isLast it was asked for the last time */
export function meaningOf(outcome: AuditOutcome | null, isLast: boolean): string {
  if (outcome === null) return VOID_MEANING;
  return (isLast ? FINAL_MEANINGS[outcome] : undefined) ?? MEANINGS[outcome];
}

/**
 * good: passed · dishonest: lowers the audit score · node_error: lowers the error score · not_passed: only for pay ·
 * nothing: nowhere · open: not settled yet. Of a batch, the worst.
 */
export const COUNTED_AS = ["dishonest", "node_error", "not_passed", "good", "nothing", "open"] as const;
export type CountedAs = (typeof COUNTED_AS)[number];

export function countedAs(outcomes: readonly (AuditOutcome | null)[], isFinal: boolean): CountedAs {
  const found = new Set(outcomes.map((outcome) => countedOne(outcome, isFinal)));
  return COUNTED_AS.find((way) => found.has(way)) ?? "nothing";
}

function countedOne(outcome: AuditOutcome | null, isFinal: boolean): CountedAs {
  if (outcome === null || !countsForPay(outcome)) return "nothing";
  if (isDishonest(outcome, isFinal)) return "dishonest";
  if (isNodeError(outcome, isFinal)) return "node_error";
  return outcome === "passed" ? "good" : "not_passed";
}
