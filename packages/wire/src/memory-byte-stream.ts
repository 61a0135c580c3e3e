import { AppError } from "@commonhold/core/app-error.ts";
import type { ByteStream } from "@commonhold/core/byte-stream.ts";
import { ReceiveQueue } from "./receive-queue.ts";

/** Unread bytes at which a writer of the pair has to wait. */
export const MEMORY_STREAM_WINDOW_BYTES = 256 * 1024;

/** One end of a pair within this process. */
export interface MemoryByteStream extends ByteStream {
  /** Bytes that the other end wrote and this end has not read. */
  readonly waitingBytes: number;
  /** Resolves when both directions have ended: with nothing, or with what either end gave as the reason. */
  readonly closed: Promise<Error | undefined>;
  /** As if the peer had gone: both ends fail with `reason`, at once. */
  cut(reason: Error): void;
  /** Drops what waits and all that still comes, so that the other end can write to its end. */
  discard(): void;
}

class MemoryEnd implements MemoryByteStream {
  peer!: MemoryEnd;
  readonly closed: Promise<Error | undefined>;
  readonly #received: ReceiveQueue;
  readonly #windowBytes: number;
  readonly #resolveClosed: (reason: Error | undefined) => void;
  #room: PromiseWithResolvers<void> | undefined;
  #failure: Error | undefined;
  #writeEnded = false;
  #discarding = false;

  constructor(windowBytes: number) {
    this.#windowBytes = windowBytes;
    this.#received = new ReceiveQueue(() => this.peer.#onPeerRead());
    const closed = Promise.withResolvers<Error | undefined>();
    this.closed = closed.promise;
    this.#resolveClosed = closed.resolve;
  }

  get waitingBytes(): number {
    return this.#received.waitingBytes;
  }

  read(length: number, target?: Uint8Array): Promise<Uint8Array> {
    return this.#received.read(length, target);
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#writeEnded) throw new AppError("INTERNAL", "bytes were written after the end of the stream");
    if (!this.peer.#discarding) this.peer.#received.push(bytes);
    while (this.peer.waitingBytes >= this.#windowBytes) {
      this.#room ??= Promise.withResolvers();
      await this.#room.promise;
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  async closeWrite(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#writeEnded) return;
    this.#writeEnded = true;
    this.peer.#received.end(
      () => new AppError("PROTOCOL_ERROR", "the peer ended the stream before it had sent everything"),
    );
    if (!this.peer.#writeEnded) return;
    this.#resolveClosed(undefined);
    this.peer.#resolveClosed(undefined);
  }

  abort(reason: Error): void {
    this.#fail(reason);
    this.peer.#fail(new AppError("PROTOCOL_ERROR", "the peer gave the stream up", { cause: reason }), "keep received");
  }

  cut(reason: Error): void {
    this.#fail(reason);
    this.peer.#fail(reason);
  }

  discard(): void {
    this.#discarding = true;
    this.#received.fail(() => new AppError("INTERNAL", "a read was begun on a stream that is done with"));
    this.peer.#onPeerRead();
  }

  #fail(reason: Error, received: "drop received" | "keep received" = "drop received"): void {
    if (this.#failure !== undefined || (this.#writeEnded && this.peer.#writeEnded)) return;
    this.#failure = reason;
    if (received === "drop received") this.#received.fail(() => reason);
    else this.#received.end(() => reason);
    this.#room?.reject(reason);
    this.#room = undefined;
    this.#resolveClosed(reason);
  }

  #onPeerRead(): void {
    if (this.#room === undefined || this.peer.waitingBytes >= this.#windowBytes) return;
    this.#room.resolve();
    this.#room = undefined;
  }
}

/**
 * Two connected ends: what one writes the other reads, and a writer waits while `windowBytes` are unread.
 * For tests and for hosts within one process.
 */
export function createMemoryStreamPair(
  options: { readonly windowBytes?: number } = {},
): readonly [MemoryByteStream, MemoryByteStream] {
  const windowBytes = options.windowBytes ?? MEMORY_STREAM_WINDOW_BYTES;
  const left = new MemoryEnd(windowBytes);
  const right = new MemoryEnd(windowBytes);
  left.peer = right;
  right.peer = left;
  return [left, right];
}
