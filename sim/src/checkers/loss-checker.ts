import type { ChunkName } from "@commonhold/core/ids.ts";
import type { CheckedWorld, Checker } from "./checker.ts";

/**
 * No acknowledged chunk is lost while at most two of its copies fail within one repair period. Faults never go beyond
 * that (`GroundTruth.mayDestroy`), so that every loss is a failure; but of a single copy nothing is promised.
 */
export class LossChecker implements Checker {
  readonly name = "no acknowledged chunk is lost";
  readonly #world: CheckedWorld;
  #destroyed = 0;
  #singleCopiesLost = 0;

  constructor(world: CheckedWorld) {
    this.#world = world;
  }

  onDestroyed(name: ChunkName): void {
    this.#destroyed++;
    this.#check(name);
  }

  onDeleted(name: ChunkName): void {
    this.#check(name);
  }

  verdict(): string {
    return `held: ${this.#destroyed} copies were destroyed; chunks with a single copy lost: ${this.#singleCopiesLost}`;
  }

  #check(name: ChunkName): void {
    const truth = this.#world.truth.get(name);
    if (truth === undefined || truth.uses.size === 0 || truth.holders.size > 0 || truth.isLost) return;
    truth.isLost = true;
    if (truth.copies > 1)
      this.#world.fail("loss", `no node holds good bytes of an acknowledged chunk`, { chunk: name });
    else this.#singleCopiesLost++;
  }
}
