import { reaskPauseMs } from "@commonhold/core/audit/audit-pace.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { UNANSWERED_MAX } from "./audit-options.ts";

/** Which leaves were asked for: these are asked for again, whatever the challenge's id. */
export interface Selection {
  readonly selectionId: Uint8Array;
  readonly day: string;
  readonly window: number;
  readonly number: number;
  readonly leafCount: number;
}

/** A question to be asked again. */
export interface UnansweredQuestion {
  readonly selection: Selection;
  readonly chunkNames: readonly ChunkName[];
  /** Of the next time that it is asked, from 2 on. */
  readonly attempt: number;
  /** Milliseconds since 1970. */
  readonly dueMs: number;
}

/** Where a node could not be reached it is tried again after this time. */
const OFFLINE_PAUSE_MS = 60_000;

/** The questions that one node has not answered: they are asked again until it does, or for the last time. */
export class UnansweredQuestions {
  #waiting: readonly UnansweredQuestion[] = [];

  /** Whether the node shall first answer these. */
  get isFull(): boolean {
    return this.#waiting.length >= UNANSWERED_MAX;
  }

  /** Infinity where there is none. */
  get dueMs(): number {
    return this.#waiting[0]?.dueMs ?? Number.POSITIVE_INFINITY;
  }

  /** @param attempt that was not answered */
  add(question: Pick<UnansweredQuestion, "selection" | "chunkNames">, attempt: number, nowMs: number): void {
    const dueMs = nowMs + (reaskPauseMs(attempt - 1) ?? 0);
    this.#insert([{ ...question, attempt: attempt + 1, dueMs }]);
  }

  /** It did not reach the node this time. */
  postpone(question: UnansweredQuestion, nowMs: number): void {
    this.#insert([{ ...question, dueMs: nowMs + OFFLINE_PAUSE_MS }]);
  }

  /** The first that is due, of at most so many chunks; what is left of a longer one stays due. */
  take(nowMs: number, chunksMax: number): UnansweredQuestion | undefined {
    const [first, ...rest] = this.#waiting;
    if (first === undefined || first.dueMs > nowMs) return undefined;
    this.#waiting = rest;
    const later = first.chunkNames.slice(chunksMax);
    if (later.length > 0) this.#insert([{ ...first, chunkNames: later }]);
    return { ...first, chunkNames: first.chunkNames.slice(0, chunksMax) };
  }

  #insert(questions: readonly UnansweredQuestion[]): void {
    this.#waiting = [...this.#waiting, ...questions].toSorted((a, b) => a.dueMs - b.dueMs);
  }
}
