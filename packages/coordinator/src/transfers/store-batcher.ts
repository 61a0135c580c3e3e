import { AppError, hasCode } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { BatchOutcomes } from "@commonhold/wire/exchanges/store-batch.ts";
import { STORE_BATCH_CHUNKS_MAX, STORE_BATCH_LENGTH_MAX } from "@commonhold/wire/protocols.ts";
import type { NodeGate } from "./node-gate.ts";
import type { ChunkBytes } from "./node-transfers.ts";

/** Batches on their way to a node at once. */
const CONCURRENT_MAX = 4;
/** How long chunks wait for the batches under way to return, at most, before they leave beside them. */
const HELD_UP_MS = 200;
/** How long a node that does not take batches, as one of an older version, is sent chunks one by one. */
const REST_MS = 60_000;

export interface StoreBatcherDeps {
  readonly gate: Pick<NodeGate, "run" | "blame">;
  /** Sends chunks of different names in one exchange. */
  readonly send: (chunks: readonly ChunkBytes[], signal: AbortSignal) => Promise<BatchOutcomes>;
  /** Whether a chunk is the node's operator's own; one grant cannot be for both kinds. */
  readonly isOwn: (chunk: ChunkBytes) => boolean;
  readonly clock: Clock;
}

/** A chunk, and the caller who waits for it to be stored. */
interface Entry {
  readonly chunk: ChunkBytes;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
  /** Ends to listen to the caller. */
  readonly forget: () => void;
  batch: Batch | undefined;
}

/** Entries of one exchange whose callers still wait. */
interface Batch {
  readonly entries: readonly Entry[];
  readonly waitedFor: Set<Entry>;
  readonly giveUp: AbortController;
}

/**
 * Gathers small chunks for one node: the first leaves at once; what comes while a batch is under way leaves together
 * when that returns. It does not wait for it where there is enough to fill a batch, nor where that takes long.
 */
export class StoreBatcher {
  readonly #deps: StoreBatcherDeps;
  readonly #queuedMax: number;
  readonly #waiting = new Set<Entry>();
  #waitingBytes = 0;
  #underWay = 0;
  /** Whether a batch is on its way through the gate; it takes what waits here by then. */
  #isGathering = false;
  /** Runs while chunks wait for a batch under way to return. */
  #heldUp: NodeJS.Timeout | undefined;
  #restsUntilMs = 0;

  constructor(deps: StoreBatcherDeps, options: { readonly queuedMax: number }) {
    this.#deps = deps;
    this.#queuedMax = options.queuedMax;
  }

  /** Chunks that wait for a batch. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Whether the node refused a batch as if it did not know what that is. */
  get isResting(): boolean {
    return this.#deps.clock.monotonicMs() < this.#restsUntilMs;
  }

