import type { NodeId } from "@commonhold/core/ids.ts";
import { REPLICA_STATES, type Replica, type ReplicaState } from "@commonhold/core/repair/chunk-record.ts";

/** Numbers for nodes, and back. */
export class NodeNumbers {
  readonly #numbers = new Map<NodeId, number>();
  readonly #ids: NodeId[] = [];

  numberOf(id: NodeId): number {
    let number = this.#numbers.get(id);
    if (number === undefined) {
      number = this.#ids.push(id) - 1;
      this.#numbers.set(id, number);
    }
    return number;
  }

  idOf(number: number): NodeId {
    return this.#ids[number]!;
  }
}

/**
 * The copies of a chunk as numbers, as millions of them are kept: for each, in the order of the nodes' ids, node × 4 +
 * state, then since when.
 */
export type PackedReplicas = readonly number[];

const STATES = REPLICA_STATES.length;

export function unpackReplicas(packed: PackedReplicas, nodes: NodeNumbers): Replica[] {
  const replicas: Replica[] = [];
  for (let at = 0; at < packed.length; at += 2) {
    replicas.push({
      nodeId: nodes.idOf(Math.floor(packed[at]! / STATES)),
      state: REPLICA_STATES[packed[at]! % STATES]!,
      sinceMs: packed[at + 1]!,
    });
  }
  return replicas;
}

/** With a node's copy in this state; without it where there is none. */
export function withReplica(
  packed: PackedReplicas,
  change: { readonly nodeId: NodeId; readonly state: ReplicaState | undefined; readonly sinceMs: number },
  nodes: NodeNumbers,
): PackedReplicas {
  const number = nodes.numberOf(change.nodeId);
  const result: number[] = [];
  let isPlaced = change.state === undefined;
  const place = (): void => {
    if (isPlaced) return;
    isPlaced = true;
    result.push(number * STATES + REPLICA_STATES.indexOf(change.state!), change.sinceMs);
  };
  for (let at = 0; at < packed.length; at += 2) {
    const other = Math.floor(packed[at]! / STATES);
    if (other === number) continue;
    if (nodes.idOf(other) > change.nodeId) place();
    result.push(packed[at]!, packed[at + 1]!);
  }
  place();
  // What was pushed to has room for more; a copy has not.
  return result.slice();
}

export function findReplica(packed: PackedReplicas, nodeId: NodeId, nodes: NodeNumbers): Replica | undefined {
  const number = nodes.numberOf(nodeId);
  for (let at = 0; at < packed.length; at += 2) {
    if (Math.floor(packed[at]! / STATES) === number) {
      return { nodeId, state: REPLICA_STATES[packed[at]! % STATES]!, sinceMs: packed[at + 1]! };
    }
  }
  return undefined;
}
