import type { Clock } from "@commonhold/core/clock.ts";
import { type NodeStanding, standingOf } from "@commonhold/core/failure/node-standing.ts";
import {
  type DeclaredNodeState,
  type DetectionTerms,
  type NodeStatus,
  offlineAfterMsOf,
  statusOf,
} from "@commonhold/core/failure/node-status.ts";
import { HeartbeatHistory } from "@commonhold/core/failure/phi-accrual.ts";
import type { NodeId } from "@commonhold/core/ids.ts";
import type { Attendance, RepairNodes, StatusChange } from "../repair/repair-nodes.ts";

/** How long what was found is taken as still true. */
const REFRESH_MS = 1_000;

interface WatchedNode {
  declared: DeclaredNodeState;
  readonly history: HeartbeatHistory;
  /** Milliseconds since 1970. */
  lastHeartbeatAtMs: number;
  /** It was not heard yet since the start. */
  isUnheard: boolean;
  /** Its last heartbeat was long before the start: suspect until it is heard, and its silence counts from the start. */
  isStale: boolean;
  status: NodeStatus;
  /** What listeners know. */
  told: NodeStatus | undefined;
}

export interface NodeSighting {
  readonly declared: DeclaredNodeState;
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

/**
 * Tells from their heartbeats how nodes stand, by a clock that does not jump: suspect by phi accrual, offline after a
 * long silence. A coordinator that was down for long itself suspects everyone at first, and gives up nobody before that
 * silence has passed anew.
 */
export class NodeDetector implements RepairNodes {
  readonly #clock: Clock;
  readonly #terms: DetectionTerms;
  readonly #nodes = new Map<NodeId, WatchedNode>();
  readonly #listeners: ((change: StatusChange) => void)[] = [];
  #refreshedAtMs = Number.NEGATIVE_INFINITY;
  #version = 0;

  constructor(clock: Clock, terms: DetectionTerms) {
    this.#clock = clock;
    this.#terms = terms;
  }

  /** Grows whenever a status has changed. */
  get version(): number {
    this.#refresh();
    return this.#version;
  }

  /** A node that is known from before, or new; one that is watched already only changes what it declared. */
  enrol(nodeId: NodeId, sighting: NodeSighting): void {
    const known = this.#nodes.get(nodeId);
    if (known === undefined) {
      const nowMs = this.#clock.monotonicMs();
      const history = new HeartbeatHistory({ intervalMs: this.#terms.heartbeatIntervalMs });
      const silenceMs = this.#clock.nowMs() - sighting.atMs;
      const isStale = silenceMs >= offlineAfterMsOf(this.#terms);
      history.observe(nowMs - (isStale ? 0 : Math.max(0, silenceMs)));
      const { declared, atMs: lastHeartbeatAtMs } = sighting;
      const sightings = { declared, history, lastHeartbeatAtMs, isUnheard: true, isStale };
      const node: WatchedNode = { ...sightings, status: declared, told: undefined };
      this.#nodes.set(nodeId, node);
      node.status = this.#statusOf(node, nowMs);
      this.#version += 1;
    } else {
      known.declared = sighting.declared;
      this.#judge(known, this.#clock.monotonicMs());
    }
  }

  /** A heartbeat of a node, known or not. Listeners hear of what it changes at once. */
  heard(nodeId: NodeId, sighting: NodeSighting): void {
    this.enrol(nodeId, sighting);
    const node = this.#nodes.get(nodeId)!;
    const nowMs = this.#clock.monotonicMs();
    node.history.observe(nowMs);
    node.lastHeartbeatAtMs = sighting.atMs;
    node.isUnheard = false;
    node.isStale = false;
    this.#judge(node, nowMs);
    this.#tell(nodeId, node);
  }

  status(nodeId: NodeId): NodeStatus | undefined {
    this.#refresh();
    return this.#nodes.get(nodeId)?.status;
  }

  standingOf(nodeId: NodeId): NodeStanding {
    return standingOf(this.status(nodeId));
  }

  awaySinceMs(nodeId: NodeId): number | undefined {
    this.#refresh();
    const node = this.#nodes.get(nodeId);
    return node?.status === "offline" || node?.status === "suspect" ? node.lastHeartbeatAtMs : undefined;
  }

  attendance(): readonly Attendance[] {
    this.#refresh();
    const nowMs = this.#clock.monotonicMs();
    const attendance: Attendance[] = [];
    for (const [nodeId, { declared, status, history, isUnheard }] of this.#nodes) {
      if (declared !== "active") continue;
      const awayMs = status === "active" ? undefined : history.silenceMs(nowMs);
      attendance.push({ nodeId, awayMs, isAwaited: isUnheard && status === "suspect" });
    }
    return attendance;
  }

  onStatusChanged(listener: (change: StatusChange) => void): void {
    this.#listeners.push(listener);
  }

  /** Tells listeners what has changed; to be called every second. */
  check(): void {
    this.#refresh();
    for (const [nodeId, node] of this.#nodes) this.#tell(nodeId, node);
  }

  #refresh(): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#refreshedAtMs < REFRESH_MS) return;
    this.#refreshedAtMs = nowMs;
    for (const node of this.#nodes.values()) this.#judge(node, nowMs);
  }

  #judge(node: WatchedNode, nowMs: number): void {
    const status = this.#statusOf(node, nowMs);
    if (status === node.status) return;
    node.status = status;
    this.#version += 1;
  }

  #statusOf({ declared, history, isStale }: WatchedNode, nowMs: number): NodeStatus {
    const silenceMs = history.silenceMs(nowMs);
    // Reckoned only where it may decide, as every node is judged every second: whatever a node's habits are, a heartbeat
    // that is not yet due makes nobody suspicious.
    const isDue = silenceMs > this.#terms.heartbeatIntervalMs;
    const phi = isStale ? Number.POSITIVE_INFINITY : isDue ? history.phi(nowMs) : 0;
    return statusOf({ declared, phi, silenceMs }, this.#terms);
  }

  #tell(nodeId: NodeId, node: WatchedNode): void {
    const { told: from, status: to } = node;
    if (from === to) return;
    node.told = to;
    for (const listener of this.#listeners) listener({ nodeId, from, to });
  }
}
