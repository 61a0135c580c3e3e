import { type BatchPace, FIRST_PACE, paceAfter } from "@commonhold/core/audit/audit-pace.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { NodeId } from "@commonhold/core/ids.ts";
import type { PlannedQuestion } from "./audit-planner.ts";
import { TokenBucket } from "../repair/token-bucket.ts";
import type { NodeCycle } from "./node-cycle.ts";
import { UnansweredQuestions } from "./unanswered-questions.ts";

/** Where the audits of one node stand. */
export class AuditedNode {
  readonly id: NodeId;
  readonly unanswered = new UnansweredQuestions();
  /** It is asked about one batch at a time. */
  isBusy = false;
  isPresent = false;
  /** When it was asked last, in the order of all nodes. */
  turn = 0;
  /** It is left alone until then. */
  restsUntilMs = 0;
  readonly #clock: Clock;
  readonly #bucket: TokenBucket;
  #pace: BatchPace = FIRST_PACE;
  #cycle: NodeCycle | undefined;
  #missedBefore = 0;

  constructor(id: NodeId, clock: Clock, bytesPerSecond: number) {
    this.id = id;
    this.#clock = clock;
    this.#bucket = new TokenBucket(clock, bytesPerSecond);
  }

  /** undefined until its first is planned. */
  get cycle(): NodeCycle | undefined {
    return this.#cycle;
  }

  begin(cycle: NodeCycle): void {
    if (this.#cycle === cycle) return;
    this.#missedBefore = this.missedSlots;
    this.#cycle = cycle;
  }

  /** Slots of its cycles that were left out, as they were too late. */
  get missedSlots(): number {
    return this.#missedBefore + (this.#cycle?.missedSlots ?? 0);
  }

  /** How many chunks it is asked about at once. */
  get chunksMax(): number {
    return this.#pace.chunks;
  }

  /** When something is to be done for it next, in milliseconds since 1970. */
  get dueMs(): number {
    const cycleDueMs = this.unanswered.isFull ? Number.POSITIVE_INFINITY : (this.#cycle?.dueMs ?? 0);
    return Math.max(
      Math.min(cycleDueMs, this.unanswered.dueMs),
      this.restsUntilMs,
      this.#clock.nowMs() + this.#bucket.waitMs(),
    );
  }

  /** It is made to read so many bytes. */
  takeBytes(bytes: number): void {
    this.#bucket.take(bytes);
  }

  /** A question that was asked before, and now could not be, is not forgotten. */
  keepUnanswered({ selectionId, selection, chunkNames, attempt }: PlannedQuestion, nowMs: number): void {
    if (selectionId === undefined) return;
    this.unanswered.postpone({ selection: { ...selection, selectionId }, chunkNames, attempt, dueMs: nowMs }, nowMs);
  }

  /** It answered in time, or not, about so many chunks. */
  noteAnswer(answer: "in-time" | "late", chunks: number): void {
    // What was asked was perhaps less than it might have been.
    const pace = answer === "late" ? { ...this.#pace, chunks: Math.min(this.#pace.chunks, chunks) } : this.#pace;
    this.#pace = paceAfter(pace, answer);
  }
}
