import { AUDIT_CHUNKS_MAX } from "./audit-question.ts";

const MINUTE_MS = 60_000;

/** After silence the same leaves are asked again, so long after each: then the silence is final. */
const REASK_PAUSES_MS: readonly number[] = [MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS];
/** How often the same is asked before silence is final. */
export const ASKED_MAX = 1 + REASK_PAUSES_MS.length;

/** Answers in time after which a node's batch grows by one. */
const GROW_AFTER = 10;
/** The same, to a size that came late before: it would again, and what is late is not paid. */
const GROW_TO_LATE_AFTER = 200;

/**
 * How long to wait before the leaves of a challenge that was met with silence are asked again, in milliseconds, or
 * undefined where the silence is final.
 * @param attempt that was met with silence: 0 for the first asking
 */
export function reaskPauseMs(attempt: number): number | undefined {
  return REASK_PAUSES_MS[attempt];
}

/** How many chunks a node is asked about at once. */
export interface BatchPace {
  /** 1 to `AUDIT_CHUNKS_MAX`. */
  readonly chunks: number;
  /** Answers in time since it last changed. */
  readonly inTime: number;
  /** The size that last came late; beyond `AUDIT_CHUNKS_MAX` where none did, or it was in time since. */
  readonly lateAt: number;
}

const NEVER_LATE = AUDIT_CHUNKS_MAX + 1;

export const FIRST_PACE: BatchPace = { chunks: AUDIT_CHUNKS_MAX, inTime: 0, lateAt: NEVER_LATE };

/**
 * The pace after an answer: half as many chunks where it came late, one more after every ten in time, and after two
 * hundred where so many came late before, so that a slow uplink is late with a chunk in a hundred and not in ten.
 */
export function paceAfter({ chunks, inTime, lateAt }: BatchPace, answer: "in-time" | "late"): BatchPace {
  if (answer === "late") return { chunks: Math.max(1, Math.floor(chunks / 2)), inTime: 0, lateAt: chunks };
  const mayGrowAfter = chunks + 1 === lateAt ? GROW_TO_LATE_AFTER : GROW_AFTER;
  if (inTime + 1 < mayGrowAfter) return { chunks, inTime: inTime + 1, lateAt };
  const isLateNoMore = chunks >= lateAt;
  return {
    chunks: Math.min(AUDIT_CHUNKS_MAX, chunks + 1),
    inTime: 0,
    lateAt: isLateNoMore ? NEVER_LATE : lateAt,
  };
}

/**
 * Cuts chunks into batches, in their order, of at most so many chunks and so many bytes together; a chunk that alone
 * has more bytes is a batch of its own.
 */
export function cutIntoBatches<C extends { readonly sealedLength: number }>(
  chunks: Iterable<C>,
  max: { readonly chunks: number; readonly bytes: number },
): readonly (readonly C[])[] {
  const batches: C[][] = [];
  let bytes = 0;
  for (const chunk of chunks) {
    const batch = batches.at(-1);
    bytes += chunk.sealedLength;
    if (batch !== undefined && batch.length < max.chunks && bytes <= max.bytes) {
      batch.push(chunk);
    } else {
      batches.push([chunk]);
      bytes = chunk.sealedLength;
    }
  }
  return batches;
}
