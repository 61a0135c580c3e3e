import type { Clock } from "@commonhold/core/clock.ts";
import type { RepairCensus } from "../repair/repair-census.ts";

/** How many chunks have the copies that were promised. */
export interface ReplicationCensus {
  readonly total: number;
  readonly fullyReplicated: number;
  readonly underReplicated: number;
}

export interface ReplicationCensusDeps {
  /** Looks through all chunks. */
  readonly sweep: () => Promise<Pick<RepairCensus, "total" | "below">>;
  readonly clock: Pick<Clock, "monotonicMs">;
}

/** A sweep that takes no longer than this is made anew for every question; a longer one takes this share of the time. */
const FRESH_MS_MAX = 50;
const SHARE = 20;

/** The larger the network, the older an answer may be: twenty times as long as a sweep takes. */
export function createReplicationCensus({ sweep, clock }: ReplicationCensusDeps): () => Promise<ReplicationCensus> {
  let last: { readonly census: ReplicationCensus; readonly atMs: number; readonly tookMs: number } | undefined;
  let counting: Promise<ReplicationCensus> | undefined;

  async function count(): Promise<ReplicationCensus> {
    const fromMs = clock.monotonicMs();
    const { total, below } = await sweep();
    const atMs = clock.monotonicMs();
    const census = { total, fullyReplicated: total - below, underReplicated: below };
    last = { census, atMs, tookMs: atMs - fromMs };
    return census;
  }

  return () => {
    if (last !== undefined && last.tookMs > FRESH_MS_MAX && clock.monotonicMs() - last.atMs <= last.tookMs * SHARE) {
      return Promise.resolve(last.census);
    }
    counting ??= count().finally(() => {
      counting = undefined;
    });
    return counting;
  };
}
