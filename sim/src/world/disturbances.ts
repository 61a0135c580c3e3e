import type { NodeId } from "@commonhold/core/ids.ts";

/** Since when faults have left a node, and the coordinator's way to it, alone. */
export class Disturbances {
  readonly #nowMs: () => number;
  readonly #ongoing = new Map<NodeId | undefined, number>();
  readonly #lastMs = new Map<NodeId | undefined, number>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** @param nodeId undefined where it concerns the whole network. @returns ends it */
  begin(nodeId: NodeId | undefined): () => void {
    this.#ongoing.set(nodeId, (this.#ongoing.get(nodeId) ?? 0) + 1);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#ongoing.set(nodeId, this.#ongoing.get(nodeId)! - 1);
      this.#lastMs.set(nodeId, this.#nowMs());
    };
  }

  /** undefined while something is going on. */
  undisturbedSinceMs(nodeId: NodeId): number | undefined {
    if ((this.#ongoing.get(nodeId) ?? 0) > 0 || (this.#ongoing.get(undefined) ?? 0) > 0) return undefined;
    return Math.max(this.#lastMs.get(nodeId) ?? 0, this.#lastMs.get(undefined) ?? 0);
  }
}
