import type { ChunkName } from "@commonhold/core/ids.ts";

interface Writing {
  readonly name: ChunkName;
}

/**
 * Chunks that are on their way to nodes and not yet recorded, or only partly: what nodes hold of them is no stray, and
 * a deletion of them would make the writer begin again.
 */
export class ChunksBeingWritten {
  readonly #writings = new Set<Writing>();
  readonly #counts = new Map<ChunkName, number>();

  has(name: ChunkName): boolean {
    return this.#counts.has(name);
  }

  /** @returns ends it; calls after the first do nothing */
  begin(name: ChunkName): () => void {
    const writing: Writing = { name };
    this.#writings.add(writing);
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    return () => {
      if (!this.#writings.delete(writing)) return;
      const left = (this.#counts.get(name) ?? 1) - 1;
      if (left === 0) this.#counts.delete(name);
      else this.#counts.set(name, left);
    };
  }

  /** @returns whether all that is being written now has ended meanwhile */
  barrier(): () => boolean {
    const open = [...this.#writings];
    return () => open.every((writing) => !this.#writings.has(writing));
  }
}
