import type { AuditAnswer } from "@commonhold/core/audit/audit-answer.ts";
import type { AuditQuestion } from "@commonhold/core/audit/audit-question.ts";

/**
 * What came of putting a question to a node. answered: `durationMs` is from the question's delivery to the whole answer
 * · offline: the question did not reach it · silent: it did, and nothing came back · refused: the node said that it will
 * not · error: what came could not be read, or the node failed · ended: the coordinator itself gave it up, which says
 * nothing of the node.
 */
export type AuditReply =
  | { readonly kind: "answered"; readonly answer: AuditAnswer; readonly durationMs: number }
  | { readonly kind: "offline" | "silent" | "refused" | "error"; readonly detail: string }
  | { readonly kind: "ended"; readonly detail: string };

/** A question with the time in which its answer counts. */
export interface TimedQuestion extends AuditQuestion {
  readonly deadlineMs: number;
}

/** How questions reach nodes; the simulator has one of its own. */
export interface AuditTransport {
  /** Never rejects. Waits some time longer than the deadline, so that what is late can be told from silence. */
  ask(question: TimedQuestion, signal: AbortSignal): Promise<AuditReply>;
}
