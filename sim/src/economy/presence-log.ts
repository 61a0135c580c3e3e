import type { TimeInterval } from "@commonhold/core/economics/time-interval.ts";
import type { NodeId } from "@commonhold/core/ids.ts";

interface Heard {
  readonly wallMs: number;
  readonly realMs: number;
  /** Of the coordinator, counted from 1; 0 for the registration, which is no heartbeat. */
  readonly life: number;
}

interface LoggedNode {
  readonly joinedAtMs: number;
  last: Heard;
  absences: TimeInterval[];
}

/**
 * Which heartbeats came, and when it was watched, as it really went; and what follows from it by the rules: two heartbeats
 * more than 1.5 intervals apart have an absence between them, from half an interval after the first to the second, and
 * nobody is absent while no coordinator watched. Written down here a second time, and by other means than the
 * coordinator's.
 */
export class PresenceLog {
  readonly #intervalMs: number;
  readonly #watchIntervalMs: number;
  readonly #nodes = new Map<NodeId, LoggedNode>();
  #gaps: TimeInterval[] = [];
  #watched: Heard | undefined;
  #watchedUntilMs = 0;
  #gapAtStart: TimeInterval = { fromMs: 0, toMs: 0 };

  constructor(options: { readonly heartbeatIntervalMs: number; readonly watchIntervalMs: number }) {
    this.#intervalMs = options.heartbeatIntervalMs;
    this.#watchIntervalMs = options.watchIntervalMs;
  }

  get gaps(): readonly TimeInterval[] {
    return this.#gaps;
  }

  joined(nodeId: NodeId, now: { readonly wallMs: number; readonly realMs: number }): void {
    this.#nodes.set(nodeId, { joinedAtMs: now.wallMs, last: { ...now, life: 0 }, absences: [] });
  }

  joinedAtMs(nodeId: NodeId): number {
    return this.#nodes.get(nodeId)!.joinedAtMs;
  }

  /** The coordinator noted that it watches. */
  watched(now: Heard): void {
    const before = this.#watched;
    this.#watched = now;
    if (before?.life !== now.life) {
      this.#gapAtStart = { fromMs: this.#watchedUntilMs, toMs: Math.max(now.wallMs, this.#watchedUntilMs) };
      this.#gaps.push(this.#gapAtStart);
    } else if (now.wallMs - before.wallMs - (now.realMs - before.realMs) > this.#watchIntervalMs / 2) {
      this.#gaps.push({ fromMs: before.wallMs, toMs: now.wallMs });
    }
    this.#watchedUntilMs = Math.max(this.#watchedUntilMs, now.wallMs);
  }

  heard(nodeId: NodeId, now: Heard): void {
    const node = this.#nodes.get(nodeId)!;
    const before = node.last;
    node.last = now;
    const isSameLife = before.life === now.life;
    const silentMs = isSameLife
      ? now.realMs - before.realMs
      : now.wallMs - before.wallMs - overlapMs(this.#gapAtStart, { fromMs: before.wallMs, toMs: now.wallMs });
    if (silentMs <= 1.5 * this.#intervalMs) return;
    const sinceMs = isSameLife ? Math.min(before.wallMs, now.wallMs - silentMs) : before.wallMs;
    node.absences.push({ fromMs: sinceMs + this.#intervalMs / 2, toMs: now.wallMs });
  }

  /** Absences and gaps as they are known at a moment; a node that is silent by then is absent until then. */
  absencesOf(nodeId: NodeId, nowMs: number): readonly TimeInterval[] {
    const { last, absences } = this.#nodes.get(nodeId)!;
    const silence = { fromMs: last.wallMs, toMs: nowMs };
    const excusedMs = union(this.#gaps).reduce((sum, gap) => sum + overlapMs(gap, silence), 0);
    if (nowMs - last.wallMs - excusedMs <= 1.5 * this.#intervalMs) return absences;
    return [...absences, { fromMs: last.wallMs + this.#intervalMs / 2, toMs: nowMs }];
  }

  /** Nobody asks for what was over by this time any more. */
  forget(beforeMs: number): void {
    this.#gaps = this.#gaps.filter(({ toMs }) => toMs >= beforeMs);
    for (const node of this.#nodes.values()) node.absences = node.absences.filter(({ toMs }) => toMs >= beforeMs);
  }
}

function overlapMs(a: TimeInterval, b: TimeInterval): number {
  return Math.max(0, Math.min(a.toMs, b.toMs) - Math.max(a.fromMs, b.fromMs));
}

/** The same time once. */
function union(spans: readonly TimeInterval[]): readonly TimeInterval[] {
  const merged: { fromMs: number; toMs: number }[] = [];
  for (const { fromMs, toMs } of spans.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const last = merged.at(-1);
    if (last !== undefined && fromMs <= last.toMs) last.toMs = Math.max(last.toMs, toMs);
    else merged.push({ fromMs, toMs });
  }
  return merged;
}
