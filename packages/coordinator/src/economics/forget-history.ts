import type { Clock } from "@commonhold/core/clock.ts";
import { DAY_MS, utcDayInterval, utcDayOf } from "@commonhold/core/economics/utc-day.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import { nextDayToSettle } from "./settlement.ts";

/** What settled days were reckoned from is kept for so long, for whoever wants to recompute them. */
export const ENDED_COPIES_KEPT_MS = 7 * DAY_MS;
export const PRESENCE_KEPT_MS = 90 * DAY_MS;
const PAYMENT_EVENTS_KEPT_MS = 400 * DAY_MS;
const DAYS_KEPT_MS = 400 * DAY_MS;
const ROWS_PER_STEP = 1_000;

export interface ForgetHistoryDeps {
  readonly metadata: Pick<Metadata, "read" | "apply">;
  readonly clock: Clock;
}

/** Forgets what admins did longer ago, step by step. */
export async function forgetActions(
  { metadata, clock }: ForgetHistoryDeps,
  { keptMs, signal }: { readonly keptMs: number; readonly signal: AbortSignal },
): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const before_ms = Math.max(0, clock.nowMs() - keptMs);
    const { purged } = await metadata.apply("admin.purge", { before_ms, limit: ROWS_PER_STEP });
    if (purged < ROWS_PER_STEP) return;
  }
}

/** Forgets what is old enough, of settled days alone, step by step. */
export async function forgetHistory({ metadata, clock }: ForgetHistoryDeps, signal: AbortSignal): Promise<void> {
  const day = await nextDayToSettle(metadata.read);
  if (day === undefined) return;
  const settledUntilMs = utcDayInterval(day).fromMs;
  const nowMs = clock.nowMs();
  const before = (keptMs: number): number => Math.max(0, Math.min(settledUntilMs, nowMs - keptMs));
  for (;;) {
    signal.throwIfAborted();
    const { purged } = await metadata.apply("history.purge", {
      ended_copies_before_ms: before(ENDED_COPIES_KEPT_MS),
      absences_before_ms: before(PRESENCE_KEPT_MS),
      gaps_before_ms: before(PRESENCE_KEPT_MS),
      payment_events_before_ms: Math.max(0, nowMs - PAYMENT_EVENTS_KEPT_MS),
      days_before: utcDayOf(before(DAYS_KEPT_MS)),
      limit: ROWS_PER_STEP,
    });
    if (purged < ROWS_PER_STEP) return;
  }
}
