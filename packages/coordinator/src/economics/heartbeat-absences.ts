import type { Clock } from "@commonhold/core/clock.ts";
import { absenceBefore, openAbsence } from "@commonhold/core/economics/absence.ts";
import { type TimeInterval, type TimeSpans, without } from "@commonhold/core/economics/time-interval.ts";
import type { NodeId } from "@commonhold/core/ids.ts";

export interface HeartbeatAbsencesOptions {
  readonly intervalMs: number;
  /** When nobody watched before this coordinator began. */
  readonly gapAtStart: () => TimeInterval | undefined;
}

export interface Heartbeat {
  /** Milliseconds since 1970, as the one before. */
  readonly nowMs: number;
  /** The last one that is written down. */
  readonly lastHeartbeatAtMs: number | undefined;
}

export interface HeartbeatAbsence {
  /** At most two. */
  readonly absences: TimeSpans;
  /** Where the heartbeat could not be written down: as if it had not come. */
  readonly takeBack: () => void;
}

/** Knows from a node's heartbeat when it was absent since the one before, by a clock that does not jump. */
export class HeartbeatAbsences {
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #options: HeartbeatAbsencesOptions;
  /** By the clock that does not jump. */
  readonly #heardAtMs = new Map<NodeId, number>();
  /** Of nodes that registered anew and were not heard since the start: the last heartbeat before, milliseconds since 1970. */
  readonly #lastBeforeMs = new Map<NodeId, number>();

  constructor(clock: Pick<Clock, "monotonicMs">, options: HeartbeatAbsencesOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  /** A registration counts as no heartbeat. */
  registers(nodeId: NodeId, lastHeartbeatAtMs: number): void {
    if (!this.#heardAtMs.has(nodeId) && !this.#lastBeforeMs.has(nodeId))
      this.#lastBeforeMs.set(nodeId, lastHeartbeatAtMs);
  }

  heard(nodeId: NodeId, heartbeat: Heartbeat): HeartbeatAbsence {
    const atMs = this.#clock.monotonicMs();
    const beforeMs = this.#heardAtMs.get(nodeId);
    this.#heardAtMs.set(nodeId, atMs);
    const registered = this.#lastBeforeMs.get(nodeId);
    this.#lastBeforeMs.delete(nodeId);
    const last = { ...heartbeat, lastHeartbeatAtMs: registered ?? heartbeat.lastHeartbeatAtMs };
    return {
      absences: this.#absencesOf(last, beforeMs === undefined ? undefined : atMs - beforeMs),
      takeBack: () => {
        if (registered !== undefined) this.#lastBeforeMs.set(nodeId, registered);
        if (this.#heardAtMs.get(nodeId) !== atMs) return;
        if (beforeMs === undefined) this.#heardAtMs.delete(nodeId);
        else this.#heardAtMs.set(nodeId, beforeMs);
      },
    };
  }

  #absencesOf({ nowMs, lastHeartbeatAtMs }: Heartbeat, elapsedMs: number | undefined): TimeSpans {
    const { intervalMs, gapAtStart } = this.#options;
    if (lastHeartbeatAtMs === undefined) return [];
    if (elapsedMs !== undefined) {
      const absence = absenceBefore({ lastHeartbeatAtMs, nowMs, elapsedMs, intervalMs });
      return absence === undefined ? [] : [absence];
    }
    const gap = gapAtStart();
    const gaps = gap === undefined ? [] : [gap];
    const absence = openAbsence({ lastHeartbeatAtMs, nowMs, intervalMs, gaps });
    return absence === undefined ? [] : without(absence, gaps);
  }
}
