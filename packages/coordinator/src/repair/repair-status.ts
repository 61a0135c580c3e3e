import type { UnrepairableReason } from "./plan-copy.ts";
import type { Brake } from "./repair-brake.ts";
import type { RepairCensus } from "./repair-census.ts";
import type { RepairQueue } from "./repair-queue.ts";
import type { CopyUnderWay } from "./repair-worker.ts";
import type { UnrepairableChunk } from "./unrepairable-chunks.ts";

/** The urgencies with which chunks are queued. */
export const QUEUED_URGENCIES = ["critical", "degraded", "relocating", "unreadable"] as const;
type QueuedUrgency = (typeof QUEUED_URGENCIES)[number];

export interface QueueNumbers {
  readonly length: number;
  readonly byUrgency: Readonly<Record<QueuedUrgency, number>>;
  /** Of those, the ones that failed and wait for another try. */
  readonly waiting: number;
  readonly bytes: number;
}

/** Repair at a glance. */
export interface RepairStatus {
  readonly isPaused: boolean;
  /** Whether copies are being made, or would be at once if there were no limits. */
  readonly isRunning: boolean;
  /** Why only what is critical is repaired now. */
  readonly brake: Brake | undefined;
  /** Of the last sweep; undefined before the first. */
  readonly census: RepairCensus | undefined;
  readonly queue: QueueNumbers;
  readonly underWay: readonly CopyUnderWay[];
  /** Since the start. */
  readonly repairedCopies: number;
  readonly repairedBytes: number;
  readonly bytesPerSecond: number;
  /** What is left to copy. */
  readonly bytesLeft: number;
  /** At the present rate; undefined while nothing moves. */
  readonly secondsLeft: number | undefined;
  readonly unrepairable: Readonly<Record<UnrepairableReason, number>>;
  readonly unrepairableFirst: readonly UnrepairableChunk[];
}

export function countQueue(queue: RepairQueue): QueueNumbers {
  const byUrgency = { critical: 0, degraded: 0, relocating: 0, unreadable: 0 };
  let bytes = 0;
  for (const { urgency, missing, sealedLength } of queue.entries()) {
    if (urgency in byUrgency) byUrgency[urgency as QueuedUrgency] += 1;
    bytes += missing * sealedLength;
  }
  return { length: queue.size, byUrgency, waiting: queue.laterCount, bytes };
}
