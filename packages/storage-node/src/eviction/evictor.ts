import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import type { EvictionStrategy } from "@commonhold/core/repair/eviction-order.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import type { ChunkStore, StoreUsage } from "../chunk-store/chunk-store.ts";
import type { EvictionSetting } from "../config/node-config.ts";
import { EVICTION_CANDIDATES_MAX, type EvictionAnswer, type EvictionRequest } from "../membership/coordinator-api.ts";
import { pickCandidates } from "./pick-candidates.ts";

/** Of one run: what is still too much then waits for the next report. */
const REQUESTS_MAX = 10;
const PICKED_MAX = REQUESTS_MAX * EVICTION_CANDIDATES_MAX;

/** What the node does about holding more than it may. */
export interface EvictionState {
  /** fits: nothing to do · off: the operator wants none · asking · waiting: for other nodes, or for the next try. */
  readonly kind: "fits" | "off" | "asking" | "waiting";
  /** Still too much, in bytes, when it was looked at last. */
  readonly wantedBytes: number;
  /** Given up since the node came to hold too much. */
  readonly releasedBytes: number;
  readonly releasedCount: number;
  /** What the coordinator has copied elsewhere first; undefined where it does not say. */
  readonly leavingBytes: number | undefined;
  readonly checkedAtMs: number | undefined;
  /** Why the latest try failed. */
  readonly error: AppError | undefined;
}

export interface EvictorDeps {
  readonly store: Pick<ChunkStore, "usage" | "listHeld" | "delete">;
  readonly requestEvictions: (request: EvictionRequest, signal: AbortSignal) => Promise<EvictionAnswer>;
  readonly clock: Clock;
  readonly logger: Logger;
}

type Excess = Pick<StoreUsage, "wantedFreeBytes" | "limit">;

const FITS: EvictionState = {
  kind: "fits",
  wantedBytes: 0,
  releasedBytes: 0,
  releasedCount: 0,
  leavingBytes: undefined,
  checkedAtMs: undefined,
  error: undefined,
};

/**
 * Makes room where the node holds more than it may. It deletes nothing on its own: the coordinator knows which copies
 * are not needed, and has others made for the rest.
 */
export class Evictor {
  readonly #deps: EvictorDeps;
  readonly #setting: EvictionSetting;
  readonly #stopping = new AbortController();
  #state: EvictionState = FITS;
  #running: Promise<void> | undefined;
  /** Candidates in their order that were refused: the next run asks for those after them. */
  #refusedCount = 0;

  constructor(deps: EvictorDeps, options: { readonly setting: EvictionSetting }) {
    this.#deps = deps;
    this.#setting = options.setting;
  }

  get state(): EvictionState {
    return this.#state;
  }

  /** Looks whether something has to go, and if so sees to it, unless that is under way. Failures stand in `state`. */
  check(): void {
    if (this.#stopping.signal.aborted) return;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      const excess = await this.#look();
      if (excess.wantedFreeBytes === 0) return;
      if (this.#setting === "off") return this.#change({ kind: "off" });
      this.#change({ kind: "asking" });
      await this.#makeRoom(this.#setting, excess);
      if (this.#state.wantedBytes > 0) this.#change({ kind: "waiting", error: undefined });
    } catch (error) {
      if (!this.#stopping.signal.aborted) this.#onFailure(error);
    }
  }

  /** Notes how much is too much. */
  async #look(): Promise<Excess> {
    const { wantedFreeBytes, limit } = await this.#deps.store.usage();
    const wantedBytes = wantedFreeBytes;
    const checkedAtMs = this.#deps.clock.nowMs();
    if (wantedBytes > 0) {
      this.#change({ wantedBytes, checkedAtMs });
    } else {
      if (this.#state.kind !== "fits") {
        const { releasedBytes, releasedCount } = this.#state;
        this.#deps.logger.info({ releasedBytes, releasedCount }, "the node holds no more than it may");
      }
      this.#refusedCount = 0;
      this.#state = { ...FITS, checkedAtMs };
    }
    return { wantedFreeBytes, limit };
  }

  async #makeRoom(strategy: EvictionStrategy, excess: Excess): Promise<void> {
    const { signal } = this.#stopping;
    // To give up what room is reserved for would be no help.
    const withOwn = excess.limit !== "storage.reserved_bytes";
    const picked = await pickCandidates(this.#deps.store, { strategy, countMax: PICKED_MAX, withOwn, signal });
    if (this.#refusedCount >= picked.length) this.#refusedCount = 0;
    let wantedBytes = excess.wantedFreeBytes;
    for (let from = this.#refusedCount; from < picked.length && !signal.aborted; from += EVICTION_CANDIDATES_MAX) {
      const candidates = picked.slice(from, from + EVICTION_CANDIDATES_MAX);
      const names = candidates.map(({ name }) => name);
      const request: EvictionRequest = { wanted_bytes: wantedBytes, candidates: names, strategy };
      const answer = await this.#deps.requestEvictions(request, signal);
      const released = await this.#release(answer, new Map(candidates.map(({ name, length }) => [name, length])));
      this.#change({ leavingBytes: answer.leaving_bytes });
      this.#refusedCount += candidates.length - released;
      wantedBytes = (await this.#look()).wantedFreeBytes;
      if (wantedBytes <= (answer.leaving_bytes ?? 0)) return;
      // It may be having others copied, and does not say how many: to ask on would have it copy still more.
      if (released === 0 && answer.leaving_bytes === undefined) return;
    }
  }

  /** Deletes what may go, and nothing else. @returns how many chunks are gone */
  async #release({ release, epoch }: EvictionAnswer, candidates: ReadonlyMap<ChunkName, number>): Promise<number> {
    let count = 0;
    for (const name of new Set(release as ChunkName[])) {
      const length = candidates.get(name);
      if (length === undefined) throw unasked(name);
      if (this.#stopping.signal.aborted) break;
      const outcome = await this.#deps.store.delete(name, epoch);
      if (outcome === "stored_anew") continue;
      count += 1;
      const { releasedBytes, releasedCount } = this.#state;
      this.#change({ releasedBytes: releasedBytes + length, releasedCount: releasedCount + 1 });
    }
    return count;
  }

  #change(changes: Partial<EvictionState>): void {
    this.#state = { ...this.#state, ...changes };
  }

  #onFailure(failure: unknown): void {
    const error =
      failure instanceof AppError
        ? failure
        : new AppError("INTERNAL", "Making room failed unexpectedly", { cause: failure });
    const isNew = this.#state.error?.code !== error.code;
    this.#change({ kind: "waiting", error });
    if (isNew) this.#deps.logger.warn({ err: error }, "cannot make room; the node tries again at its next report");
  }
}

function unasked(name: ChunkName): AppError {
  return new AppError("PROTOCOL_ERROR", `The coordinator releases chunk ${name}, which it was not asked for`);
}
