import type { ChunkName, NodeId, UserId } from "@commonhold/core/ids.ts";

/** Faults that destroy copies of one chunk within one repair period, at most: what is promised to be survived. */
const DESTROYED_MAX = 2;

/** What is really so of one chunk, whatever the coordinator believes. */
export interface ChunkTruth {
  readonly name: ChunkName;
  readonly length: number;
  readonly ownerId: UserId;
  /** Nodes with good bytes, those that are down included. */
  readonly holders: Set<NodeId>;
  /** By file that uses it, files in their grace included: copies promised. */
  readonly uses: Map<string, number>;
  copies: number;
  acknowledgedAtMs: number | undefined;
  /** Good copies when it was acknowledged last. */
  acknowledgedCopies: number;
  unusedSinceMs: number | undefined;
  isLost: boolean;
  /** When faults destroyed copies, within the last repair period. */
  destroyedAtMs: number[];
  belowSinceMs: number | undefined;
}

export interface TruthTerms {
  readonly nowMs: () => number;
  /** After this long all that was destroyed stands elsewhere again. */
  readonly repairPeriodMs: number;
}

/** Which bytes are really where, and what was promised to users. */
export class GroundTruth {
  readonly #terms: TruthTerms;
  readonly #chunks = new Map<ChunkName, ChunkTruth>();
  /** How long chunks had fewer good copies than promised, each time. */
  readonly timesToWholeMs: number[] = [];

  constructor(terms: TruthTerms) {
    this.#terms = terms;
  }

  get(name: ChunkName): ChunkTruth | undefined {
    return this.#chunks.get(name);
  }

  all(): IterableIterator<ChunkTruth> {
    return this.#chunks.values();
  }

  get size(): number {
    return this.#chunks.size;
  }

  define(chunk: { readonly name: ChunkName; readonly length: number; readonly ownerId: UserId }): ChunkTruth {
    let truth = this.#chunks.get(chunk.name);
    if (truth !== undefined) return truth;
    truth = {
      ...chunk,
      holders: new Set(),
      uses: new Map(),
      copies: 0,
      acknowledgedAtMs: undefined,
      acknowledgedCopies: 0,
      unusedSinceMs: this.#terms.nowMs(),
      isLost: false,
      destroyedAtMs: [],
      belowSinceMs: undefined,
    };
    this.#chunks.set(chunk.name, truth);
    return truth;
  }

  /** A file that uses it was acknowledged, or asks for another number of copies. */
  use(name: ChunkName, fileId: string, copies: number): void {
    const truth = this.#chunks.get(name)!;
    truth.uses.set(fileId, copies);
    truth.copies = Math.max(...truth.uses.values());
    truth.unusedSinceMs = undefined;
    truth.acknowledgedAtMs = this.#terms.nowMs();
    truth.acknowledgedCopies = truth.holders.size;
    truth.isLost = false;
    this.#noteCopies(truth);
  }

  /** A deleted file's grace is over. */
  unuse(name: ChunkName, fileId: string): void {
    const truth = this.#chunks.get(name);
    if (truth === undefined || !truth.uses.delete(fileId)) return;
    if (truth.uses.size > 0) {
      truth.copies = Math.max(...truth.uses.values());
      return;
    }
    truth.unusedSinceMs = this.#terms.nowMs();
    truth.belowSinceMs = undefined;
  }

  /** Forgets chunks that nothing has used for so long, and that are nowhere. @returns which */
  forgetGone(unusedMs: number): readonly ChunkName[] {
    const beforeMs = this.#terms.nowMs() - unusedMs;
    const gone = [...this.#chunks.values()].filter(
      ({ unusedSinceMs = Number.POSITIVE_INFINITY, holders }) => unusedSinceMs < beforeMs && holders.size === 0,
    );
    for (const { name } of gone) this.#chunks.delete(name);
    return gone.map(({ name }) => name);
  }

  stored(name: ChunkName, nodeId: NodeId): void {
    const truth = this.#chunks.get(name);
    truth?.holders.add(nodeId);
    if (truth !== undefined) this.#noteCopies(truth);
  }

  deleted(name: ChunkName, nodeId: NodeId): void {
    const truth = this.#chunks.get(name);
    truth?.holders.delete(nodeId);
    if (truth !== undefined) this.#noteCopies(truth);
  }

  /** A fault took a good copy; it counts as a failure of the period that began at `atMs`. */
  destroyed(name: ChunkName, nodeId: NodeId): void {
    const truth = this.#chunks.get(name);
    if (truth === undefined || !truth.holders.delete(nodeId)) return;
    truth.destroyedAtMs.push(this.#terms.nowMs());
    this.#noteCopies(truth);
  }

  /** A copy that will be believed to be there and is not, until `untilMs`. */
  pretended(name: ChunkName, untilMs: number): void {
    this.#chunks.get(name)?.destroyedAtMs.push(untilMs);
  }

  /**
   * Whether one more copy may fail without going beyond what is promised: at most two within one repair period, and
   * never the last that the promise assumes. It looks at what should be, not at what is: a copy that repair ought to
   * have made by now counts.
   */
  mayDestroy(name: ChunkName): boolean {
    const truth = this.#chunks.get(name);
    if (truth === undefined || truth.uses.size === 0 || truth.isLost) return true;
    // One copy dies with its node: no more was asked for.
    if (truth.copies === 1) return true;
    const since = this.#terms.nowMs() - this.#terms.repairPeriodMs;
    truth.destroyedAtMs = truth.destroyedAtMs.filter((atMs) => atMs > since);
    const isFresh = truth.acknowledgedAtMs !== undefined && truth.acknowledgedAtMs > since;
    const assumed = isFresh ? Math.min(truth.copies, truth.acknowledgedCopies) : truth.copies;
    return truth.destroyedAtMs.length < Math.min(DESTROYED_MAX, assumed - 1);
  }

  #noteCopies(truth: ChunkTruth): void {
    const nowMs = this.#terms.nowMs();
    if (truth.uses.size === 0 || truth.isLost) return;
    if (truth.holders.size < truth.copies) truth.belowSinceMs ??= nowMs;
    else if (truth.belowSinceMs !== undefined) {
      this.timesToWholeMs.push(nowMs - truth.belowSinceMs);
      truth.belowSinceMs = undefined;
    }
  }
}
