import type { Clock } from "@commonhold/core/clock.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";

const ROWS_PER_COMMAND = 1000;

export interface ExpiredTokensDeps {
  readonly metadata: Pick<Metadata, "apply">;
  readonly clock: Clock;
}

/** An owner sees for so long that a link has ended. */
const EXPIRED_SHARES_KEPT_MS = 30 * 86_400_000;

/** Deletes the refresh and join tokens, links and used tickets whose time is over: the work of a periodic loop. */
export async function purgeExpiredTokens(deps: ExpiredTokensDeps, signal: AbortSignal): Promise<void> {
  for (const command of ["refresh_token.purge_expired", "join_token.purge_expired"] as const) {
    for (let purged = ROWS_PER_COMMAND; purged === ROWS_PER_COMMAND; ) {
      signal.throwIfAborted();
      const payload = { now_ms: deps.clock.nowMs(), limit: ROWS_PER_COMMAND };
      ({ purged } = await deps.metadata.apply(command, payload));
    }
  }
  for (let purged = ROWS_PER_COMMAND; purged === ROWS_PER_COMMAND; ) {
    signal.throwIfAborted();
    const nowMs = deps.clock.nowMs();
    const payload = {
      now_ms: nowMs,
      expired_before_ms: Math.max(0, nowMs - EXPIRED_SHARES_KEPT_MS),
      limit: ROWS_PER_COMMAND,
    };
    ({ purged } = await deps.metadata.apply("share.purge_expired", payload));
  }
}
