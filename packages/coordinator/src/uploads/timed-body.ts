import type { Readable } from "node:stream";
import { AppError } from "@commonhold/core/app-error.ts";
import { freeMemory } from "@commonhold/core/free-memory.ts";

/** A sender that pauses for longer than this has gone. */
const IDLE_MS_MAX = 60_000;

export interface BodyTimes {
  /** The longest pause of the sender. */
  readonly idleMsMax?: number;
  /** Of the whole body, looked at when bytes come; unlimited where it is not given. */
  readonly totalMsMax?: number;
  /** Each piece is the reader's alone, who is done with it when it asks for the next: then its memory is given back. */
  readonly freesPieces?: boolean;
}

/**
 * A request body as pieces, with limits on how long the sender may pause and take. The body is opened when the first
 * piece is asked for. When reading ends early the stream stays intact and can be resumed, so that an answer can still
 * be sent.
 * @throws AppError REQUEST_TIMEOUT, CLIENT_CLOSED
 */
export async function* timedBody(open: () => Readable, times: BodyTimes = {}): AsyncGenerator<Uint8Array, void, void> {
  const { idleMsMax = IDLE_MS_MAX, totalMsMax, freesPieces = false } = times;
  const pieces: AsyncIterator<unknown> = open().iterator({ destroyOnReturn: false });
  let isOver = false;
  const total = totalMsMax === undefined ? undefined : setTimeout(() => (isOver = true), totalMsMax);
  try {
    for (;;) {
      const next = await nextWithin(pieces, idleMsMax);
      if (next.done === true) return;
      if (isOver) throw late();
      const piece = next.value as Uint8Array;
      yield piece;
      if (freesPieces) freeMemory(piece);
    }
  } finally {
    clearTimeout(total);
    // Not awaited: after a time-out it waits for the sender.
    pieces.return?.().catch(() => undefined);
  }
}

async function nextWithin(pieces: AsyncIterator<unknown>, waitMsMax: number): Promise<IteratorResult<unknown>> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(late()), waitMsMax);
  });
  try {
    return await Promise.race([pieces.next(), timeUp]);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError("CLIENT_CLOSED", "the client went away while it sent the body", { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

function late(): AppError {
  return new AppError("REQUEST_TIMEOUT", "the body did not come in time: send it again");
}
