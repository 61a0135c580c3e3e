import type { ChunkRecord } from "@commonhold/core/repair/chunk-record.ts";
import type { ChunkHealth } from "@commonhold/core/repair/judge-chunk.ts";

/** How all chunks that are used stand against what was promised of them. */
export interface RepairCensus {
  readonly total: number;
  /** Chunks below their promise, by how many copies they lack. */
  readonly belowByMissing: ReadonlyMap<number, number>;
  readonly below: number;
  /** Of those, the ones of which no copy can be read now. */
  readonly unreadable: number;
  /** Enough copies, of which some are on the move. */
  readonly relocating: number;
  /** About since when the first of them has been below, in milliseconds since 1970. */
  readonly oldestSinceMs: number | undefined;
  /** Of all copies to be made. */
  readonly missingBytes: number;
  /** Chunks that nothing uses. */
  readonly unreferenced: number;
  /** When it was counted, in milliseconds since 1970. */
  readonly atMs: number;
}

/** Counts chunks as they are judged. */
export class CensusTally {
  readonly #belowByMissing = new Map<number, number>();
  #total = 0;
  #below = 0;
  #unreadable = 0;
  #relocating = 0;
  #oldestSinceMs: number | undefined;
  #missingBytes = 0;
  #unreferenced = 0;

  add(chunk: ChunkRecord, health: ChunkHealth, belowSinceMs: () => number): void {
    if (!chunk.isReferenced) {
      this.#unreferenced += 1;
      return;
    }
    this.#total += 1;
    this.#missingBytes += health.missing * chunk.sealedLength;
    if (health.urgency === "relocating") this.#relocating += 1;
    if (health.urgency === "unreadable") this.#unreadable += 1;
    if (!isBelowPromise(health)) return;
    const missing = health.urgency === "unreadable" ? health.target : health.missing;
    this.#below += 1;
    this.#belowByMissing.set(missing, (this.#belowByMissing.get(missing) ?? 0) + 1);
    this.#oldestSinceMs = Math.min(this.#oldestSinceMs ?? Number.POSITIVE_INFINITY, belowSinceMs());
  }

  finish(atMs: number): RepairCensus {
    return {
      total: this.#total,
      belowByMissing: new Map([...this.#belowByMissing].sort(([a], [b]) => a - b)),
      below: this.#below,
      unreadable: this.#unreadable,
      relocating: this.#relocating,
      oldestSinceMs: this.#oldestSinceMs,
      missingBytes: this.#missingBytes,
      unreferenced: this.#unreferenced,
      atMs,
    };
  }
}

/** Copies are lost, not only on the move. */
export function isBelowPromise({ urgency }: ChunkHealth): boolean {
  return urgency === "degraded" || urgency === "critical" || urgency === "unreadable";
}
