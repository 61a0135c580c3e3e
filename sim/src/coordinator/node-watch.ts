import type { Clock } from "@commonhold/core/clock.ts";
import type { NodeStanding } from "@commonhold/core/failure/node-standing.ts";
import { type NodeStatus, SUSPECT_PHI } from "@commonhold/core/failure/node-status.ts";
import type { NodeId } from "@commonhold/core/ids.ts";
import { NodeDetector } from "@commonhold/coordinator/nodes/node-detector.ts";
import type { Attendance, RepairNodes, StatusChange } from "@commonhold/coordinator/repair/repair-nodes.ts";
import type { MemberNode } from "@commonhold/coordinator/transfers/placement-view.ts";
import type { BreakName } from "../run/breaks.ts";
import type { NodeRegistry, RegisteredNode } from "./node-registry.ts";

export interface NodeWatchDeps {
  readonly registry: NodeRegistry;
  readonly clock: Clock;
  readonly broken: BreakName | undefined;
}

/** The detector over the registered nodes: how they stand, for repair and for placement. */
export class NodeWatch implements RepairNodes {
  readonly #deps: NodeWatchDeps;
  readonly #detector: NodeDetector;
  #members: { readonly version: string; readonly nodes: readonly MemberNode[] } | undefined;

  constructor(deps: NodeWatchDeps, terms: { readonly heartbeatIntervalMs: number; readonly offlineAfterMs: number }) {
    this.#deps = deps;
    this.#detector = new NodeDetector(deps.clock, { ...terms, suspectPhi: SUSPECT_PHI });
    for (const node of deps.registry.all()) this.changed(node);
  }

  /** A node joined, or is declared otherwise. */
  changed({ traits, declared, lastHeartbeatAtMs }: RegisteredNode): void {
    this.#detector.enrol(traits.id, { declared, atMs: lastHeartbeatAtMs });
  }

  heard({ traits, declared, lastHeartbeatAtMs }: RegisteredNode): void {
    this.#detector.heard(traits.id, { declared, atMs: lastHeartbeatAtMs });
  }

  check(): void {
    this.#detector.check();
  }

  status(nodeId: NodeId): NodeStatus | undefined {
    return this.#detector.status(nodeId);
  }

  /** Whatever is broken. */
  trueStandingOf(nodeId: NodeId): NodeStanding {
    return this.#detector.standingOf(nodeId);
  }

  standingOf(nodeId: NodeId): NodeStanding {
    const standing = this.trueStandingOf(nodeId);
    if (this.#deps.broken === "blind-detector") return "live";
    return this.#deps.broken === "jumpy-detector" && standing === "suspect" ? "offline" : standing;
  }

  awaySinceMs(nodeId: NodeId): number | undefined {
    return this.#detector.awaySinceMs(nodeId);
  }

  attendance(): readonly Attendance[] {
    return this.#detector.attendance();
  }

  onStatusChanged(listener: (change: StatusChange) => void): void {
    this.#detector.onStatusChanged(listener);
  }

  /** The same array until something has changed. */
  members(): readonly MemberNode[] {
    const { registry } = this.#deps;
    const version = `${this.#detector.version} ${registry.version}`;
    if (this.#members?.version !== version) {
      const nodes = [...registry.all()].filter(({ declared }) => declared !== "banned");
      this.#members = { version, nodes: nodes.map((node) => this.#toMember(node)) };
    }
    return this.#members.nodes;
  }

  #toMember({ traits: { id, operatorId, labels }, freeBytes }: RegisteredNode): MemberNode {
    const status = this.status(id);
    const isAway = status === "offline" || status === "suspect";
    const presence = status === "active" ? "receiving" : isAway ? "away" : "other";
    return { id, operatorId, labels, freeBytes, reliability: 1, presence };
  }
}