  /**
   * Resolves once the node has the chunk on disk. Who gives up takes nobody else along, and is told by
   * `onFailedAttempt` where the exchange goes on with the chunk.
   * @throws AppError OVERLOADED where too many wait, else as the exchange does
   */
  store(chunk: ChunkBytes, signal: AbortSignal): Promise<void> {
    if (this.#waiting.size >= this.#queuedMax) {
      return Promise.reject(new AppError("OVERLOADED", "too many small chunks wait for the node"));
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = (): void => this.#leave(entry, signal.reason);
    const forget = (): void => signal.removeEventListener("abort", leave);
    const entry: Entry = { chunk, resolve, reject, forget, batch: undefined };
    if (signal.aborted) reject(signal.reason);
    else {
      signal.addEventListener("abort", leave);
      this.#waiting.add(entry);
      this.#waitingBytes += chunk.sealed.length;
      this.#sendMore();
    }
    return promise;
  }

  #sendMore(isHeldUp = false): void {
    if (this.#waiting.size === 0 || this.#isGathering || this.#underWay >= CONCURRENT_MAX) return;
    const fillsBatch = this.#waiting.size >= STORE_BATCH_CHUNKS_MAX || this.#waitingBytes >= STORE_BATCH_LENGTH_MAX;
    if (this.#underWay > 0 && !fillsBatch && !isHeldUp) {
      this.#heldUp ??= setTimeout(() => {
        this.#heldUp = undefined;
        this.#sendMore(true);
      }, HELD_UP_MS);
      return;
    }
    clearTimeout(this.#heldUp);
    this.#heldUp = undefined;
    this.#isGathering = true;
    this.#underWay += 1;
    void this.#sendNext().finally(() => {
      this.#underWay -= 1;
      this.#sendMore();
    });
  }

  /** Never rejects. */
  async #sendNext(): Promise<void> {
    const giveUp = new AbortController();
    let batch: Batch | undefined;
    // What else this turn of the event loop brings goes along.
    await new Promise(setImmediate);
    try {
      const outcomes = await this.#deps.gate.run(giveUp.signal, (signal) => {
        batch = this.#take(giveUp);
        if (batch.entries.length === 0) throw new AppError("CLIENT_CLOSED", "nobody waits for the batch any more");
        return this.#deps.send(
          batch.entries.map(({ chunk }) => chunk),
          signal,
        );
      });
      for (const [at, entry] of batch!.entries.entries()) {
        const outcome = outcomes[at]!;
        if (outcome.status === "rejected") this.#deps.gate.blame(outcome.reason);
        end(entry, outcome);
      }
    } catch (reason) {
      // Where the gate lets nothing through, those who wait learn why.
      batch ??= this.#take(giveUp);
      if (batch.entries.length > 1 && hasCode(reason, "PROTOCOL_ERROR")) {
        this.#restsUntilMs = this.#deps.clock.monotonicMs() + REST_MS;
      }
      for (const entry of batch.entries) end(entry, { status: "rejected", reason });
    }
  }

  /** The next batch; empty where nobody waits any more. */
  #take(giveUp: AbortController): Batch {
    this.#isGathering = false;
    const names = new Set<string>();
    const entries: Entry[] = [];
    let length = 0;
    let isOwn: boolean | undefined;
    for (const entry of this.#waiting) {
      const { name, sealed } = entry.chunk;
      if (entries.length === STORE_BATCH_CHUNKS_MAX || length + sealed.length > STORE_BATCH_LENGTH_MAX) break;
      // Two uploads may have the same chunk, a batch may not.
      if (names.has(name)) continue;
      const isEntryOwn = this.#deps.isOwn(entry.chunk);
      if (isEntryOwn !== (isOwn ??= isEntryOwn)) continue;
      names.add(name);
      entries.push(entry);
      length += sealed.length;
    }
    const batch: Batch = { entries, waitedFor: new Set(entries), giveUp };
    for (const entry of entries) {
      this.#remove(entry);
      entry.batch = batch;
    }
    this.#sendMore();
    return batch;
  }

  #remove(entry: Entry): void {
    this.#waiting.delete(entry);
    this.#waitingBytes -= entry.chunk.sealed.length;
  }

  /** The caller of `entry` has given up. */
  #leave(entry: Entry, reason: unknown): void {
    entry.forget();
    entry.reject(reason);
    const { batch } = entry;
    if (batch === undefined) {
      this.#remove(entry);
      return;
    }
    entry.chunk.onFailedAttempt?.();
    batch.waitedFor.delete(entry);
    if (batch.waitedFor.size === 0) batch.giveUp.abort(reason);
    // A node that is too slow for one is to blame although others still wait for it.
    else this.#deps.gate.blame(reason);
  }
}

function end(entry: Entry, outcome: BatchOutcomes[number]): void {
  if (!entry.batch!.waitedFor.delete(entry)) return;
  entry.forget();
  if (outcome.status === "fulfilled") {
    entry.resolve();
    return;
  }
  entry.chunk.onFailedAttempt?.();
  entry.reject(outcome.reason);
}
