import { AppError, hasCode } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { BATCH_CHUNKS_MAX, BATCH_LENGTH_MAX } from "@commonhold/wire/protocols.ts";
import type { NodeGate } from "./node-gate.ts";

/** Sealed chunks up to this share an exchange where several are due: there the exchange costs more than the bytes. */
const BATCHED_LENGTH_MAX = 64 * 1024;
/** Batches on their way to a node at once. */
const CONCURRENT_MAX = 4;
/** How long a node that does not take batches, as one of an older version, is asked for chunks one by one. */
const REST_MS = 60_000;

/** A small chunk that is to move. */
export interface BatchedItem {
  readonly name: ChunkName;
  /** Sealed bytes. */
  readonly length: number;
  /** Only items of the same kind go together. */
  readonly kind?: boolean;
}

export interface ExchangeBatcherDeps<Item extends BatchedItem, Result> {
  readonly gate: Pick<NodeGate, "run" | "blame">;
  /**
   * Moves chunks of different names in one exchange.
   * @param onMoved may be told by its place of one that has moved, before the others have
   * @returns what became of each, in their order
   */
  readonly send: (
    items: readonly Item[],
    signal: AbortSignal,
    onMoved: (at: number, result: Result) => void,
  ) => Promise<readonly PromiseSettledResult<Result>[]>;
  /** Called for an item that has moved, while its caller still waits for it. */
  readonly onMoved?: (item: Item, result: Result) => void;
  /** Called when an exchange has failed an item, or goes on with it while its caller has given up. */
  readonly onFailed?: (item: Item) => void;
  readonly clock: Clock;
}

export interface ExchangeBatcherOptions {
  readonly queuedMax: number;
  /** How long chunks wait for the batches under way to return, at most, before they leave beside them. */
  readonly heldUpMs: number;
}

/** A chunk, and the caller who waits for it. */
interface Entry<Item> {
  readonly item: Item;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
  /** Ends to listen to the caller. */
  readonly forget: () => void;
  batch: Batch<Item> | undefined;
}

/** Entries of one exchange whose callers still wait. */
interface Batch<Item> {
  readonly entries: readonly Entry<Item>[];
  readonly waitedFor: Set<Entry<Item>>;
  readonly giveUp: AbortController;
}

/**
 * Gathers small chunks that are to move to one node, or from it: the first leaves at once; what comes while a batch is
 * under way leaves together when that returns. It does not wait for it where there is enough to fill a batch, nor where
 * that takes long.
 */
export class ExchangeBatcher<Item extends BatchedItem, Result> {
  readonly #deps: ExchangeBatcherDeps<Item, Result>;
  readonly #options: ExchangeBatcherOptions;
  readonly #waiting = new Set<Entry<Item>>();
  #waitingBytes = 0;
  #underWay = 0;
  /** Whether a batch is on its way through the gate; it takes what waits here by then. */
  #isGathering = false;
  /** Runs while chunks wait for a batch under way to return. */
  #heldUp: NodeJS.Timeout | undefined;
  /** Whether the node has taken a batch, and has refused none since. */
  #takesBatches = false;
  #restsUntilMs = 0;
  /** Errors of batches whose chunks are to go alone. */
  readonly #refusals = new WeakSet<Error>();

