import type { ChunkName } from "@commonhold/core/ids.ts";

const BLOCK_MAX = 512;

/** A set of names in their order: blocks of bounded size, so that a change moves few of them. */
export class SortedNames {
  /** None is empty. */
  readonly #blocks: ChunkName[][] = [];

  /** Adds a name that it does not have. */
  add(name: ChunkName): void {
    const index = Math.max(0, this.#blockAfter(name) - 1);
    const block = this.#blocks[index];
    if (block === undefined) {
      this.#blocks.push([name]);
      return;
    }
    block.splice(firstAbove(block, name), 0, name);
    if (block.length > BLOCK_MAX) this.#blocks.splice(index + 1, 0, block.splice(BLOCK_MAX / 2));
  }

  /** Removes a name that it has. */
  delete(name: ChunkName): void {
    const index = this.#blockAfter(name) - 1;
    const block = this.#blocks[index]!;
    block.splice(firstAbove(block, name) - 1, 1);
    if (block.length === 0) this.#blocks.splice(index, 1);
  }

  /** Up to `limit` names above `after`. */
  above(after: ChunkName | undefined, limit: number): ChunkName[] {
    const names: ChunkName[] = [];
    const begin = after === undefined ? 0 : Math.max(0, this.#blockAfter(after) - 1);
    for (let index = begin; index < this.#blocks.length && names.length < limit; index += 1) {
      const block = this.#blocks[index]!;
      const from = after === undefined || index > begin ? 0 : firstAbove(block, after);
      for (let at = from; at < block.length && names.length < limit; at += 1) names.push(block[at]!);
    }
    return names;
  }

  /** The first block whose names are all above this one. */
  #blockAfter(name: ChunkName): number {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#blocks[middle]![0]! > name) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function firstAbove(block: readonly ChunkName[], name: ChunkName): number {
  let low = 0;
  let high = block.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (block[middle]! > name) high = middle;
    else low = middle + 1;
  }
  return low;
}
