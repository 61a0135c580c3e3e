import type { Clock } from "@commonhold/core/clock.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { BUCKET_COUNT, bucketBounds } from "@commonhold/core/repair/inventory-summary.ts";
import type { Sleep } from "@commonhold/runtime/sleep.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import type { ChunkStore } from "../chunk-store/chunk-store.ts";
import { noteFound } from "./note-found.ts";
import { NO_FINDINGS, type ScrubFindings, type ScrubJournal, type ScrubRecord } from "./scrub-journal.ts";

const PAGE_NAMES = 256;
/** How much of a pass a crash may cost. */
const SAVE_INTERVAL_MS = 30_000;

export interface ScrubState {
  readonly kind: "idle" | "running" | "finished" | "stopped" | "failed";
  readonly startedAtMs: number | undefined;
  readonly finishedAtMs: number | undefined;
  /** Of the pass under way, how far it is: 0 … 1. */
  readonly progress: number;
  readonly findings: ScrubFindings;
  /** The latest pass that came to its end, also before a restart. */
  readonly last: ScrubRecord["last"];
  readonly nextAtMs: number | undefined;
}

export interface ScrubDeps {
  readonly store: Pick<ChunkStore, "list" | "verify" | "compareBucket">;
  readonly journal: ScrubJournal;
  readonly sleep: Sleep;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Compares index and folder and rereads every chunk, one at a time, no faster than its budget. What is wrong is taken
 * out of service and reported; the coordinator has it replaced. A pass that was given up goes on where it was.
 */
export class Scrub {
  readonly #deps: ScrubDeps;
  readonly #bytesPerSecond: number;
  readonly #stopping = new AbortController();
  #record: ScrubRecord;
  #kind: ScrubState["kind"];
  #running: Promise<void> | undefined;
  #savedAtMs = 0;

  private constructor(deps: ScrubDeps, bytesPerSecond: number, record: ScrubRecord) {
    this.#deps = deps;
    this.#bytesPerSecond = bytesPerSecond;
    this.#record = record;
    this.#kind = record.pass !== null ? "stopped" : record.last !== null ? "finished" : "idle";
  }

  /** @throws AppError STORAGE_FAILURE */
  static async open(deps: ScrubDeps, options: { readonly bytesPerSecond: number }): Promise<Scrub> {
    return new Scrub(deps, options.bytesPerSecond, await deps.journal.load());
  }

  /** Of the pass under way, or of the latest one. */
  get state(): ScrubState {
    const { pass, last, next_at_ms: nextAtMs } = this.#record;
    const shown = pass ?? last;
    return {
      kind: this.#kind,
      startedAtMs: shown?.started_at_ms,
      finishedAtMs: pass === null ? last?.finished_at_ms : undefined,
      progress: pass === null ? (last === null ? 0 : 1) : fractionBefore(pass.position),
      findings: shown?.findings ?? NO_FINDINGS,
      last,
      nextAtMs: nextAtMs ?? undefined,
    };
  }

  /** Whether a pass was given up and can go on. */
  get isInterrupted(): boolean {
    return this.#running === undefined && this.#record.pass !== null;
  }

  /** Begins a pass from the first chunk on, unless one is under way. */
  start(): void {
    this.#begin({ started_at_ms: this.#deps.clock.nowMs(), position: null, findings: NO_FINDINGS });
  }

