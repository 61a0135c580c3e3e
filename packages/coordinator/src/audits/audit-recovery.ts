import type { Clock } from "@commonhold/core/clock.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import type { AuditLedger } from "./audit-ledger.ts";
import type { AuditService } from "./audit-service.ts";

const PAGE = 64;
/** Silence that is older is not asked about again. */
const UNANSWERED_MS_MAX = 3_600_000;

export interface AuditRecoveryDeps {
  readonly ledger: Pick<AuditLedger, "unsettled" | "unanswered" | "record">;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "info">;
}

/**
 * Settles challenges that nobody waits for any more, as a coordinator died between issuing and recording them: the error
 * was its own, so they count nothing.
 * @param issuedBeforeMs those under way are younger
 * @returns how many
 */
export async function settleForgotten(
  { ledger, clock, logger }: AuditRecoveryDeps,
  issuedBeforeMs: number,
  signal: AbortSignal,
): Promise<number> {
  let settled = 0;
  for (;;) {
    signal.throwIfAborted();
    const open = await ledger.unsettled(issuedBeforeMs, PAGE);
    if (open.length === 0) break;
    const results = open.map(({ id, chunkCount }) => ({
      id,
      outcomes: Array.from({ length: chunkCount }, () => null),
      isFinal: false,
      durationMs: undefined,
      nodeUs: undefined,
      detail: "the coordinator ended before it had the answer",
    }));
    await ledger.record(results, clock.nowMs());
    settled += open.length;
    if (open.length < PAGE) break;
  }
  if (settled > 0) logger.info({ challenges: settled }, "audits that a run before left open were closed");
  return settled;
}

/** Has questions asked again that were not answered before a restart. */
export async function resumeUnanswered(
  { ledger, clock }: AuditRecoveryDeps,
  service: Pick<AuditService, "resume">,
): Promise<void> {
  const questions = await ledger.unanswered(Math.max(0, clock.nowMs() - UNANSWERED_MS_MAX));
  for (const question of questions) {
    service.resume(question.nodeId, { selection: question, chunkNames: question.chunkNames }, question.attempt);
  }
}
