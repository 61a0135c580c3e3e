import type { ChunkName } from "@commonhold/core/ids.ts";
import type { SimulatedNode } from "../nodes/simulated-node.ts";
import type { CheckedWorld, Checker } from "./checker.ts";

/** Nothing that was deleted stays beyond its grace and a bound on nodes that are there. */
export class LingeringChecker implements Checker {
  readonly name = "what is deleted goes away";
  readonly #world: CheckedWorld;
  /** Since when a node holds what nothing uses. */
  readonly #unused = new Map<string, number>();
  #longestMs = 0;

  constructor(world: CheckedWorld) {
    this.#world = world;
  }

  onRound(): void {
    const seen = new Set<string>();
    for (const node of this.#world.nodes.values()) {
      const since = this.#world.undisturbedSinceMs(node.id);
      for (const [name] of node.entries()) {
        if ((this.#world.truth.get(name)?.uses.size ?? 0) > 0) continue;
        const key = `${node.id} ${name}`;
        seen.add(key);
        if (since !== undefined) this.#check({ node, name, key }, since);
      }
    }
    for (const key of this.#unused.keys()) if (!seen.has(key)) this.#unused.delete(key);
  }

  verdict(): string {
    const hours = (this.#longestMs / 3_600_000).toFixed(1);
    return `held: seen unused on a node that is there for at most ${hours} h after the grace`;
  }

  #check(held: { readonly node: SimulatedNode; readonly name: ChunkName; readonly key: string }, since: number): void {
    const nowMs = this.#world.nowMs();
    const unusedSinceMs = this.#unused.get(held.key) ?? this.#world.truth.get(held.name)?.unusedSinceMs ?? nowMs;
    this.#unused.set(held.key, unusedSinceMs);
    const forMs = nowMs - Math.max(since, unusedSinceMs);
    this.#longestMs = Math.max(this.#longestMs, forMs);
    if (forMs <= this.#world.pace.deletionMsMax) return;
    const message = `nothing has used the chunk for ${Math.round(forMs / 60_000)} minutes, and a node that is there still holds it`;
    this.#world.fail("lingering", message, { chunk: held.name, nodeId: held.node.id });
  }
}