  /** Goes on with the pass that was given up, or begins one. */
  resume(): void {
    if (this.#record.pass === null) this.start();
    else this.#begin(this.#record.pass);
  }

  /** Notes when the next pass is due. */
  async plan(nextAtMs: number | undefined): Promise<void> {
    this.#record = { ...this.#record, next_at_ms: nextAtMs ?? null };
    await this.#save();
  }

  /** Resolves when no pass is under way. */
  async finished(): Promise<void> {
    await this.#running;
  }

  /** Gives up the pass under way; the next start goes on with it. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  #begin(pass: NonNullable<ScrubRecord["pass"]>): void {
    if (this.#running !== undefined || this.#stopping.signal.aborted) return;
    this.#record = { ...this.#record, pass };
    this.#kind = "running";
    this.#running = this.#run(pass).finally(() => {
      this.#running = undefined;
    });
  }

  async #run(begun: NonNullable<ScrubRecord["pass"]>): Promise<void> {
    const { signal } = this.#stopping;
    try {
      const first = begun.position === null ? 0 : Number.parseInt(begun.position.slice(0, 2), 16);
      for (let bucket = first; bucket < BUCKET_COUNT && !signal.aborted; bucket++) await this.#runBucket(bucket);
      if (!signal.aborted) this.#complete();
      this.#end(signal.aborted ? "stopped" : "finished");
    } catch (error) {
      this.#deps.logger.error({ err: error }, "the scrub failed; it goes on at its next try");
      this.#end("failed");
    }
    await this.#save();
  }

  async #runBucket(bucket: number): Promise<void> {
    const { store } = this.#deps;
    const { missing, resized, found } = await store.compareBucket(bucket);
    this.#note({ missing, corrupt: resized, found_count: found });
    const bounds = bucketBounds(bucket);
    const position = this.#record.pass?.position ?? undefined;
    let after = position !== undefined && position > (bounds.after ?? "") ? position : bounds.after;
    for (let more = true; more; ) {
      const page = store.list({ after, until: bounds.until, limit: PAGE_NAMES });
      for (const { name, length } of page.items) {
        if (this.#stopping.signal.aborted) return;
        await this.#checkChunk(name);
        this.#moveTo(name);
        await this.#deps.sleep((length * 1000) / this.#bytesPerSecond, this.#stopping.signal);
        await this.#saveNowAndThen();
      }
      after = page.items.at(-1)?.name ?? after;
      more = page.more;
    }
    this.#moveTo(bounds.until);
    await this.#saveNowAndThen();
  }

  async #checkChunk(name: ChunkName): Promise<void> {
    const result = await this.#deps.store.verify(name);
    switch (result.kind) {
      case "whole":
        return this.#note({ checked: 1, checked_bytes: result.length });
      case "damaged":
        return this.#note({ checked: 1, corrupt: [name] });
      case "unreadable":
        return this.#note({ checked: 1, unreadable: [name] });
      case "missing":
        return this.#note({ missing: [name] });
      case "deleted":
    }
  }

  #note(found: Parameters<typeof noteFound>[1]): void {
    const { pass } = this.#record;
    if (pass !== null) this.#record = { ...this.#record, pass: { ...pass, findings: noteFound(pass.findings, found) } };
  }

  #moveTo(position: ChunkName): void {
    const { pass } = this.#record;
    if (pass !== null) this.#record = { ...this.#record, pass: { ...pass, position } };
  }

  #complete(): void {
    const { pass } = this.#record;
    if (pass === null) return;
    const { started_at_ms, findings } = pass;
    const last = { started_at_ms, finished_at_ms: this.#deps.clock.nowMs(), findings };
    this.#record = { ...this.#record, pass: null, last };
  }

  #end(kind: "finished" | "stopped" | "failed"): void {
    this.#kind = kind;
    const { checked, checked_bytes, corrupt_count, missing_count, unreadable_count, found_count } = this.state.findings;
    const counts = { checked, checked_bytes, corrupt_count, missing_count, unreadable_count, found_count };
    this.#deps.logger.info({ kind, ...counts }, "the scrub ended");
  }

  async #saveNowAndThen(): Promise<void> {
    if (this.#deps.clock.monotonicMs() - this.#savedAtMs >= SAVE_INTERVAL_MS) await this.#save();
  }

  /** A pass goes on where it cannot be kept: a restart then costs what was not. */
  async #save(): Promise<void> {
    this.#savedAtMs = this.#deps.clock.monotonicMs();
    try {
      await this.#deps.journal.save(this.#record);
    } catch (error) {
      this.#deps.logger.warn({ err: error }, "cannot keep how far the scrub is");
    }
  }
}

/** Names are spread evenly: so many of all lie before this one. */
function fractionBefore(position: ChunkName | null): number {
  return position === null ? 0 : Number.parseInt(position.slice(0, 4), 16) / 0xffff;
}
