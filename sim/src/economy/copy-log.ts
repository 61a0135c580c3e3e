import type { ChunkName, NodeId, UserId } from "@commonhold/core/ids.ts";

/** One copy while it was held, by the coordinator's clock. */
export interface LoggedCopy {
  readonly nodeId: NodeId;
  readonly fromMs: number;
  /** Infinity while it is held. */
  toMs: number;
}

export interface LoggedChunk {
  readonly name: ChunkName;
  readonly ownerId: UserId;
  readonly sealedLength: number;
  /** Copies. */
  readonly promised: number;
  copies: LoggedCopy[];
  /** Nobody wants it any more. */
  isCollected: boolean;
}

/** Who held what, and when: what really happened, kept beside what the tables say. */
export class CopyLog {
  readonly #chunks = new Map<ChunkName, LoggedChunk>();

  chunks(): Iterable<LoggedChunk> {
    return this.#chunks.values();
  }

  add(chunk: Omit<LoggedChunk, "copies" | "isCollected">): void {
    this.#chunks.set(chunk.name, { ...chunk, copies: [], isCollected: false });
  }

  begin(name: ChunkName, nodeId: NodeId, nowMs: number): void {
    const { copies } = this.#chunks.get(name)!;
    if (copies.some((copy) => copy.nodeId === nodeId && copy.toMs === Number.POSITIVE_INFINITY)) return;
    copies.push({ nodeId, fromMs: nowMs, toMs: Number.POSITIVE_INFINITY });
  }

  end(name: ChunkName, nodeId: NodeId, untilMs: number): void {
    const copies = this.#chunks.get(name)?.copies;
    const copy = copies?.find((one) => one.nodeId === nodeId && one.toMs === Number.POSITIVE_INFINITY);
    if (copy !== undefined) copy.toMs = untilMs;
  }

  /** All that a node holds. */
  endOf(nodeId: NodeId, untilMs: number): void {
    for (const name of this.#chunks.keys()) this.end(name, nodeId, untilMs);
  }

  /** All copies of a chunk that nobody wants any more. */
  collect(name: ChunkName, nowMs: number): void {
    const chunk = this.#chunks.get(name)!;
    for (const { nodeId } of chunk.copies) this.end(name, nodeId, nowMs);
    chunk.isCollected = true;
  }

  /** Nobody asks for what ended before this time any more. */
  forget(beforeMs: number): void {
    for (const [name, chunk] of this.#chunks) {
      chunk.copies = chunk.copies.filter(({ toMs }) => toMs >= beforeMs);
      if (chunk.copies.length === 0 && chunk.isCollected) this.#chunks.delete(name);
    }
  }
}
