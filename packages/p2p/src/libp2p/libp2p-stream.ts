import { AppError } from "@commonhold/core/app-error.ts";
import { ReceiveQueue } from "@commonhold/wire/receive-queue.ts";
import {
  type Connection,
  type Stream,
  type StreamCloseEvent,
  type StreamMessageEvent,
  StreamResetError,
} from "@libp2p/interface";
import { type LinkStream, RELEASE_TIMEOUT_MS } from "../peer-link.ts";

const KIB = 1024;
/** Streams of one connection take turns after this many bytes. */
const WRITE_SLICE_BYTES = 256 * KIB;
/**
 * Unread bytes at which the sender is told to pause, and to go on. What is on its way then still arrives, at most
 * one window of the stream.
 */
const PAUSE_ABOVE_BYTES = 512 * KIB;
const RESUME_BELOW_BYTES = 256 * KIB;

/** A libp2p stream as a `ByteStream` with back-pressure in both directions. */
export class Libp2pStream implements LinkStream {
  readonly remotePeerId: string;
  readonly #stream: Stream;
  readonly #connection: Connection;
  readonly #received = new ReceiveQueue(() => this.#resumeWhenLow());
  readonly #lost = new AbortController();
  readonly #onClosed: () => void;
  #room: PromiseWithResolvers<void> | undefined;
  #failure: Error | undefined;
  #remoteEnded = false;
  #ending = false;
  #released: NodeJS.Timeout | undefined;

  /** @param onClosed called when both directions have ended */
  constructor(stream: Stream, connection: Connection, onClosed: () => void) {
    this.#stream = stream;
    this.#connection = connection;
    this.#onClosed = onClosed;
    this.remotePeerId = connection.remotePeer.toString();
    stream.addEventListener("message", (event) => this.#onMessage(event));
    stream.addEventListener("remoteCloseWrite", () => {
      this.#remoteEnded = true;
    });
    stream.addEventListener("end", () => this.#onEnd());
    stream.addEventListener("drain", () => this.#onDrain());
    stream.addEventListener("close", (event) => this.#onClose(event));
    this.#remoteEnded = stream.status === "open" && stream.remoteWriteStatus === "closed";
    if (stream.readableEnded) this.#onEnd();
    if (this.#isClosed()) {
      this.#fail(this.#lossOf(undefined));
      onClosed();
    }
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  read(length: number, target?: Uint8Array): Promise<Uint8Array> {
    return this.#received.read(length, target);
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let offset = 0; offset < bytes.length; offset += WRITE_SLICE_BYTES) {
      if (this.#failure !== undefined) throw this.#failure;
      try {
        this.#stream.send(bytes.subarray(offset, offset + WRITE_SLICE_BYTES));
      } catch (error) {
        throw this.#failure ?? this.#lossOf(error);
      }
      // Not stream.onDrain(): it keeps its first promise for ever, hence waits only once.
      while (this.#stream.writableNeedsDrain) {
        if (this.#failure !== undefined) throw this.#failure;
        this.#room ??= Promise.withResolvers();
        await this.#room.promise;
      }
    }
  }

  async closeWrite(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    this.#ending = true;
    try {
      await this.#stream.close();
    } catch (error) {
      throw this.#failure ?? this.#lossOf(error);
    }
  }

  abort(reason: Error): void {
    if (this.#failure === undefined) this.#failure = reason;
    this.#received.fail(() => reason);
    this.#room?.reject(reason);
    this.#room = undefined;
    this.#stream.abort(reason);
  }

  release(): void {
    if (this.#isClosed()) return;
    this.#received.fail(() => new AppError("INTERNAL", "a read was begun on a stream that is done with"));
    this.#released = setTimeout(
      () => this.abort(new AppError("TIMEOUT", "the peer did not end the stream")),
      RELEASE_TIMEOUT_MS,
    );
    this.#released.unref();
    this.#resume();
  }

  #onMessage(event: StreamMessageEvent): void {
    if (this.#released !== undefined) return;
    for (const piece of event.data instanceof Uint8Array ? [event.data] : event.data) {
      // Never a Buffer, whose methods differ from those of the class that it claims to be.
      this.#received.push(new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength));
    }
    if (this.#received.waitingBytes > PAUSE_ABOVE_BYTES && this.#stream.readStatus === "readable") this.#stream.pause();
  }

  /** There is nothing more to read; without an end by the peer the reason is told when the stream closes. */
  #onEnd(): void {
    if (!this.#remoteEnded) return;
    this.#received.end(
      () => new AppError("PROTOCOL_ERROR", `${this.remotePeerId} ended the stream before it had sent everything`),
    );
  }

  #onDrain(): void {
    // libp2p sends what it has queued in a microtask that it queued before this one runs on.
    this.#room?.resolve();
    this.#room = undefined;
  }

  #onClose(event: StreamCloseEvent): void {
    clearTimeout(this.#released);
    this.#onClosed();
    // What had come before the end may still be with libp2p.
    this.#resume();
    if (this.#failure !== undefined) return;
    // A connection that ends closes its streams without an error: only our own end and the peer's make it orderly.
    if (event.error === undefined && this.#remoteEnded && this.#ending) return;
    this.#fail(this.#lossOf(event.error));
  }

  #fail(reason: AppError): void {
    this.#failure = reason;
    this.#received.end(() => reason);
    this.#room?.reject(reason);
    this.#room = undefined;
    this.#lost.abort(reason);
  }

  #resumeWhenLow(): void {
    if (this.#received.waitingBytes < RESUME_BELOW_BYTES) this.#resume();
  }

  #resume(): void {
    if (this.#stream.readStatus !== "paused") return;
    try {
      this.#stream.resume();
    } catch {
      // It delivers what it holds before it tells the peer to go on, which fails when the peer has gone.
    }
  }

  #isClosed(): boolean {
    return this.#stream.status !== "open" && this.#stream.status !== "closing";
  }

  #lossOf(cause: unknown): AppError {
    const reset = this.#stream.status === "reset" || cause instanceof StreamResetError;
    return reset && this.#connection.status === "open"
      ? new AppError("PROTOCOL_ERROR", `${this.remotePeerId} gave the stream up`, { cause })
      : new AppError("NODE_UNREACHABLE", `the connection to ${this.remotePeerId} ended`, { cause });
  }
}
