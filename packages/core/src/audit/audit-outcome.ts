import { AppError } from "../app-error.ts";

/**
 * What became of the audit of one replica. passed: it was shown · wrong: the answer was none, or not of this chunk ·
 * lost: the node itself says that it has it no more · offline: the node could not be reached · silent: it was
 * reached, then nothing came · refused: it says that it will not · late: right, but after the deadline · error: what
 * came could not be read, or the node failed.
 */
export const AUDIT_OUTCOMES = ["passed", "wrong", "lost", "offline", "silent", "refused", "late", "error"] as const;
export type AuditOutcome = (typeof AUDIT_OUTCOMES)[number];

/** One letter each, as outcomes of a batch are recorded. */
const LETTERS: Readonly<Record<AuditOutcome, string>> = {
  passed: "p",
  wrong: "w",
  lost: "l",
  offline: "o",
  silent: "s",
  refused: "r",
  late: "t",
  error: "e",
};
const OF_LETTER = new Map(AUDIT_OUTCOMES.map((outcome) => [LETTERS[outcome], outcome]));

/** Stands for a chunk of which nothing was found out, as the error was the coordinator's own: it counts nothing. */
const NOTHING = "-";

/** Outcomes of the chunks of one challenge as text, a letter each in their order; null is none. */
export function encodeOutcomes(outcomes: readonly (AuditOutcome | null)[]): string {
  return outcomes.map((outcome) => (outcome === null ? NOTHING : LETTERS[outcome])).join("");
}

/** What `encodeOutcomes` was given. @throws AppError INTERNAL for a letter that stands for none */
export function decodeOutcomes(text: string): readonly (AuditOutcome | null)[] {
  return Array.from(text, (letter) => {
    if (letter === NOTHING) return null;
    const outcome = OF_LETTER.get(letter);
    if (outcome === undefined) throw new AppError("INTERNAL", `"${letter}" of "${text}" is no outcome of an audit`);
    return outcome;
  });
}

/** Whether it counts against a node's honesty. `isFinal`: nothing came either whenever it was asked again. */
export function isDishonest(outcome: AuditOutcome, isFinal: boolean): boolean {
  return outcome === "wrong" || (outcome === "silent" && isFinal);
}

/** Whether it counts against the quick error score: the node was there and did not do its work. */
export function isNodeError(outcome: AuditOutcome, isFinal: boolean): boolean {
  return outcome === "refused" || outcome === "error" || (outcome === "silent" && !isFinal);
}

/** Whether it is counted when the audits of a day are set against each other for pay; offline is uptime's business. */
export function countsForPay(outcome: AuditOutcome): boolean {
  return outcome !== "offline";
}

/** Whether it befalls a challenge as a whole and not the one or the other of its chunks. */
export function isOfWholeChallenge(outcome: AuditOutcome): boolean {
  return outcome !== "passed" && outcome !== "wrong" && outcome !== "lost" && outcome !== "late";
}
