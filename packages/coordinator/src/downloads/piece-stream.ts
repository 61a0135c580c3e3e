import { Readable, type Writable } from "node:stream";
import type { BufferLease } from "@commonhold/runtime/buffer-pool.ts";

/** What a stream of pieces is piped to. */
export type PieceSink = Pick<Writable, "on" | "writableNeedDrain">;

/**
 * The bytes of pieces as a stream that is piped to `sink`. The next piece is asked for once `sink` has drained: then all
 * that was handed to it has been sent, and those pieces are released. So a reader that is slow, or that has stopped,
 * keeps no more than one; what is to be ready before that is for the source to fetch ahead.
 */
export class PieceStream extends Readable {
  readonly #pieces: AsyncIterator<BufferLease, void, void>;
  readonly #sink: PieceSink;
  /** Not yet known to have been sent, in order. */
  readonly #unsent: BufferLease[] = [];
  #isNextWanted = false;

  /** @param first the piece before all that `rest` gives */
  constructor(first: BufferLease, rest: AsyncIterator<BufferLease, void, void>, sink: PieceSink) {
    super({ highWaterMark: 1 });
    this.#pieces = rest;
    this.#sink = sink;
    sink.on("drain", () => {
      this.#releaseSent();
      this.#askSoon();
    });
    this.#give(first);
  }

  override _read(): void {
    this.#isNextWanted = true;
    this.#askSoon();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    // Also where nobody came to read: a generator that never began has no end of its own.
    this.#pieces.return?.().catch(() => undefined);
    callback(error);
  }

  /** In the next tick, as a stream asks for more just before it hands on what it has. */
  #askSoon(): void {
    if (this.#isNextWanted) process.nextTick(() => this.#askIfSent());
  }

  #askIfSent(): void {
    if (!this.#isNextWanted || this.readableLength > 0 || this.#sink.writableNeedDrain) return;
    this.#isNextWanted = false;
    this.#pieces.next().then(
      ({ done, value }) => {
        if (done === true) this.push(null);
        else this.#give(value);
      },
      (error: unknown) => this.destroy(error as Error),
    );
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
