import type { Clock } from "@commonhold/core/clock.ts";
import {
  type HeartbeatTerms,
  NODE_STATUSES,
  type NodeStatus,
  nodeStatus,
} from "@commonhold/core/failure/node-status.ts";
import type { NodeId } from "@commonhold/core/ids.ts";
import type { PlacementNode } from "@commonhold/core/placement/node-survey.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import type { PeerTarget } from "@commonhold/p2p/peer-host.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import { NODE_COLUMNS, type NodeRecord, toNodeRecord } from "./node-record.ts";

/** A node for placement, with how it stands. */
export interface PlaceableNode extends PlacementNode {
  readonly capacityBytes: number;
  readonly status: NodeStatus;
  /** receiving: may be given chunks now · away: may return · other: joining, draining, drained. */
  readonly presence: "receiving" | "away" | "other";
}

export interface NodeDirectoryDeps {
  readonly metadata: Pick<Metadata, "read">;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "info" | "error">;
}

/** Until there are audits, every node counts as reliable. */
const RELIABILITY = 1;

/**
 * The nodes as they stand, in memory: read on every transfer, changed by registrations, heartbeats and bans. It is
 * loaded at start; a node then counts as active from its last heartbeat until that is too old.
 */
export class NodeDirectory {
  readonly #deps: NodeDirectoryDeps;
  readonly #terms: HeartbeatTerms;
  readonly #nodes = new Map<NodeId, NodeRecord>();
  readonly #seenActive = new Set<NodeId>();
  readonly #activeListeners: ((nodeId: NodeId) => void)[] = [];
  readonly #memberListeners: ((members: ReadonlySet<string>) => void)[] = [];
  #members: ReadonlySet<string> = new Set();
  #placeable: { readonly nodes: readonly PlaceableNode[]; readonly validUntilMs: number } | undefined;

  constructor(deps: NodeDirectoryDeps, terms: HeartbeatTerms) {
    this.#deps = deps;
    this.#terms = terms;
  }

  /** Reads every node; before anything else. */
  async load(): Promise<void> {
    const rows = await this.#deps.metadata.read.selectFrom("nodes").select(NODE_COLUMNS).execute();
    for (const row of rows) this.#nodes.set(row.id as NodeId, toNodeRecord(row));
    this.#changed();
  }

  get(nodeId: string): NodeRecord | undefined {
    return this.#nodes.get(nodeId as NodeId);
  }

