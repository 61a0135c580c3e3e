import type { Clock } from "@commonhold/core/clock.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import type { AuditLedger } from "./audit-ledger.ts";
import type { AuditPeriods } from "./audit-periods.ts";
import { settleForgotten } from "./audit-recovery.ts";

const HOUR_MS = 3_600_000;
/** What a challenge that was passed says in detail nobody asks for long; the node's day has counted it. */
const PASSED_KEPT_MS = 48 * HOUR_MS;
const OTHERS_KEPT_MS = 90 * 24 * HOUR_MS;
const PURGE_BATCH = 1_000;
/** Longer than any challenge is under way. */
const FORGOTTEN_AFTER_MS = 10 * 60_000;

export interface AuditUpkeepDeps {
  readonly metadata: Pick<Metadata, "apply">;
  readonly ledger: Pick<AuditLedger, "unsettled" | "unanswered" | "record">;
  readonly periods: Pick<AuditPeriods, "revealEnded">;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "info">;
}

/** Publishes the keys of days that are over, closes what was left open, and forgets challenges that are old. */
export async function keepAuditsTidy(deps: AuditUpkeepDeps, signal: AbortSignal): Promise<void> {
  const { clock, logger } = deps;
  const nowMs = clock.nowMs();
  const revealed = await deps.periods.revealEnded(nowMs);
  for (const day of revealed) logger.info({ day }, "the key of the day's audits is published");
  await settleForgotten(deps, nowMs - FORGOTTEN_AFTER_MS, signal);
  await purgeOld(deps, nowMs, signal);
}

async function purgeOld({ metadata }: AuditUpkeepDeps, nowMs: number, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const { purged } = await metadata.apply("audit.purge", {
      passed_before_ms: Math.max(0, nowMs - PASSED_KEPT_MS),
      others_before_ms: Math.max(0, nowMs - OTHERS_KEPT_MS),
      limit: PURGE_BATCH,
    });
    if (purged < PURGE_BATCH) return;
  }
}
