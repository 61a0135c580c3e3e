import type { ChunkName } from "@commonhold/core/ids.ts";
import type { ChunkRecord } from "@commonhold/core/repair/chunk-record.ts";
import type { ChunkHealth } from "@commonhold/core/repair/judge-chunk.ts";
import type { UnrepairableReason } from "./plan-copy.ts";
import { belowSinceMs, comingEndsInMs, type NeedContext, repairEntryOf } from "./repair-need.ts";
import type { RepairOptions } from "./repair-options.ts";
import type { RepairQueue } from "./repair-queue.ts";
import type { SurplusDrop } from "./surplus-drop.ts";
import { SweptMap } from "./swept-map.ts";
import type { UnrepairableChunk } from "./unrepairable-chunks.ts";

export interface RepairFindingsDeps {
  readonly queue: RepairQueue;
  readonly surplus: SurplusDrop;
  readonly needContext: () => NeedContext;
}

/** What becomes of a chunk that was judged: to the queue, to what is dropped, to what cannot be helped. */
export class RepairFindings {
  readonly #deps: RepairFindingsDeps;
  readonly unrepairable: SweptMap<ChunkName, UnrepairableChunk>;

  constructor(deps: RepairFindingsDeps, options: Pick<RepairOptions, "unrepairableMax">) {
    this.#deps = deps;
    this.unrepairable = new SweptMap(options.unrepairableMax);
  }

  beginSweep(): void {
    this.unrepairable.beginSweep();
    this.#deps.surplus.beginSweep();
  }

  endSweep(): void {
    this.unrepairable.endSweep();
    this.#deps.surplus.endSweep();
  }

  visit(chunk: ChunkRecord, health: ChunkHealth): void {
    const { queue, surplus } = this.#deps;
    const context = this.#deps.needContext();
    const { name } = chunk;
    const entry = repairEntryOf(chunk, health, context);
    const comingEndsMs = chunk.isReferenced ? comingEndsInMs(chunk, health, context) : undefined;
    if (entry.missing === 0) {
      this.forget(name);
      // What is on its way may never come, and then nobody else would tell.
      if (comingEndsMs !== undefined) queue.putLater({ entry, failures: 0 }, comingEndsMs);
    } else if (health.readable.length === 0 && !context.hasKept(name)) {
      queue.delete(name);
      this.noteUnrepairable(chunk, health, "no_readable_copy");
    } else {
      queue.put(entry);
      this.unrepairable.see(name);
    }
    if (chunk.isReferenced) surplus.consider(chunk, health);
  }

  /** The chunk is there no more. */
  forget(name: ChunkName): void {
    this.#deps.queue.delete(name);
    this.unrepairable.delete(name);
  }

  noteUnrepairable(chunk: ChunkRecord, health: ChunkHealth, reason: UnrepairableReason): void {
    const sinceMs = belowSinceMs(chunk, health, this.#deps.needContext());
    this.unrepairable.set(chunk.name, { name: chunk.name, reason, sinceMs });
  }
}
