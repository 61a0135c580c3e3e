import { AppError } from "@commonhold/core/app-error.ts";
import type { ChunkName, FileId, NodeId, UserId } from "@commonhold/core/ids.ts";
import { type Priority, PRIORITIES, priorityRank } from "@commonhold/core/priority.ts";
import type { ChunkRecord, Replica, ReplicaState } from "@commonhold/core/repair/chunk-record.ts";
import { findReplica, NodeNumbers, type PackedReplicas, unpackReplicas, withReplica } from "./memory-replicas.ts";
import type { NodeHoldings } from "./replica-catalog.ts";
import { SortedNames } from "./sorted-names.ts";

/** What a file asks for the chunks that it uses. */
export interface ChunkUse {
  /** Undefined for one that is known by its chunk alone. */
  readonly fileId: FileId | undefined;
  readonly copies: number;
  readonly priority: Priority;
  /** In order. */
  readonly pins: readonly NodeId[];
}

export interface StoredChunk {
  readonly name: ChunkName;
  readonly ownerId: UserId;
  readonly sealedLength: number;
  readonly createdAtMs: number;
  /** One for each place in a file. */
  uses: readonly ChunkUse[];
  replicas: PackedReplicas;
}

interface NodeChunks {
  readonly names: SortedNames;
  chunks: number;
  bytes: number;
}

/** Chunks and their copies, by name and by node. */
export class MemoryChunks {
  readonly #nodes = new NodeNumbers();
  readonly #byName = new Map<ChunkName, StoredChunk>();
  readonly #names = new SortedNames();
  readonly #ofNodes = new Map<NodeId, NodeChunks>();

  find(name: ChunkName): StoredChunk | undefined {
    return this.#byName.get(name);
  }

  /** @throws AppError CHUNK_NOT_FOUND */
  require(name: ChunkName): StoredChunk {
    const chunk = this.#byName.get(name);
    if (chunk === undefined) throw new AppError("CHUNK_NOT_FOUND", `chunk ${name} is not known`);
    return chunk;
  }

  add(chunk: StoredChunk): void {
    this.#byName.set(chunk.name, chunk);
    this.#names.add(chunk.name);
  }

  /** One without copies. */
  delete(name: ChunkName): void {
    this.#byName.delete(name);
    this.#names.delete(name);
  }

  namesAbove(after: ChunkName | undefined, limit: number): ChunkName[] {
    return this.#names.above(after, limit);
  }

  namesOfNode(nodeId: NodeId, after: ChunkName | undefined, limit: number): ChunkName[] {
    return this.#ofNodes.get(nodeId)?.names.above(after, limit) ?? [];
  }

  holdingsOf(nodeId: NodeId): NodeHoldings {
    const { chunks, bytes } = this.#ofNodes.get(nodeId) ?? { chunks: 0, bytes: 0 };
    return { chunks, bytes };
  }

  replicaOf(chunk: StoredChunk, nodeId: NodeId): Replica | undefined {
    return findReplica(chunk.replicas, nodeId, this.#nodes);
  }

  replicasOf(chunk: StoredChunk): Replica[] {
    return unpackReplicas(chunk.replicas, this.#nodes);
  }

  /** `state` undefined: the node has no copy any more. */
  setReplica(
    chunk: StoredChunk,
    change: { readonly nodeId: NodeId; readonly state: ReplicaState | undefined; readonly sinceMs: number },
  ): void {
    const before = this.replicaOf(chunk, change.nodeId)?.state;
    if (before === undefined && change.state === undefined) return;
    let ofNode = this.#ofNodes.get(change.nodeId);
    if (ofNode === undefined) {
      ofNode = { names: new SortedNames(), chunks: 0, bytes: 0 };
      this.#ofNodes.set(change.nodeId, ofNode);
    }
    if (before === undefined) ofNode.names.add(chunk.name);
    if (change.state === undefined) ofNode.names.delete(chunk.name);
    const held = Number(isHeld(change.state)) - Number(isHeld(before));
    ofNode.chunks += held;
    ofNode.bytes += held * chunk.sealedLength;
    chunk.replicas = withReplica(chunk.replicas, change, this.#nodes);
  }

  toRecord(chunk: StoredChunk): ChunkRecord {
    const { name, ownerId, sealedLength, createdAtMs, uses } = chunk;
    return {
      name,
      ownerId,
      sealedLength,
      ...promiseOf(uses),
      replicas: this.replicasOf(chunk),
      isReferenced: uses.length > 0,
      createdAtMs,
    };
  }
}

function isHeld(state: ReplicaState | undefined): boolean {
  return state === "active" || state === "leaving";
}

/** The most that any use asks for; the least where there is none. */
export function promiseOf(uses: readonly ChunkUse[]): Omit<ChunkUse, "fileId"> {
  let copies = 1;
  let rank = 0;
  for (const use of uses) {
    copies = Math.max(copies, use.copies);
    rank = Math.max(rank, priorityRank(use.priority));
  }
  const pins = uses.length === 1 ? uses[0]!.pins : [...new Set(uses.flatMap((use) => use.pins))].toSorted();
  return { copies, priority: PRIORITIES[rank]!, pins };
}
