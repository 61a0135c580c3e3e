import type { AuditOutcome } from "@commonhold/core/audit/audit-outcome.ts";
import { ANSWER_FAULTS, type AuditVerdict, CHUNK_FAULTS } from "@commonhold/core/audit/verify-audit-answer.ts";
import type { AuditAnswer } from "@commonhold/core/audit/audit-answer.ts";
import type { AuditQuestion } from "@commonhold/core/audit/audit-question.ts";
import type { AuditReply, TimedQuestion } from "./audit-transport.ts";

/** @throws AppError PROTOCOL_ERROR for a question out of bounds; never for what the node sent */
export type VerifyAnswer = (question: AuditQuestion, answer: AuditAnswer) => AuditVerdict;

/** What a reply means for each chunk of the question, in their order. */
export interface Judgement {
  readonly outcomes: readonly AuditOutcome[];
  readonly durationMs: number | undefined;
  readonly nodeUs: number | undefined;
  readonly detail: string | undefined;
}

/** Any but one that the coordinator itself gave up. */
export type TellingReply = Exclude<AuditReply, { readonly kind: "ended" }>;

/**
 * An answer that came too late is looked at all the same: what is wrong or lost is so at any time, only what is right no
 * longer counts.
 */
export function judgeReply(question: TimedQuestion, reply: TellingReply, verify: VerifyAnswer): Judgement {
  const all = (outcome: AuditOutcome): readonly AuditOutcome[] => question.chunkNames.map(() => outcome);
  if (reply.kind !== "answered") {
    return { outcomes: all(reply.kind), durationMs: undefined, nodeUs: undefined, detail: reply.detail };
  }
  const { answer, durationMs } = reply;
  const timing = { durationMs: Math.round(durationMs), nodeUs: answer.durationUs };
  const verdict = verify(question, answer);
  if (verdict.kind === "wrong") return { ...timing, outcomes: all("wrong"), detail: ANSWER_FAULTS[verdict.why] };
  const isLate = durationMs > question.deadlineMs;
  const outcomes = verdict.chunks.map((chunk): AuditOutcome => {
    if (chunk === "lost") return "lost";
    if (chunk !== "passed") return "wrong";
    return isLate ? "late" : "passed";
  });
  return { ...timing, outcomes, detail: detailOf(question, answer, verdict) };
}

function detailOf(
  { chunkNames }: TimedQuestion,
  { proofs }: AuditAnswer,
  { chunks }: Extract<AuditVerdict, { readonly kind: "judged" }>,
): string | undefined {
  const said = chunks.flatMap((chunk, index) => {
    if (chunk === "passed") return [];
    const proof = proofs[index];
    const reason = proof?.kind === "lost" ? proof.reason : "";
    const why = chunk === "lost" ? `the node says ${reason}` : CHUNK_FAULTS[chunk.wrong];
    return [`${chunkNames[index]!.slice(0, 12)}…: ${why}`];
  });
  return said.length === 0 ? undefined : said.join("; ");
}
