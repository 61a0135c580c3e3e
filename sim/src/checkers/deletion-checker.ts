import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import type { ChunkRecord } from "@commonhold/core/repair/chunk-record.ts";
import type { CheckedWorld, Checker } from "./checker.ts";

/**
 * Whenever copies are given up, the promise is kept elsewhere: what is dropped as surplus, evicted or taken for a stray
 * leaves as many copies as promised on nodes that were there a moment ago; and no node deletes what counts.
 */
export class DeletionChecker implements Checker {
  readonly name = "no promised copy is dropped, evicted or deleted";
  readonly #world: CheckedWorld;
  #dropped = 0;
  #deleted = 0;

  constructor(world: CheckedWorld) {
    this.#world = world;
  }

  onDropped(nodeId: NodeId, chunks: readonly ChunkRecord[]): void {
    for (const chunk of chunks) {
      this.#dropped++;
      if (!chunk.isReferenced) continue;
      if (chunk.pins.includes(nodeId)) {
        this.#world.fail("unsafe_deletion", `a pinned copy was dropped`, { chunk: chunk.name, nodeId });
      }
      const left = this.#present(chunk);
      const message = `a copy was dropped though only ${left} of ${chunk.copies} promised ones are on nodes that are there`;
      if (left < chunk.copies) this.#world.fail("unsafe_deletion", message, { chunk: chunk.name, nodeId });
    }
  }

  onStrays(nodeId: NodeId, names: readonly ChunkName[]): void {
    void this.#world.catalog.getMany(names).then((chunks) => {
      for (const chunk of chunks.values()) {
        const isHere = chunk.replicas.some((replica) => replica.nodeId === nodeId);
        // What a node only claims is no loss.
        const isReal = this.#world.truth.get(chunk.name)?.holders.has(nodeId) === true;
        if (isHere || !isReal || !chunk.isReferenced || this.#present(chunk) >= chunk.copies) continue;
        const message = "a copy was taken for a stray though the chunk has fewer than promised";
        this.#world.fail("unsafe_deletion", message, { chunk: chunk.name, nodeId });
      }
    });
  }

  onDeleted(name: ChunkName, nodeId: NodeId, epoch: number): void {
    this.#deleted++;
    void this.#world.catalog.get(name).then((chunk) => {
      if (chunk?.isReferenced !== true) return;
      // What a node takes along that was pinned to it stands elsewhere, or it could not have gone.
      if (epoch === Number.POSITIVE_INFINITY && this.#present(chunk, nodeId) >= chunk.copies) return;
      const replica = chunk.replicas.find((each) => each.nodeId === nodeId);
      if (replica?.state !== "active" && replica?.state !== "leaving") return;
      const message = `a node deleted (epoch ${epoch}) a copy that is ${replica.state}`;
      this.#world.fail("unsafe_deletion", message, { chunk: name, nodeId });
    });
  }

  verdict(): string {
    return `held: ${this.#dropped} copies given up, ${this.#deleted} deleted on nodes`;
  }

  /** Active copies on nodes of which the coordinator could not have known yet that they are away. */
  #present(chunk: ChunkRecord, besides?: NodeId): number {
    const { pace, nowMs, coordinatorUpSinceMs } = this.#world;
    // One that has just been started gives every node the time to report.
    const isNew = nowMs() - coordinatorUpSinceMs() < pace.detectionMsMax;
    const since = isNew ? Number.NEGATIVE_INFINITY : nowMs() - pace.detectionMsMax;
    return chunk.replicas.filter(
      ({ nodeId, state }) => nodeId !== besides && state === "active" && this.#world.presentUntilMs(nodeId) >= since,
    ).length;
  }
}
