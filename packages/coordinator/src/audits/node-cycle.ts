import {
  type CyclePlan,
  bucketNames,
  type NameRange,
  NUMBERS_PER_SLOT,
} from "@commonhold/core/audit/audit-schedule.ts";
import type { FewNames } from "./few-names.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";

/** A slot that is later than this share of the cycle is left out: what was missed for long shall not come all at once. */
const LATE_SHARE_MAX = 1 / 16;

export interface NodeCycleTerms {
  /** The cycle's number, counted from 1970 in cycles of this length. */
  readonly cycle: number;
  readonly cycleMs: number;
  /** What the node holds. */
  readonly names: FewNames;
}

/** Where one node's audits stand within a cycle. */
export class NodeCycle {
  readonly cycle: number;
  readonly cycleMs: number;
  readonly names: FewNames;
  readonly #plan: CyclePlan;
  #slot = 0;
  #after: ChunkName | undefined;
  #numbersInSlot = 0;
  #missedSlots = 0;

  /** @param fromMs slots before it are left out: they belong to the time before there was a plan */
  constructor(plan: CyclePlan, { cycle, cycleMs, names }: NodeCycleTerms, fromMs: number) {
    this.#plan = plan;
    this.cycle = cycle;
    this.cycleMs = cycleMs;
    this.names = names;
    while (this.#current !== undefined && this.#current.atMs < fromMs) this.#slot += 1;
  }

  get endMs(): number {
    return (this.cycle + 1) * this.cycleMs;
  }

  /** When there is something to do next: a slot, or the next cycle. */
  get dueMs(): number {
    return this.#current?.atMs ?? this.endMs;
  }

  /** Slots that were left out, as they were too late. */
  get missedSlots(): number {
    return this.#missedSlots;
  }

  /** Whether nothing of it is left to ask for, now that its time is over. */
  isOver(nowMs: number): boolean {
    this.#leaveOutLate(nowMs);
    return nowMs >= this.endMs && this.#current === undefined;
  }

  /** The names to ask about now; undefined where no slot is due. */
  dueNames(nowMs: number): NameRange | undefined {
    this.#leaveOutLate(nowMs);
    if (this.#current === undefined || this.#current.atMs > nowMs) return undefined;
    const { after, until } = bucketNames(this.#plan.bits, this.#current.bucket);
    return { after: this.#after ?? after, until };
  }

  /** The rest of the slot's names are those after this one. */
  askedUpTo(name: ChunkName): void {
    this.#after = name;
  }

  endSlot(): void {
    this.#slot += 1;
    this.#after = undefined;
    this.#numbersInSlot = 0;
  }

  /** A challenge's number within the cycle; never the same again, also after a restart in the middle of it. */
  takeNumber(): number {
    return this.#slot * NUMBERS_PER_SLOT + this.#numbersInSlot++;
  }

  #leaveOutLate(nowMs: number): void {
    while (this.#current !== undefined && this.#current.atMs < nowMs - this.cycleMs * LATE_SHARE_MAX) {
      this.#missedSlots += 1;
      this.endSlot();
    }
  }

  get #current() {
    return this.#plan.slots[this.#slot];
  }
}
