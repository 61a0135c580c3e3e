import { standingOfReputation } from "@commonhold/core/audit/reputation.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { NodeStanding } from "@commonhold/core/failure/node-standing.ts";
import { type DetectionTerms, NODE_STATUSES, type NodeStatus } from "@commonhold/core/failure/node-status.ts";
import type { NodeId } from "@commonhold/core/ids.ts";
import type { PlacementNode } from "@commonhold/core/placement/node-survey.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import type { PeerTarget } from "@commonhold/p2p/peer-host.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import type { Attendance, RepairNodes, StatusChange } from "../repair/repair-nodes.ts";
import { NodeDetector } from "./node-detector.ts";
import { NODE_COLUMNS, type NodeRecord, toNodeRecord } from "./node-record.ts";
import { type NodeReputation, NodeReputations } from "./node-reputations.ts";

/** A record that is taken over by others between reading and taking is read again, so many times. */
const READS_MAX = 16;

/** A node for placement, with how it stands. */
export interface PlaceableNode extends PlacementNode {
  readonly capacityBytes: number;
  readonly status: NodeStatus;
  /** receiving: may be given chunks now · away: may return · other: joining, draining, drained, suspended. */
  readonly presence: "receiving" | "away" | "other";
}

export interface NodeDirectoryDeps {
  readonly metadata: Pick<Metadata, "read">;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "info" | "error">;
}

/** The nodes as they stand, in memory: read on every transfer, changed by registrations, heartbeats and bans. */
export class NodeDirectory implements RepairNodes {
  readonly #deps: NodeDirectoryDeps;
  readonly #detector: NodeDetector;
  readonly #reputations: NodeReputations;
  readonly #nodes = new Map<NodeId, NodeRecord>();
  /** How often each node's record was taken over. */
  readonly #versions = new Map<string, number>();
  readonly #memberListeners: ((members: ReadonlySet<string>) => void)[] = [];
  #members: ReadonlySet<string> = new Set();
  #placeable: { readonly nodes: readonly PlaceableNode[]; readonly version: number } | undefined;

  constructor(deps: NodeDirectoryDeps, terms: DetectionTerms) {
    this.#deps = deps;
    this.#detector = new NodeDetector(deps.clock, terms);
    this.#reputations = new NodeReputations(deps.metadata, deps.clock);
  }

  /** Reads every node; before anything else. */
  async load(): Promise<void> {
    const rows = await this.#deps.metadata.read.selectFrom("nodes").select(NODE_COLUMNS).execute();
    for (const row of rows) this.#take(toNodeRecord(row));
    await this.#reputations.read();
    this.#changed();
  }

  /** Reads reputations anew, of one node or of all, with the uptime of the last days. */
  async refreshReputations(nodeId?: NodeId): Promise<void> {
    const known = this.#reputedAs();
    await this.#reputations.read(nodeId);
    const now = this.#reputedAs();
    if (now.some((text, index) => text !== known[index])) this.#changed();
  }

  reputationOf(nodeId: NodeId): NodeReputation {
    return this.#reputations.of(nodeId);
  }

  get(nodeId: string): NodeRecord | undefined {
    return this.#nodes.get(nodeId as NodeId);
  }

