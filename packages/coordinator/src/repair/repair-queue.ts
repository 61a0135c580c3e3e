import type { Clock } from "@commonhold/core/clock.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import { compareRepairs, type RepairCandidate } from "@commonhold/core/repair/repair-order.ts";
import { OrderedHeap } from "./ordered-heap.ts";
import type { RepairOptions } from "./repair-options.ts";

/** A chunk that is short of copies, as it was judged last. */
export interface RepairEntry extends RepairCandidate {
  /** Copies to make, and the bytes of one. */
  readonly missing: number;
  readonly sealedLength: number;
}

export interface QueuedRepair {
  readonly entry: RepairEntry;
  /** Tries that failed so far. */
  readonly failures: number;
}

interface WaitingRepair extends QueuedRepair {
  readonly dueMs: number;
}

interface RepairPutAside extends WaitingRepair {
  readonly nodeId: NodeId;
}

export type RepairQueueOptions = Pick<RepairOptions, "queuedMax" | "putAsideMax">;

/** How long a repair is put aside at most: its node may have become free without a word. */
const ASIDE_MS = 1_000;
/** More than one, as it may turn out that one of them needs the node no more. */
const RELEASED_AT_ONCE = 2;
/** So much of the queue is let go at once when it is full, so that making room is seldom. */
const SHED_SHARE = 0.1;

/**
 * Chunks to repair, the most endangered first, each once. It is kept in memory only, as it follows from the catalog:
 * what finds no room is found again by a sweep.
 */
export class RepairQueue {
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #options: RepairQueueOptions;
  readonly #ready = new OrderedHeap<ChunkName, QueuedRepair>(nameOf, byUrgency);
  readonly #later = new OrderedHeap<ChunkName, WaitingRepair>(nameOf, (a, b) => a.dueMs - b.dueMs);
  /** Those that wait for a node which has enough to do. */
  readonly #aside = new Map<ChunkName, RepairPutAside>();
  /** Those that waited for a node and are worth another look: they come before what was never looked at. */
  readonly #released = new OrderedHeap<ChunkName, QueuedRepair>(nameOf, byUrgency);
  #hasOverflowed = false;

  constructor(clock: Pick<Clock, "monotonicMs">, options: RepairQueueOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  get size(): number {
    return this.#ready.size + this.#released.size + this.#later.size + this.#aside.size;
  }

  get asideCount(): number {
    return this.#aside.size;
  }

  /** How many wait for another try. */
  get laterCount(): number {
    return this.#later.size;
  }

  /** Whether something was let go for want of room since this was asked last. */
  takeOverflow(): boolean {
    const hasOverflowed = this.#hasOverflowed;
    this.#hasOverflowed = false;
    return hasOverflowed;
  }

  /** One that waits for another try after it failed goes on waiting. */
  put(entry: RepairEntry): void {
    const waiting = this.#later.get(entry.name);
    if (waiting !== undefined && waiting.failures === 0) this.#later.delete(entry.name);
    else if (waiting !== undefined) {
      this.#later.push({ ...waiting, entry });
      return;
    }
    if (this.#aside.has(entry.name) || this.#released.get(entry.name) !== undefined) return;
    this.#ready.push({ entry, failures: this.#ready.get(entry.name)?.failures ?? 0 });
    if (this.size > this.#options.queuedMax) this.#shed();
  }

  /** The most urgent of those that are due now, left where it is. */
  peek(): QueuedRepair | undefined {
    const nowMs = this.#clock.monotonicMs();
    for (let next = this.#later.peek(); next !== undefined && next.dueMs <= nowMs; next = this.#later.peek()) {
      this.#later.pop();
      this.#ready.push(next);
    }
    for (const [name, next] of this.#aside) {
      if (next.dueMs > nowMs) break;
      this.#aside.delete(name);
      this.#released.push(next);
    }
    return this.#released.peek() ?? (this.#aside.size < this.#options.putAsideMax ? this.#ready.peek() : undefined);
  }

  /** The most urgent of those that are due now. */
  take(): QueuedRepair | undefined {
    const next = this.peek();
    if (next !== undefined) this.delete(next.entry.name);
    return next;
  }

  putLater(queued: QueuedRepair, delayMs: number): void {
    this.#later.push({ ...queued, dueMs: this.#clock.monotonicMs() + delayMs });
  }

  /** Until `release` is called for the node, or a moment has passed. */
  putAside(queued: QueuedRepair, nodeId: NodeId): void {
    this.#aside.set(queued.entry.name, { ...queued, nodeId, dueMs: this.#clock.monotonicMs() + ASIDE_MS });
  }

  /** The node can take another one. */
  release(nodeId: NodeId): void {
    let released = 0;
    for (const [name, next] of this.#aside) {
      if (next.nodeId !== nodeId) continue;
      this.#aside.delete(name);
      this.#released.push(next);
      released += 1;
      if (released === RELEASED_AT_ONCE) return;
    }
  }

  /** Things have changed: what waits is worth another try now. */
  releaseAll(): void {
    const waiting = [...this.#aside.values(), ...this.#released.items(), ...this.#later.items()];
    for (const { entry } of waiting) this.#ready.push({ entry, failures: 0 });
    this.#aside.clear();
    this.#released.clear();
    this.#later.clear();
  }

  delete(name: ChunkName): void {
    this.#ready.delete(name);
    this.#released.delete(name);
    this.#later.delete(name);
    this.#aside.delete(name);
  }

  /** Milliseconds until the next one is due of those that wait. */
  nextDueMs(): number | undefined {
    const [aside] = this.#aside.values();
    const dueMs = Math.min(this.#later.peek()?.dueMs ?? Infinity, aside?.dueMs ?? Infinity);
    return dueMs === Infinity ? undefined : Math.max(0, dueMs - this.#clock.monotonicMs());
  }

  *entries(): Generator<RepairEntry> {
    for (const { entry } of this.#ready.items()) yield entry;
    for (const { entry } of this.#released.items()) yield entry;
    for (const { entry } of this.#later.items()) yield entry;
    for (const { entry } of this.#aside.values()) yield entry;
  }

  /** Lets the last in order go: of those that are ready, or of those that wait where these are more. */
  #shed(): void {
    const heap = this.#later.size > this.#ready.size ? this.#later : this.#ready;
    heap.truncate(heap.size - Math.ceil(this.#options.queuedMax * SHED_SHARE));
    this.#hasOverflowed = true;
  }
}

function byUrgency(a: QueuedRepair, b: QueuedRepair): number {
  return compareRepairs(a.entry, b.entry);
}

function nameOf(queued: QueuedRepair): ChunkName {
  return queued.entry.name;
}