  /** In the order of their names. */
  list(): readonly NodeRecord[] {
    return [...this.#nodes.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  status(node: NodeRecord, nowMs: number = this.#deps.clock.nowMs()): NodeStatus {
    return nodeStatus(sightingOf(node), nowMs, this.#terms);
  }

  /** How many nodes are in each state. */
  counts(nowMs: number = this.#deps.clock.nowMs()): Record<NodeStatus, number> {
    const counts = Object.fromEntries(NODE_STATUSES.map((status) => [status, 0])) as Record<NodeStatus, number>;
    for (const node of this.#nodes.values()) counts[this.status(node, nowMs)] += 1;
    return counts;
  }

  /**
   * Every member, also those that cannot receive now, as `surveyNodes` wants them. The same array comes back until
   * something changed, so that a survey of it can be kept.
   */
  placeableNodes(nowMs: number = this.#deps.clock.nowMs()): readonly PlaceableNode[] {
    if (this.#placeable === undefined || nowMs >= this.#placeable.validUntilMs) {
      const members = [...this.#nodes.values()].filter((node) => node.declared !== "banned");
      const nodes = members.map((node) => this.#toPlaceable(node, nowMs));
      this.#placeable = { nodes, validUntilMs: this.#nextExpiryMs(nowMs) };
    }
    return this.#placeable.nodes;
  }

  /** The nodes that may be given chunks now. */
  candidates(nowMs: number = this.#deps.clock.nowMs()): readonly PlaceableNode[] {
    return this.placeableNodes(nowMs).filter((node) => node.presence === "receiving");
  }

  activeNodeIds(nowMs: number = this.#deps.clock.nowMs()): readonly NodeId[] {
    return this.candidates(nowMs).map((node) => node.id);
  }

  /** Where to reach a member; undefined for an unknown or banned node. */
  target(nodeId: string): PeerTarget | undefined {
    const node = this.get(nodeId);
    if (node === undefined || node.declared === "banned") return undefined;
    return { peerId: node.id, addresses: node.addresses };
  }

  /** The peer ids of all nodes that are not banned. */
  members(): ReadonlySet<string> {
    return this.#members;
  }

  /** Called at a node's heartbeat when it has become active: it came back, or this is the first since the start. */
  onActive(listener: (nodeId: NodeId) => void): void {
    this.#activeListeners.push(listener);
  }

  /** Called with all members when one joined, was banned or let in again. */
  onMembersChanged(listener: (members: ReadonlySet<string>) => void): void {
    this.#memberListeners.push(listener);
  }

  /** Reads one node anew, after a command that is no heartbeat. */
  async reload(nodeId: string): Promise<NodeRecord | undefined> {
    const row = await this.#deps.metadata.read
      .selectFrom("nodes")
      .select(NODE_COLUMNS)
      .where("id", "=", nodeId)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const record = toNodeRecord(row);
    this.#nodes.set(record.id, record);
    this.#seenActive.delete(record.id);
    this.#changed();
    return record;
  }

  /** Takes over what a heartbeat said, once it is committed. */
  recordHeartbeat(record: NodeRecord): void {
    const before = this.#nodes.get(record.id);
    const wasActive =
      before !== undefined &&
      this.#seenActive.has(record.id) &&
      this.status(before, record.lastHeartbeatAtMs) === "active";
    this.#nodes.set(record.id, record);
    this.#changed();
    if (this.status(record, record.lastHeartbeatAtMs) !== "active") {
      this.#seenActive.delete(record.id);
      return;
    }
    this.#seenActive.add(record.id);
    if (wasActive) return;
    this.#deps.logger.info({ node_id: record.id, name: record.name }, "Node is active");
    for (const listener of this.#activeListeners) this.#call(() => listener(record.id));
  }

  #changed(): void {
    this.#placeable = undefined;
    const members = [...this.#nodes.values()].filter((node) => node.declared !== "banned").map((node) => node.id);
    if (members.length === this.#members.size && members.every((id) => this.#members.has(id))) return;
    this.#members = new Set(members);
    for (const listener of this.#memberListeners) this.#call(() => listener(this.#members));
  }

  /** A listener that fails is its own affair, not the heartbeat's. */
  #call(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.#deps.logger.error({ err: error }, "A listener of the node directory failed");
    }
  }

  #toPlaceable(node: NodeRecord, nowMs: number): PlaceableNode {
    const status = this.status(node, nowMs);
    return {
      id: node.id,
      freeBytes: node.freeBytes,
      capacityBytes: node.capacityBytes,
      operatorId: node.operatorId,
      labels: node.labels,
      reliability: RELIABILITY,
      status,
      presence: presenceOf(status),
    };
  }

  /** When the first of the nodes that are active at `nowMs` turns offline, if nothing is heard of it. */
  #nextExpiryMs(nowMs: number): number {
    const silenceMs = this.#terms.heartbeatIntervalMs * this.#terms.offlineAfterIntervals;
    let earliest = Number.POSITIVE_INFINITY;
    for (const node of this.#nodes.values()) {
      if (this.status(node, nowMs) === "active") earliest = Math.min(earliest, node.lastHeartbeatAtMs + silenceMs);
    }
    return earliest;
  }
}

function sightingOf(node: NodeRecord) {
  return { declared: node.declared, lastHeartbeatAtMs: node.lastHeartbeatAtMs };
}

function presenceOf(status: NodeStatus): PlaceableNode["presence"] {
  if (status === "active") return "receiving";
  return status === "offline" || status === "suspect" ? "away" : "other";
}
