import type { Clock } from "@commonhold/core/clock.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import type { Sleep } from "@commonhold/runtime/sleep.ts";
import type { ChunkIndex } from "../chunk-index.ts";
import { PACK_HEADER_BYTES } from "./pack-format.ts";
import type { PackFill } from "./pack-use.ts";

/** A pack is compacted where so much of it is dead; where room is short, already at the other share. */
const DEAD_SHARE = 1 / 2;
const DEAD_SHARE_SHORT = 1 / 16;
/** What is copied at leisure. */
const BYTES_PER_SECOND = 16 * 1024 * 1024;
const RETRY_MS = 60_000;

/** How much room is wanted. none: at leisure · short: soon · refused: a store was refused although dead bytes are there. */
export type RoomNeed = "none" | "short" | "refused";

export interface CompactorDeps {
  readonly index: ChunkIndex;
  /** @returns the bytes that were copied */
  readonly compact: (pack: number, pause: (bytes: number) => Promise<void>) => Promise<number>;
  /** The pack that is written to, which stays. */
  readonly newest: () => number;
  /** Begins another, so that this one can be compacted too. */
  readonly beginNext: () => Promise<void>;
  readonly sleep: Sleep;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Gives back the space of what is dead in packs, one pack at a time. Keeps nothing: a restart looks anew. */
export class Compactor {
  readonly #deps: CompactorDeps;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #need: RoomNeed = "none";
  /** Packs that could not be compacted, and when they are tried again. */
  readonly #setAside = new Map<number, number>();

  constructor(deps: CompactorDeps) {
    this.#deps = deps;
  }

  /** Looks whether a pack is worth it, and if so compacts all that are in the background. */
  check(): void {
    if (this.#next() !== undefined || this.#isNewestWorth()) this.#begin();
  }

  /** The same, for less, where something died in this pack alone. */
  checkOne(pack: number): void {
    const isWorth = pack !== this.#deps.newest() && this.#isDeadEnough(this.#deps.index.packs.use.fillOf(pack));
    if (isWorth && !this.#isSetAside(pack)) this.#begin();
  }

  #begin(): void {
    if (this.#running !== undefined || this.#stopping.signal.aborted) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** From now on, until none is needed, with less patience. */
  hurry(need: RoomNeed): void {
    this.#need = need;
    if (need !== "none") this.check();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const next = this.#next();
      if (next !== undefined) await this.#compact(next);
      else if (this.#isNewestWorth()) await this.#trying(this.#deps.newest(), () => this.#deps.beginNext());
      else return;
    }
  }

  async #compact({ pack, bytes }: PackFill): Promise<void> {
    await this.#trying(pack, async () => {
      const copiedBytes = await this.#deps.compact(pack, (copied) => this.#pause(copied));
      const freedBytes = bytes - copiedBytes;
      this.#deps.logger.info({ pack, freed_bytes: freedBytes, copied_bytes: copiedBytes }, "compacted a pack");
      if (this.#need === "refused") this.#need = "short";
    });
  }

  /** A pack with which something is wrong must not keep the others from being compacted. */
  async #trying(pack: number, work: () => Promise<void>): Promise<void> {
    const { clock, logger } = this.#deps;
    try {
      await work();
      this.#setAside.delete(pack);
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      this.#setAside.set(pack, clock.monotonicMs() + RETRY_MS);
      logger.warn({ pack, err: error }, "cannot compact a pack; it is tried again");
    }
  }

  #isSetAside(pack: number): boolean {
    return this.#deps.clock.monotonicMs() < (this.#setAside.get(pack) ?? Number.NEGATIVE_INFINITY);
  }

  async #pause(bytes: number): Promise<void> {
    const { sleep } = this.#deps;
    const { signal } = this.#stopping;
    if (this.#need === "none") await sleep((bytes * 1000) / BYTES_PER_SECOND, signal);
    signal.throwIfAborted();
  }

  /** Of the packs that are worth it, the one of which least is needed. */
  #next(): PackFill | undefined {
    const newest = this.#deps.newest();
    let best: PackFill | undefined;
    for (const fill of this.#deps.index.packs.use.fills) {
      if (fill.pack === newest || !this.#isDeadEnough(fill) || this.#isSetAside(fill.pack)) continue;
      if (best === undefined || fill.aliveBytes / fill.bytes < best.aliveBytes / best.bytes) best = fill;
    }
    return best;
  }

  #isNewestWorth(): boolean {
    const newest = this.#deps.newest();
    if (this.#need === "none" || this.#isSetAside(newest)) return false;
    return this.#isDeadEnough(this.#deps.index.packs.use.fillOf(newest));
  }

  #isDeadEnough({ bytes, aliveBytes }: PackFill): boolean {
    const dead = bytes - aliveBytes - PACK_HEADER_BYTES;
    switch (this.#need) {
      case "none":
        return dead > bytes * DEAD_SHARE;
      case "short":
        return dead > bytes * DEAD_SHARE_SHORT;
      case "refused":
        return dead > 0;
    }
  }
}