  /** In the order of their names. */
  list(): readonly NodeRecord[] {
    return [...this.#nodes.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  status(node: Pick<NodeRecord, "id">): NodeStatus {
    return this.#detector.status(node.id) ?? "joining";
  }

  /** What people are shown where a node is named. */
  shown(nodeId: NodeId): { readonly name: string; readonly status: NodeStatus } | undefined {
    const node = this.#nodes.get(nodeId);
    return node && { name: node.name, status: this.status(node) };
  }

  standingOf(nodeId: NodeId): NodeStanding {
    return this.#detector.standingOf(nodeId);
  }

  awaySinceMs(nodeId: NodeId): number | undefined {
    return this.#detector.awaySinceMs(nodeId);
  }

  attendance(): readonly Attendance[] {
    return this.#detector.attendance();
  }

  /** How many nodes are in each state. */
  counts(): Record<NodeStatus, number> {
    const counts = Object.fromEntries(NODE_STATUSES.map((status) => [status, 0])) as Record<NodeStatus, number>;
    for (const node of this.#nodes.values()) counts[this.status(node)] += 1;
    return counts;
  }

  /**
   * Every member, also those that cannot receive now, as `surveyNodes` wants them. The same array comes back until
   * something changed, so that a survey of it can be kept.
   */
  placeableNodes(): readonly PlaceableNode[] {
    const { version } = this.#detector;
    if (this.#placeable?.version !== version) {
      const members = [...this.#nodes.values()].filter((node) => node.declared !== "banned");
      this.#placeable = { nodes: members.map((node) => this.#toPlaceable(node)), version };
    }
    return this.#placeable.nodes;
  }

  /** The nodes that may be given chunks now. */
  candidates(): readonly PlaceableNode[] {
    return this.placeableNodes().filter((node) => node.presence === "receiving");
  }

  activeNodeIds(): readonly NodeId[] {
    return this.candidates().map((node) => node.id);
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

  /** Called when a node's status has changed: at its heartbeat, or by `check`. */
  onStatusChanged(listener: (change: StatusChange) => void): void {
    this.#detector.onStatusChanged((change) => this.#call(() => listener(change)));
  }

  /** Looks for nodes that have fallen silent; to be called every second. */
  check(): void {
    this.#detector.check();
  }

  /** Called with all members when one joined, was banned or let in again. */
  onMembersChanged(listener: (members: ReadonlySet<string>) => void): void {
    this.#memberListeners.push(listener);
  }

  /**
   * Grows whenever the node's record is taken over. Who holds a state that was committed before another was taken over
   * cannot tell which of them is the newer one, and reads the node anew.
   */
  versionOf(nodeId: string): number {
    return this.#versions.get(nodeId) ?? 0;
  }

  /** Reads one node and its reputation anew, after a command that is no heartbeat. */
  async reload(nodeId: string): Promise<NodeRecord | undefined> {
    for (let reads = 1; ; reads++) {
      const version = this.versionOf(nodeId);
      const row = await this.#deps.metadata.read
        .selectFrom("nodes")
        .select(NODE_COLUMNS)
        .where("id", "=", nodeId)
        .executeTakeFirst();
      if (row === undefined) return undefined;
      const record = toNodeRecord(row);
      await this.#reputations.read(record.id);
      if (version !== this.versionOf(nodeId) && reads < READS_MAX) continue;
      this.#take(record);
      this.#changed();
      return record;
    }
  }

  /** Takes over what a heartbeat said, once it is committed. */
  recordHeartbeat(record: NodeRecord): void {
    this.#set(record);
    this.#changed();
    this.#detector.heard(record.id, { declared: record.declared, atMs: record.lastHeartbeatAtMs });
  }

  #set(record: NodeRecord): void {
    this.#nodes.set(record.id, record);
    this.#versions.set(record.id, this.versionOf(record.id) + 1);
  }

  #take(record: NodeRecord): void {
    this.#set(record);
    this.#detector.enrol(record.id, { declared: record.declared, atMs: record.lastHeartbeatAtMs });
  }

  /** What placement goes by, of each node. */
  #reputedAs(): readonly string[] {
    return [...this.#nodes.keys()].map((id) => {
      const { state, reliability } = this.reputationOf(id);
      return `${id} ${standingOfReputation(state)} ${reliability}`;
    });
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

  #toPlaceable(node: NodeRecord): PlaceableNode {
    const status = this.status(node);
    const { state, reliability } = this.reputationOf(node.id);
    return {
      id: node.id,
      freeBytes: node.freeBytes,
      ...(node.freeBytesOwn === undefined ? {} : { freeBytesOwn: node.freeBytesOwn }),
      capacityBytes: node.capacityBytes,
      operatorId: node.operatorId,
      labels: node.labels,
      reliability,
      status,
      presence: standingOfReputation(state) === "suspended" ? "other" : presenceOf(status),
    };
  }
}

function presenceOf(status: NodeStatus): PlaceableNode["presence"] {
  if (status === "active") return "receiving";
  return status === "offline" || status === "suspect" ? "away" : "other";
}
