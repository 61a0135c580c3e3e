import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import type { CheckedWorld, Checker } from "./checker.ts";

/** A copy that is taken up is there, unless a fault took it in the meantime or the node lies. */
export class RecordChecker implements Checker {
  readonly name = "only copies that exist are recorded";
  readonly #world: CheckedWorld;
  /** When a fault last took a copy, by node and chunk: what is on its way to be recorded may be gone. */
  readonly #faults = new Map<string, number>();
  #recorded = 0;

  constructor(world: CheckedWorld) {
    this.#world = world;
  }

  onDestroyed(name: ChunkName, nodeId: NodeId): void {
    this.#faults.set(`${nodeId} ${name}`, this.#world.nowMs());
  }

  onRecorded(name: ChunkName, nodeId: NodeId): void {
    this.#recorded++;
    const node = this.#world.nodes.get(nodeId);
    const held = node?.get(name);
    // Rot that nobody has read is nobody's mistake.
    if (node === undefined || held !== undefined || node.invented.has(name)) return;
    const faultAtMs = this.#faults.get(`${nodeId} ${name}`) ?? Number.NEGATIVE_INFINITY;
    if (faultAtMs > this.#world.nowMs() - this.#world.pace.recordingMsMax) return;
    this.#world.fail("false_record", "a copy is recorded as active that the node does not hold", {
      chunk: name,
      nodeId,
    });
  }

  onRound(): void {
    const since = this.#world.nowMs() - this.#world.pace.recordingMsMax;
    for (const [key, atMs] of this.#faults) if (atMs < since) this.#faults.delete(key);
  }

  verdict(): string {
    return `held: ${this.#recorded} copies recorded`;
  }
}
