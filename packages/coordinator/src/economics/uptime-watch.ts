import type { Clock } from "@commonhold/core/clock.ts";
import type { TimeInterval } from "@commonhold/core/economics/time-interval.ts";
import { watchGap } from "@commonhold/core/economics/watch-gap.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";

export const WATCH_INTERVAL_MS = 60_000;

export interface UptimeWatchDeps {
  readonly metadata: Pick<Metadata, "read" | "apply">;
  readonly clock: Clock;
}

/** Writes down until when this coordinator watches the nodes, and when none did. */
export class UptimeWatch {
  readonly #deps: UptimeWatchDeps;
  #last: { readonly atMs: number; readonly monotonicMs: number } | undefined;
  #gapAtStart: TimeInterval | undefined;

  constructor(deps: UptimeWatchDeps) {
    this.#deps = deps;
  }

  /** From when the coordinator before was seen last to the first tick; for the first one ever from 1970. */
  get gapAtStart(): TimeInterval | undefined {
    return this.#gapAtStart;
  }

  /** Once before any heartbeat is taken, then every `WATCH_INTERVAL_MS`. */
  async tick(): Promise<void> {
    const { metadata, clock } = this.#deps;
    const isFirst = this.#last === undefined;
    const watchedUntilMs = this.#last?.atMs ?? (await readWatchedUntilMs(metadata)) ?? 0;
    const now = { atMs: clock.nowMs(), monotonicMs: clock.monotonicMs() };
    const elapsedMs = this.#last === undefined ? undefined : now.monotonicMs - this.#last.monotonicMs;
    const gap = watchGap({ watchedUntilMs, nowMs: now.atMs, elapsedMs, intervalMs: WATCH_INTERVAL_MS });
    await metadata.apply("uptime.watch", {
      now_ms: now.atMs,
      gap: gap === undefined ? null : { from_ms: gap.fromMs, to_ms: gap.toMs },
    });
    this.#last = now;
    if (isFirst) this.#gapAtStart = gap;
  }
}

/** Until when a coordinator has watched; undefined where none ever did. */
export async function readWatchedUntilMs({ read }: Pick<Metadata, "read">): Promise<number | undefined> {
  const row = await read
    .selectFrom("counters")
    .select("value")
    .where("name", "=", "watched_until_ms")
    .executeTakeFirst();
  return row?.value;
}
