import { AppError } from "@commonhold/core/app-error.ts";
import type { ChunkName, NodeId, UserId } from "@commonhold/core/ids.ts";
import { mayDelete } from "@commonhold/core/repair/fence.ts";

/** A chunk on a node's disk. Its bytes are not kept, only whether they are still what they should be. */
export interface StoredChunk {
  readonly length: number;
  /** Under which it was stored; unknown after the index was lost. */
  readonly epoch: number | undefined;
  readonly isRotten: boolean;
}

export interface NodeTraits {
  readonly id: NodeId;
  readonly operatorId: UserId;
  readonly labels: Readonly<Record<string, string>>;
  readonly capacityBytes: number;
  /** Of its line, either way. */
  readonly bytesPerSecond: number;
}

/** Told of everything that changes on a node's disk. */
export interface DiskObserver {
  onStored(nodeId: NodeId, name: ChunkName, epoch: number): void;
  /** By order of the coordinator, or with its leave. */
  onDeleted(nodeId: NodeId, name: ChunkName, epoch: number): void;
  /** Bytes that are gone or wrong by a fault. */
  onDestroyed(nodeId: NodeId, name: ChunkName, why: "rot" | "disk_lost" | "dead"): void;
}

export interface NodeDeps {
  readonly observer: DiskObserver;
  readonly nowMs: () => number;
  /** Deliberately without the fence, for the canary. */
  readonly ignoresFence?: boolean;
}

/** A storage node with its disk in memory: what it does is right, what befalls it comes from outside. */
export class SimulatedNode {
  readonly traits: NodeTraits;
  readonly #deps: NodeDeps;
  readonly #chunks = new Map<ChunkName, StoredChunk>();
  #usedBytes = 0;
  #incarnation = 0;
  #presence: "up" | "down" | "dead" = "up";
  /** Since when it is up. */
  upSinceMs = 0;
  /** Taken up by other things on the same disk. */
  foreignBytes = 0;
  /** How far its own clock is off. */
  clockSkewMs = 0;
  /** 1 at its usual speed. */
  speed = 1;
  isDraining = false;
  /** Transfers of which it is one end. */
  transfers = 0;
  /** Chunks that it holds and denies, and such that it does not hold and claims. */
  readonly hidden = new Set<ChunkName>();
  readonly invented = new Set<ChunkName>();
  /** Losses that it found itself and has not reported. */
  readonly losses = new Set<ChunkName>();
  /** Called when it is up again. */
  onRestart: () => void = () => undefined;
  #listing: readonly ChunkName[] | undefined;

  constructor(deps: NodeDeps, traits: NodeTraits) {
    this.#deps = deps;
    this.traits = traits;
    this.upSinceMs = deps.nowMs();
  }

  get id(): NodeId {
    return this.traits.id;
  }

  get presence(): "up" | "down" | "dead" {
    return this.#presence;
  }

  get isUp(): boolean {
    return this.#presence === "up";
  }

  /** Another one after each restart: what was under way before it is broken off. */
  get incarnation(): number {
    return this.#incarnation;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  get freeBytes(): number {
    return Math.max(0, this.traits.capacityBytes - this.#usedBytes - this.foreignBytes);
  }

  get chunkCount(): number {
    return this.#chunks.size;
  }

  get(name: ChunkName): StoredChunk | undefined {
    return this.#chunks.get(name);
  }

  entries(): IterableIterator<[ChunkName, StoredChunk]> {
    return this.#chunks.entries();
  }

  names(): readonly ChunkName[] {
    return [...this.#chunks.keys()];
  }

  /** What it says that it holds, in the order of names. */
  inventory(): readonly ChunkName[] {
    if (this.hidden.size > 0 || this.invented.size > 0) {
      const held = this.names().filter((name) => !this.hidden.has(name));
      return [...new Set([...held, ...this.invented])].sort();
    }
    return (this.#listing ??= this.names().toSorted());
  }

  /** @param chunk.isRotten bytes that nobody verified. @throws AppError NO_SPACE, NODE_DRAINING */
  store(
    name: ChunkName,
    chunk: { readonly length: number; readonly epoch: number; readonly isRotten?: boolean },
  ): void {
    const { length, epoch } = chunk;
    const held = this.#chunks.get(name);
    if (this.isDraining) throw new AppError("NODE_DRAINING", `${this.id} is draining`);
    if (held === undefined && this.freeBytes < length) throw new AppError("NO_SPACE", `${this.id} has no room`);
    // What is held is not written again, so rot that nobody has found stays; but the fence moves on.
    const isRotten = held?.isRotten ?? chunk.isRotten ?? false;
    const stored = { length, epoch: Math.max(epoch, held?.epoch ?? 0), isRotten };
    if (held === undefined) {
      this.#usedBytes += length;
      this.#listing = undefined;
    }
    this.#chunks.set(name, stored);
    this.losses.delete(name);
    this.#deps.observer.onStored(this.id, name, epoch);
  }

  /** What the fence allows to be deleted. */
  delete(name: ChunkName, epoch: number): "deleted" | "stored_anew" {
    const held = this.#chunks.get(name);
    if (held === undefined) return "deleted";
    if (!mayDelete(held.epoch, epoch) && this.#deps.ignoresFence !== true) return "stored_anew";
    this.#remove(name, held);
    this.#deps.observer.onDeleted(this.id, name, epoch);
    return "deleted";
  }

  /** Removes bytes that were found to be bad, and will report them. */
  discardRotten(name: ChunkName): void {
    const held = this.#chunks.get(name);
    if (held === undefined || !held.isRotten) return;
    this.#remove(name, held);
    this.losses.add(name);
  }

  rot(name: ChunkName): void {
    const held = this.#chunks.get(name);
    if (held === undefined || held.isRotten) return;
    this.#chunks.set(name, { ...held, isRotten: true });
    this.#deps.observer.onDestroyed(this.id, name, "rot");
  }

  loseDisk(): void {
    this.#destroyAll("disk_lost");
  }

  loseIndex(): void {
    for (const [name, held] of this.#chunks) this.#chunks.set(name, { ...held, epoch: undefined });
  }

  crash(): void {
    if (this.#presence !== "up") return;
    this.#presence = "down";
    this.#incarnation++;
    this.transfers = 0;
  }

  restart(): void {
    if (this.#presence !== "down") return;
    this.#presence = "up";
    this.upSinceMs = this.#deps.nowMs();
    this.onRestart();
  }

  /** Never to come back. */
  die(): void {
    this.#presence = "dead";
    this.#incarnation++;
    this.transfers = 0;
    this.#destroyAll("dead");
  }

  /** Never to come back, and on purpose: nothing on it is needed. */
  retire(): void {
    for (const name of this.names()) this.delete(name, Number.POSITIVE_INFINITY);
    this.#presence = "dead";
    this.#incarnation++;
  }

  #destroyAll(why: "disk_lost" | "dead"): void {
    const names = this.names();
    const good = names.filter((name) => this.#chunks.get(name)!.isRotten === false);
    this.#chunks.clear();
    this.#usedBytes = 0;
    this.#listing = undefined;
    this.losses.clear();
    for (const name of good) this.#deps.observer.onDestroyed(this.id, name, why);
  }

  #remove(name: ChunkName, held: StoredChunk): void {
    this.#chunks.delete(name);
    this.#usedBytes -= held.length;
    this.#listing = undefined;
  }
}
