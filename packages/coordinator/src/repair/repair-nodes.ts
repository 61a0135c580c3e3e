import type { NodeStanding } from "@commonhold/core/failure/node-standing.ts";
import type { NodeStatus } from "@commonhold/core/failure/node-status.ts";
import type { NodeId } from "@commonhold/core/ids.ts";

export interface StatusChange {
  readonly nodeId: NodeId;
  /** undefined for a node that was not known before. */
  readonly from: NodeStatus | undefined;
  readonly to: NodeStatus;
}

/** A node that takes part, and whether it is here. */
export interface Attendance {
  readonly nodeId: NodeId;
  /** For how long it has been away, as far as this coordinator can say; undefined while it is here. */
  readonly awayMs: number | undefined;
  /** Whether it is only awaited: it is suspect because it was not heard yet since the coordinator's start. */
  readonly isAwaited: boolean;
}

/** The nodes as repair sees them. */
export interface RepairNodes {
  standingOf(nodeId: NodeId): NodeStanding;
  /** When it was last heard, in milliseconds since 1970, for a node that is away; undefined for any other. */
  awaySinceMs(nodeId: NodeId): number | undefined;
  /** Every node that was declared active, and nothing else since. */
  attendance(): readonly Attendance[];
  onStatusChanged(listener: (change: StatusChange) => void): void;
}
