import type { NodeId, UserId } from "@commonhold/core/ids.ts";
import type { NodeDeclaredState } from "@commonhold/metadata/tables.ts";

/** A node as it last described itself. */
export interface NodeRecord {
  readonly id: NodeId;
  readonly name: string;
  readonly operatorId: UserId;
  readonly declared: NodeDeclaredState;
  /** Multiaddrs. */
  readonly addresses: readonly string[];
  /** Failure domains. */
  readonly labels: Readonly<Record<string, string>>;
  readonly capacityBytes: number;
  readonly usedBytes: number;
  readonly freeBytes: number;
  /** For chunks of its operator; known from its first heartbeat on. */
  readonly freeBytesOwn?: number;
  readonly chunkCount: number;
  readonly version: string;
  readonly joinedAtMs: number;
  readonly lastHeartbeatAtMs: number;
}

/** A row of the table `nodes`, without the hash of its API key. */
export interface NodeRow {
  readonly id: string;
  readonly name: string;
  readonly operator_id: string;
  readonly declared_state: NodeDeclaredState;
  readonly addresses: string;
  readonly labels: string;
  readonly capacity_bytes: number;
  readonly used_bytes: number;
  readonly free_bytes: number;
  readonly chunk_count: number;
  readonly version: string;
  readonly joined_at_ms: number;
  readonly last_heartbeat_at_ms: number;
}

export const NODE_COLUMNS = [
  "id",
  "name",
  "operator_id",
  "declared_state",
  "addresses",
  "labels",
  "capacity_bytes",
  "used_bytes",
  "free_bytes",
  "chunk_count",
  "version",
  "joined_at_ms",
  "last_heartbeat_at_ms",
] as const satisfies readonly (keyof NodeRow)[];

export function toNodeRecord(row: NodeRow): NodeRecord {
  return {
    id: row.id as NodeId,
    name: row.name,
    operatorId: row.operator_id as UserId,
    declared: row.declared_state,
    addresses: JSON.parse(row.addresses) as readonly string[],
    labels: JSON.parse(row.labels) as Readonly<Record<string, string>>,
    capacityBytes: row.capacity_bytes,
    usedBytes: row.used_bytes,
    freeBytes: row.free_bytes,
    chunkCount: row.chunk_count,
    version: row.version,
    joinedAtMs: row.joined_at_ms,
    lastHeartbeatAtMs: row.last_heartbeat_at_ms,
  };
}
