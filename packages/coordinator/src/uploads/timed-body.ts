import type { Readable } from "node:stream";
import { AppError } from "@commonhold/core/app-error.ts";

/** A sender that pauses for longer than this has gone. */
const IDLE_MS_MAX = 60_000;

/**
 * A request body as pieces, with a limit on how long the sender may pause. The stream stays intact when reading
 * ends early, so that an answer can still be sent.
 * @throws AppError REQUEST_TIMEOUT, CLIENT_CLOSED
 */
export async function* timedBody(
  body: Readable,
  idleMsMax: number = IDLE_MS_MAX,
): AsyncGenerator<Uint8Array, void, void> {
  const pieces: AsyncIterator<unknown> = body.iterator({ destroyOnReturn: false });
  for (;;) {
    const next = await nextWithin(pieces, idleMsMax);
    if (next.done === true) return;
    yield next.value as Uint8Array;
  }
}

async function nextWithin(pieces: AsyncIterator<unknown>, idleMsMax: number): Promise<IteratorResult<unknown>> {
  let timer: NodeJS.Timeout | undefined;
  const idle = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new AppError("REQUEST_TIMEOUT", `no byte of the body came for ${idleMsMax / 1000} s: send it again`));
    }, idleMsMax);
  });
  try {
    return await Promise.race([pieces.next(), idle]);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError("CLIENT_CLOSED", "the client went away while it sent the body", { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
