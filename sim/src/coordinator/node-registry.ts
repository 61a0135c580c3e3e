import type { DeclaredNodeState } from "@commonhold/core/failure/node-status.ts";
import type { NodeId } from "@commonhold/core/ids.ts";
import type { NodeTraits } from "../nodes/simulated-node.ts";

/** A node as the coordinator has it on its disk. */
export interface RegisteredNode {
  readonly traits: NodeTraits;
  declared: DeclaredNodeState;
  freeBytes: number;
  usedBytes: number;
  /** Milliseconds since 1970. */
  lastHeartbeatAtMs: number;
}

/** What a node says of itself. */
export interface NodeReport {
  readonly freeBytes: number;
  readonly usedBytes: number;
  readonly isDraining: boolean;
}

/** The nodes, as the coordinator has them on its disk. */
export class NodeRegistry {
  readonly #nodes = new Map<NodeId, RegisteredNode>();
  /** Another one whenever something has changed. */
  version = 0;

  get(nodeId: NodeId): RegisteredNode | undefined {
    return this.#nodes.get(nodeId);
  }

  all(): IterableIterator<RegisteredNode> {
    return this.#nodes.values();
  }

  register(traits: NodeTraits, nowMs: number): void {
    const freeBytes = traits.capacityBytes;
    this.#nodes.set(traits.id, { traits, declared: "active", freeBytes, usedBytes: 0, lastHeartbeatAtMs: nowMs });
    this.version++;
  }

  declare(nodeId: NodeId, declared: DeclaredNodeState): void {
    const node = this.#nodes.get(nodeId);
    if (node === undefined || node.declared === declared) return;
    node.declared = declared;
    this.version++;
  }

  /** Takes a heartbeat in; a banned or drained node stays so. */
  report(nodeId: NodeId, report: NodeReport, nowMs: number): RegisteredNode | undefined {
    const node = this.#nodes.get(nodeId);
    if (node === undefined || node.declared === "banned") return undefined;
    node.lastHeartbeatAtMs = nowMs;
    if (node.declared === "active" && report.isDraining) this.declare(nodeId, "draining");
    if (node.freeBytes !== report.freeBytes || node.usedBytes !== report.usedBytes) {
      node.freeBytes = report.freeBytes;
      node.usedBytes = report.usedBytes;
      this.version++;
    }
    return node;
  }
}
