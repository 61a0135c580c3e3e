import { Readable, type Writable } from "node:stream";
import type { BufferLease } from "@commonhold/runtime/buffer-pool.ts";

/**
 * The bytes of pieces as a stream that is piped to `sink`, one piece ahead of it. Whenever `sink` has drained, all
 * that was handed to it has been sent, and those pieces are released.
 */
export class PieceStream extends Readable {
  readonly #pieces: AsyncIterator<BufferLease, void, void>;
  /** Not yet known to have been sent, in order. */
  readonly #unsent: BufferLease[] = [];

  /** @param first the piece before all that `rest` gives */
  constructor(first: BufferLease, rest: AsyncIterator<BufferLease, void, void>, sink: Pick<Writable, "on">) {
    super({ highWaterMark: 1 });
    this.#pieces = rest;
    sink.on("drain", () => this.#releaseSent());
    this.#give(first);
  }

  override _read(): void {
    this.#pieces.next().then(
      ({ done, value }) => {
        if (done === true) this.push(null);
        else this.#give(value);
      },
      (error: unknown) => this.destroy(error as Error),
    );
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    // Also where nobody came to read: a generator that never began has no end of its own.
    this.#pieces.return?.().catch(() => undefined);
    callback(error);
  }

  #give(piece: BufferLease): void {
    this.#unsent.push(piece);
    this.push(piece.bytes);
  }

  #releaseSent(): void {
    const waitingHere = this.readableLength > 0 ? 1 : 0;
    for (const piece of this.#unsent.splice(0, this.#unsent.length - waitingHere)) piece.release();
  }
}
