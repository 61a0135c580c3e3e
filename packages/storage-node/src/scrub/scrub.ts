import { hasCode } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import type { ChunkStore } from "../chunk-store/chunk-store.ts";
import type { Sleep } from "../pacing/sleep.ts";

const PAGE_NAMES = 256;
/** Further names are only counted. */
const NAMES_REPORTED_MAX = 1000;

export interface ScrubState {
  readonly kind: "idle" | "running" | "finished" | "stopped" | "failed";
  readonly startedAtMs: number | undefined;
  readonly finishedAtMs: number | undefined;
  readonly checkedCount: number;
  readonly checkedBytes: number;
  /** Chunks whose bytes do not hash to their name any more; they are out of service. */
  readonly corruptCount: number;
  /** The first 1000 of them. */
  readonly corrupt: readonly ChunkName[];
  /** Chunks that the disk refused to read. */
  readonly unreadableCount: number;
  readonly unreadable: readonly ChunkName[];
}

export interface ScrubDeps {
  readonly store: Pick<ChunkStore, "list" | "read" | "markDamaged">;
  readonly nameOf: (sealed: Uint8Array) => ChunkName;
  readonly sleep: Sleep;
  readonly clock: Clock;
  readonly logger: Logger;
}

const IDLE: ScrubState = {
  kind: "idle",
  startedAtMs: undefined,
  finishedAtMs: undefined,
  checkedCount: 0,
  checkedBytes: 0,
  corruptCount: 0,
  corrupt: [],
  unreadableCount: 0,
  unreadable: [],
};

/** Rereads every chunk, one at a time, no faster than its budget, and takes the rotten ones out of service. */
export class Scrub {
  readonly #deps: ScrubDeps;
  readonly #bytesPerSecond: number;
  readonly #stopping = new AbortController();
  #state: ScrubState = IDLE;
  #running: Promise<void> | undefined;

  constructor(deps: ScrubDeps, options: { readonly bytesPerSecond: number }) {
    this.#deps = deps;
    this.#bytesPerSecond = options.bytesPerSecond;
  }

  /** Of the scrub under way, or of the latest one. */
  get state(): ScrubState {
    return this.#state;
  }

  /** Begins a scrub, unless one is under way. */
  start(): void {
    if (this.#running !== undefined || this.#stopping.signal.aborted) return;
    this.#state = { ...IDLE, kind: "running", startedAtMs: this.#deps.clock.nowMs() };
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Resolves when no scrub is under way. */
  async finished(): Promise<void> {
    await this.#running;
  }

  /** Gives up the scrub under way. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    try {
      let after: ChunkName | undefined;
      for (let more = true; more && !signal.aborted; ) {
        const page = this.#deps.store.list({ after, limit: PAGE_NAMES });
        for (const { name, length } of page.items) {
          if (signal.aborted) break;
          await this.#checkChunk(name);
          await this.#deps.sleep((length * 1000) / this.#bytesPerSecond, signal);
        }
        after = page.items.at(-1)?.name ?? after;
        more = page.more;
      }
      this.#end(signal.aborted ? "stopped" : "finished");
    } catch (error) {
      this.#deps.logger.error({ err: error }, "the scrub failed");
      this.#end("failed");
    }
  }

  async #checkChunk(name: ChunkName): Promise<void> {
    try {
      const sealed = await this.#deps.store.read(name);
      this.#note({ checkedCount: 1, checkedBytes: sealed.length });
      if (this.#deps.nameOf(sealed) === name) return;
      this.#deps.store.markDamaged(name);
      this.#note({ corrupt: name });
    } catch (error) {
      // Deleted since the page was read.
      if (hasCode(error, "CHUNK_NOT_FOUND")) return;
      if (hasCode(error, "CHUNK_CORRUPT")) this.#note({ checkedCount: 1, corrupt: name });
      else if (hasCode(error, "STORAGE_FAILURE")) this.#note({ checkedCount: 1, unreadable: name });
      else throw error;
      this.#deps.logger.error({ chunk: name, err: error }, "a chunk cannot be read whole");
    }
  }

  #note(found: {
    readonly checkedCount?: number;
    readonly checkedBytes?: number;
    readonly corrupt?: ChunkName;
    readonly unreadable?: ChunkName;
  }): void {
    const state = this.#state;
    this.#state = {
      ...state,
      checkedCount: state.checkedCount + (found.checkedCount ?? 0),
      checkedBytes: state.checkedBytes + (found.checkedBytes ?? 0),
      corruptCount: state.corruptCount + (found.corrupt === undefined ? 0 : 1),
      corrupt: appended(state.corrupt, found.corrupt),
      unreadableCount: state.unreadableCount + (found.unreadable === undefined ? 0 : 1),
      unreadable: appended(state.unreadable, found.unreadable),
    };
  }

  #end(kind: "finished" | "stopped" | "failed"): void {
    this.#state = { ...this.#state, kind, finishedAtMs: this.#deps.clock.nowMs() };
    const { checkedCount, checkedBytes, corruptCount, unreadableCount } = this.#state;
    this.#deps.logger.info({ kind, checkedCount, checkedBytes, corruptCount, unreadableCount }, "the scrub ended");
  }
}

function appended(names: readonly ChunkName[], name: ChunkName | undefined): readonly ChunkName[] {
  return name === undefined || names.length >= NAMES_REPORTED_MAX ? names : [...names, name];
}