  constructor(deps: ExchangeBatcherDeps<Item, Result>, options: ExchangeBatcherOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  /** Chunks that wait for a batch. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Whether the node has refused batches as if it did not know what they are. */
  get isResting(): boolean {
    return this.#deps.clock.monotonicMs() < this.#restsUntilMs;
  }

  /**
   * Moves the chunk with others where that may be.
   * @returns whether it has moved: where it has not, it is too large, or the node takes no batches, and it is to go alone
   * @throws AppError as `move`
   */
  async moveIfSmall(item: Item, signal: AbortSignal): Promise<boolean> {
    if (item.length > BATCHED_LENGTH_MAX || this.isResting) return false;
    try {
      await this.move(item, signal);
      return true;
    } catch (error) {
      if (error instanceof Error && this.#refusals.has(error)) return false;
      throw error;
    }
  }

  /**
   * Resolves once the chunk has moved. Who gives up takes nobody else along.
   * @throws AppError OVERLOADED where too many wait, else as the exchange does
   */
  move(item: Item, signal: AbortSignal): Promise<void> {
    if (this.#waiting.size >= this.#options.queuedMax) {
      return Promise.reject(new AppError("OVERLOADED", "too many small chunks wait for the node"));
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = (): void => this.#leave(entry, signal.reason);
    const forget = (): void => signal.removeEventListener("abort", leave);
    const entry: Entry<Item> = { item, resolve, reject, forget, batch: undefined };
    if (signal.aborted) reject(signal.reason);
    else {
      signal.addEventListener("abort", leave);
      this.#waiting.add(entry);
      this.#waitingBytes += item.length;
      this.#sendMore();
    }
    return promise;
  }

  #sendMore(isHeldUp = false): void {
    if (this.#waiting.size === 0 || this.#isGathering || this.#underWay >= CONCURRENT_MAX) return;
    const fillsBatch = this.#waiting.size >= BATCH_CHUNKS_MAX || this.#waitingBytes >= BATCH_LENGTH_MAX;
    if (this.#underWay > 0 && !fillsBatch && !isHeldUp) {
      this.#heldUp ??= setTimeout(() => {
        this.#heldUp = undefined;
        this.#sendMore(true);
      }, this.#options.heldUpMs);
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
    let batch: Batch<Item> | undefined;
    // What else this turn of the event loop brings goes along.
    await new Promise(setImmediate);
    try {
      const outcomes = await this.#deps.gate.run(giveUp.signal, async (signal) => {
        batch = this.#take(giveUp);
        if (batch.entries.length === 0) throw new AppError("CLIENT_CLOSED", "nobody waits for the batch any more");
        return await this.#send(batch, signal);
      });
      const lastMoved = outcomes.findLastIndex(({ status }) => status === "fulfilled");
      for (const [at, outcome] of outcomes.entries()) {
        // As if each had gone alone: what moves ends a row of failures.
        if (outcome.status === "rejected" && at > lastMoved) this.#deps.gate.blame(outcome.reason);
        this.#end(batch!.entries[at]!, outcome);
      }
    } catch (reason) {
      // Where the gate lets nothing through, those who wait learn why.
      batch ??= this.#take(giveUp);
      this.#endAll(batch, reason);
    }
  }

  /** @returns what became of each; nothing where the node refused them together, of which they know then */
  async #send(batch: Batch<Item>, signal: AbortSignal): Promise<readonly PromiseSettledResult<Result>[]> {
    const { entries } = batch;
    const items = entries.map(({ item }) => item);
    try {
      const outcomes = await this.#deps.send(items, signal, (at, value) =>
        this.#end(entries[at]!, { status: "fulfilled", value }),
      );
      if (entries.length > 1) this.#takesBatches = true;
      return outcomes;
    } catch (reason) {
      if (entries.length === 1 || !hasCode(reason, "PROTOCOL_ERROR")) throw reason;
      // No failure of the node: they go one by one now, and it counts what becomes of that.
      this.#refusals.add(reason);
      // A stream may break off at any node.
      if (!this.#takesBatches) this.#restsUntilMs = this.#deps.clock.monotonicMs() + REST_MS;
      this.#takesBatches = false;
      this.#endAll(batch, reason);
      return [];
    }
  }

  /** The next batch; empty where nobody waits any more. */
  #take(giveUp: AbortController): Batch<Item> {
    this.#isGathering = false;
    const names = new Set<string>();
    const entries: Entry<Item>[] = [];
    let length = 0;
    const [first] = this.#waiting;
    for (const entry of this.#waiting) {
      const { item } = entry;
      if (entries.length === BATCH_CHUNKS_MAX || length + item.length > BATCH_LENGTH_MAX) break;
      // Two callers may have the same chunk, a batch may not.
      if (names.has(item.name) || item.kind !== first?.item.kind) continue;
      names.add(item.name);
      entries.push(entry);
      length += item.length;
    }
    const batch: Batch<Item> = { entries, waitedFor: new Set(entries), giveUp };
    for (const entry of entries) {
      this.#remove(entry);
      entry.batch = batch;
    }
    this.#sendMore();
    return batch;
  }

  #remove(entry: Entry<Item>): void {
    this.#waiting.delete(entry);
    this.#waitingBytes -= entry.item.length;
  }

  /** The caller of `entry` has given up. */
  #leave(entry: Entry<Item>, reason: unknown): void {
    entry.forget();
    entry.reject(reason);
    const { batch } = entry;
    if (batch === undefined) {
      this.#remove(entry);
      return;
    }
    this.#deps.onFailed?.(entry.item);
    batch.waitedFor.delete(entry);
    if (batch.waitedFor.size === 0) batch.giveUp.abort(reason);
    // A node that is too slow for one is to blame although others still wait for it.
    else this.#deps.gate.blame(reason);
  }

  #endAll(batch: Batch<Item>, reason: unknown): void {
    for (const entry of batch.entries) this.#end(entry, { status: "rejected", reason });
  }

  #end(entry: Entry<Item>, outcome: PromiseSettledResult<Result>): void {
    if (!entry.batch!.waitedFor.delete(entry)) return;
    entry.forget();
    if (outcome.status === "fulfilled") {
      this.#deps.onMoved?.(entry.item, outcome.value);
      entry.resolve();
      return;
    }
    this.#deps.onFailed?.(entry.item);
    entry.reject(outcome.reason);
  }
}
