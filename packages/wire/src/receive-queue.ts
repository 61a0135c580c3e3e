import { AppError } from "@commonhold/core/app-error.ts";

/** With so many pieces waiting, further short ones are copied together: each costs memory beside its bytes. */
const PIECES_MAX = 64;
const SHORT_BYTES = 1024;
const BLOCK_BYTES = 16 * 1024;

interface PendingRead {
  readonly length: number;
  /** The reader's own; else taken only when the first piece does not hold all of it. */
  target: Uint8Array | undefined;
  filled: number;
  readonly resolve: (bytes: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The received and unread bytes of one stream, in order. A read within one received piece is a view of it; a read
 * that spans pieces is copied once, as they arrive, into memory of its own. What it holds is never much more than
 * `waitingBytes`, however short the pieces are.
 *
 * It has no bound of its own: whoever pushes watches `waitingBytes` and stops the sender.
 */
export class ReceiveQueue {
  readonly #pieces: Uint8Array[] = [];
  /** Memory for short pieces, filled up to `#blockFilled`. */
  #block: Uint8Array | undefined;
  #blockFilled = 0;
  readonly #onTaken: () => void;
  #waitingBytes = 0;
  #pending: PendingRead | undefined;
  #ended: (() => Error) | undefined;

  /** @param onTaken called after bytes have left the queue */
  constructor(onTaken: () => void = () => {}) {
    this.#onTaken = onTaken;
  }

  /** Bytes received that no read has asked for yet. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Takes over `piece`; ignored after the end. */
  push(piece: Uint8Array): void {
    this.#add(piece, (bytes) => bytes);
  }

  /** As `push`, but `piece` is only lent until the call returns: what no read waits for is copied. */
  pushLent(piece: Uint8Array): void {
    // Not `slice`, which is a view where the piece is a Buffer.
    this.#add(piece, (bytes) => new Uint8Array(bytes));
  }

  /** The peer sends no more: what waits can still be read, any read beyond it fails with what `reason` makes. */
  end(reason: () => Error): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    this.#rejectPending(reason);
  }

  /** Drops what waits; every read fails with what `reason` makes. */
  fail(reason: () => Error): void {
    this.#ended = reason;
    this.#pieces.length = 0;
    this.#waitingBytes = 0;
    this.#rejectPending(reason);
  }

  /**
   * Exactly `length` bytes; one read at a time.
   * @param target where they go; it has that length
   */
  read(length: number, target?: Uint8Array): Promise<Uint8Array> {
    if (!Number.isSafeInteger(length) || length < 0 || (target !== undefined && target.length !== length)) {
      return Promise.reject(new AppError("INTERNAL", `a read of ${length} bytes was asked for`));
    }
    if (this.#pending !== undefined) {
      return Promise.reject(new AppError("INTERNAL", "a second read was begun before the first was done"));
    }
    if (length <= this.#waitingBytes) return Promise.resolve(this.#take(length, target));
    if (this.#ended !== undefined) return Promise.reject(this.#ended());
    return new Promise((resolve, reject) => {
      const pending: PendingRead = { length, target, filled: 0, resolve, reject };
      if (this.#waitingBytes > 0) {
        pending.target ??= new Uint8Array(length);
        pending.filled = this.#waitingBytes;
        this.#copyInto(pending.target, this.#waitingBytes);
      }
      this.#pending = pending;
      if (pending.filled > 0) this.#onTaken();
    });
  }

  #take(length: number, target: Uint8Array | undefined): Uint8Array {
    const first = this.#pieces[0];
    if (length === 0 || first === undefined) return target ?? new Uint8Array(0);
    let bytes: Uint8Array;
    if (target === undefined && first.length >= length) {
      bytes = first.subarray(0, length);
      this.#dropFromFirst(first, length);
    } else {
      bytes = target ?? new Uint8Array(length);
      this.#copyInto(bytes, length);
    }
    this.#onTaken();
    return bytes;
  }

  #add(piece: Uint8Array, own: (bytes: Uint8Array) => Uint8Array): void {
    if (this.#ended !== undefined || piece.length === 0) return;
    const rest = this.#fillPending(piece, own);
    if (rest.length === 0) return;
    if (rest.length < SHORT_BYTES && this.#pieces.length >= PIECES_MAX) this.#append(rest);
    else this.#pieces.push(own(rest));
    this.#waitingBytes += rest.length;
  }

  /** Adds a copy of a short piece, behind the last one in its memory where possible. */
  #append(piece: Uint8Array): void {
    let block = this.#block;
    if (block === undefined || block.length - this.#blockFilled < piece.length) {
      block = this.#block = new Uint8Array(BLOCK_BYTES);
      this.#blockFilled = 0;
    }
    block.set(piece, this.#blockFilled);
    this.#blockFilled += piece.length;
    const last = this.#pieces.at(-1);
    if (last?.buffer !== block.buffer)
      this.#pieces.push(block.subarray(this.#blockFilled - piece.length, this.#blockFilled));
    else this.#pieces[this.#pieces.length - 1] = block.subarray(last.byteOffset, this.#blockFilled);
  }

  /** Moves `length` waiting bytes to the start of `target`. */
  #copyInto(target: Uint8Array, length: number): void {
    let filled = 0;
    let used = 0;
    while (filled < length) {
      const piece = this.#pieces[used]!;
      const part = piece.length <= length - filled ? piece : piece.subarray(0, length - filled);
      target.set(part, filled);
      filled += part.length;
      if (part.length < piece.length) this.#pieces[used] = piece.subarray(part.length);
      else used++;
    }
    this.#pieces.splice(0, used);
    this.#waitingBytes -= length;
  }

  #dropFromFirst(first: Uint8Array, length: number): void {
    if (first.length === length) this.#pieces.shift();
    else this.#pieces[0] = first.subarray(length);
    this.#waitingBytes -= length;
  }

  /** Gives a waiting read its part of `piece`, and returns the rest. */
  #fillPending(piece: Uint8Array, own: (bytes: Uint8Array) => Uint8Array): Uint8Array {
    const pending = this.#pending;
    if (pending === undefined) return piece;
    const part = piece.subarray(0, pending.length - pending.filled);
    if (pending.target === undefined && part.length === pending.length) {
      this.#pending = undefined;
      pending.resolve(own(part));
    } else {
      pending.target ??= new Uint8Array(pending.length);
      pending.target.set(part, pending.filled);
      pending.filled += part.length;
      if (pending.filled === pending.length) {
        this.#pending = undefined;
        pending.resolve(pending.target);
      }
    }
    return piece.subarray(part.length);
  }

  #rejectPending(reason: () => Error): void {
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.reject(reason());
  }
}
