import { AppError } from "@commonhold/core/app-error.ts";
import { ReceiveQueue } from "@commonhold/wire/receive-queue.ts";
import { type LinkStream, RELEASE_TIMEOUT_MS } from "../peer-link.ts";

const KIB = 1024;
/** Unread bytes at which the connection is no longer read, and is read again. */
const PAUSE_ABOVE_BYTES = 512 * KIB;
const RESUME_BELOW_BYTES = 256 * KIB;

/** What a stream needs of the connection that carries it. */
export interface StreamCarrier {
  readonly remotePeerId: string;
  writeData(bytes: Uint8Array): Promise<void>;
  writeEnd(): void;
  /** Stops or goes on reading. */
  setReading(reading: boolean): void;
  /** Both directions have ended: the connection is free. */
  onEnded(): void;
  /** Tells the peer that the exchange is given up, and ends the connection. */
  giveUp(): void;
}

/** One exchange on a connection of the fast lane. */
export class LaneStream implements LinkStream {
  readonly copiesWrites = true;
  readonly #carrier: StreamCarrier;
  readonly #received = new ReceiveQueue(() => this.#resumeWhenLow());
  readonly #lost = new AbortController();
  #failure: Error | undefined;
  #sentEnd = false;
  #receivedEnd = false;
  #paused = false;
  #released: NodeJS.Timeout | undefined;

  constructor(carrier: StreamCarrier) {
    this.#carrier = carrier;
  }

  get remotePeerId(): string {
    return this.#carrier.remotePeerId;
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  read(length: number, target?: Uint8Array): Promise<Uint8Array> {
    return this.#received.read(length, target);
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#sentEnd) throw new AppError("INTERNAL", "a write was begun after the end of the stream");
    try {
      await this.#carrier.writeData(bytes);
    } catch (error) {
      throw this.#failure ?? connectionEnded(this.remotePeerId, error);
    }
    // The cast: it may have been set meanwhile.
    if ((this.#failure as Error | undefined) !== undefined) throw this.#failure;
  }

  async closeWrite(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#sentEnd) return;
    this.#sentEnd = true;
    this.#carrier.writeEnd();
    this.#endIfBothEnded();
  }

  abort(reason: Error): void {
    if (this.#failure !== undefined || this.#isEnded()) return;
    this.#failure = reason;
    clearTimeout(this.#released);
    this.#received.fail(() => reason);
    this.#carrier.giveUp();
  }

  release(): void {
    if (this.#failure !== undefined || this.#isEnded()) return;
    this.#received.fail(() => new AppError("INTERNAL", "a read was begun on a stream that is done with"));
    this.#released = setTimeout(
      () => this.abort(new AppError("TIMEOUT", "the peer did not end the stream")),
      RELEASE_TIMEOUT_MS,
    );
    this.#released.unref();
    this.#setPaused(false);
  }

  /** @param part lent until the call returns @throws AppError PROTOCOL_ERROR after the end */
  onData(part: Uint8Array): void {
    if (this.#receivedEnd) throw new AppError("PROTOCOL_ERROR", "data came after the end of the stream");
    if (this.#released !== undefined) return;
    this.#received.pushLent(part);
    if (this.#received.waitingBytes > PAUSE_ABOVE_BYTES) this.#setPaused(true);
  }

  onEnd(): void {
    if (this.#receivedEnd) throw new AppError("PROTOCOL_ERROR", "the stream was ended twice");
    this.#receivedEnd = true;
    this.#received.end(
      () => new AppError("PROTOCOL_ERROR", `${this.remotePeerId} ended the stream before it had sent everything`),
    );
    this.#endIfBothEnded();
  }

  /** The peer gave the exchange up, or the connection ended; what came before can still be read. */
  onLost(reason: AppError): void {
    if (this.#failure !== undefined || this.#isEnded()) return;
    this.#failure = reason;
    clearTimeout(this.#released);
    this.#received.end(() => reason);
    this.#lost.abort(reason);
  }

  #isEnded(): boolean {
    return this.#sentEnd && this.#receivedEnd;
  }

  #endIfBothEnded(): void {
    if (!this.#isEnded()) return;
    clearTimeout(this.#released);
    this.#setPaused(false);
    this.#carrier.onEnded();
  }

  #resumeWhenLow(): void {
    if (this.#received.waitingBytes < RESUME_BELOW_BYTES) this.#setPaused(false);
  }

  #setPaused(paused: boolean): void {
    if (paused === this.#paused || (paused && this.#isEnded())) return;
    this.#paused = paused;
    this.#carrier.setReading(!paused);
  }
}

export function connectionEnded(peerId: string, cause?: unknown): AppError {
  return new AppError("NODE_UNREACHABLE", `the connection to ${peerId} ended`, cause === undefined ? {} : { cause });
}
