import type { TLSSocket } from "node:tls";
import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import { FrameWriter } from "./frame-writer.ts";
import { FRAME_TYPE, FrameParser, type FrameSink, type FrameType } from "./lane-frame.ts";
import { decodeHello, encodeHello } from "./lane-hello.ts";
import { connectionEnded, LaneStream, type StreamCarrier } from "./lane-stream.ts";

/** How long the peer gets to take the last bytes before the socket is destroyed. */
const GOODBYE_TIMEOUT_MS = 1_000;
/** Signs of life that a peer may ask for or give between two calls of `watch`. */
const SIGNS_MAX = 100;

export interface LaneConnectionEvents {
  /** The peer began an exchange. */
  onOpen(connection: LaneConnection, protocol: string, stream: LaneStream): void;
  /** An exchange is over, and the connection may carry the next. */
  onIdle(connection: LaneConnection): void;
  onClosed(connection: LaneConnection): void;
  /** The peer's first frame: the addresses it gives. */
  onHello(connection: LaneConnection, addresses: readonly string[]): void;
}

export interface WatchLimits {
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

/**
 * A TLS connection to a peer whose identity is known. It carries one exchange at a time, so that the flow control of
 * TCP is that of the exchange.
 */
export class LaneConnection implements StreamCarrier, FrameSink {
  readonly remotePeerId: string;
  /** Whether we dialled it. Only the side that did begins exchanges on it. */
  readonly dialled: boolean;
  readonly #socket: TLSSocket;
  readonly #events: LaneConnectionEvents;
  readonly #writer: FrameWriter;
  readonly #parser = new FrameParser(this);
  readonly #clock: Clock;
  readonly #ended = Promise.withResolvers<void>();
  #stream: LaneStream | undefined;
  #greeted = false;
  #reading = true;
  #closing = false;
  #receivedAtMs: number;
  /** Since when we could have heard the peer, and it has had a reason to be heard. */
  #listeningSinceMs = 0;
  #signs = 0;
  #onPong: (() => void) | undefined;

  constructor(
    socket: TLSSocket,
    peer: { readonly remotePeerId: string; readonly dialled: boolean; readonly clock: Clock },
    events: LaneConnectionEvents,
  ) {
    this.#socket = socket;
    this.#events = events;
    this.remotePeerId = peer.remotePeerId;
    this.dialled = peer.dialled;
    this.#clock = peer.clock;
    this.#writer = new FrameWriter(socket);
    this.#receivedAtMs = peer.clock.monotonicMs();
    socket.on("error", (error) => this.#onClosed(error));
    socket.on("close", () => {
      this.#onClosed(undefined);
      this.#ended.resolve();
    });
    socket.on("end", () => this.#onClosed(undefined));
    if (socket.destroyed) process.nextTick(() => this.#onClosed(undefined));
  }

  /** Whether it can carry a new exchange. */
  get isFree(): boolean {
    return this.#greeted && !this.#closing && this.#stream === undefined;
  }

  /** Resolves when the socket is closed. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Milliseconds since the peer was last heard. */
  get silentMs(): number {
    return this.#clock.monotonicMs() - this.#receivedAtMs;
  }

  /** Says who we are, as the first frame. */
  hello(addresses: readonly string[]): void {
    this.#writer.frame(FRAME_TYPE.hello, encodeHello(addresses));
  }

  /**
   * Begins an exchange on a free connection. The peer's refusal, if any, comes as the loss of the stream.
   * @throws AppError NODE_UNREACHABLE when the connection has ended
   */
  openStream(protocol: string): LaneStream {
    if (!this.isFree) throw connectionEnded(this.remotePeerId);
    this.#writer.frame(FRAME_TYPE.open, new TextEncoder().encode(protocol));
    return this.#begin();
  }

  /** Resolves with whether the peer answered in time. */
  async ping(timeoutMs: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), timeoutMs);
    this.#onPong = () => resolve(true);
    this.#writer.frame(FRAME_TYPE.ping);
    const answered = await promise;
    clearTimeout(timer);
    this.#onPong = undefined;
    return answered && !this.#closing;
  }

  /**
   * Called now and then: ends a connection that nobody uses. During an exchange it gives the peer a sign of life, asks
   * one that says nothing for the same, and gives up one that gives none. Unasked, since with much on its way to the
   * peer the question would not arrive in time.
   */
  watch(limits: WatchLimits): void {
    this.#signs = 0;
    if (this.#stream === undefined) {
      if (this.silentMs > limits.idleTimeoutMs) this.close(new AppError("NODE_UNREACHABLE", "nobody used it"));
      return;
    }
    const silentMs = Math.min(this.silentMs, this.#clock.monotonicMs() - this.#listeningSinceMs);
    // What we do not read cannot tell us anything.
    if (this.#reading && silentMs > limits.pingTimeoutMs) {
      this.close(new AppError("NODE_UNREACHABLE", `${this.remotePeerId} gave no sign of life`));
    } else if (!this.#writer.isBlocked) {
      this.#writer.frame(silentMs >= limits.pingIntervalMs ? FRAME_TYPE.ping : FRAME_TYPE.pong);
    }
  }

  /** @param bytes lent until the call returns @returns whether to go on reading */
  receive(bytes: Uint8Array): boolean {
    this.#receivedAtMs = this.#clock.monotonicMs();
    if (this.#closing) return true;
    try {
      this.#parser.push(bytes);
    } catch (error) {
      this.#stream?.onLost(error as AppError);
      this.giveUp();
    }
    return this.#reading;
  }

  onData(part: Uint8Array): void {
    if (this.#closing) return;
    if (this.#stream === undefined) throw new AppError("PROTOCOL_ERROR", "data came outside of an exchange");
    this.#stream.onData(part);
  }

  onFrame(type: Exclude<FrameType, 3>, payload: Uint8Array): void {
    if (this.#closing) return;
    if (!this.#greeted) {
      this.#greet(type, payload);
      return;
    }
    switch (type) {
      case FRAME_TYPE.open:
        return this.#accept(new TextDecoder().decode(payload));
      case FRAME_TYPE.end:
        if (this.#stream === undefined) throw new AppError("PROTOCOL_ERROR", "an exchange ended that was not begun");
        return this.#stream.onEnd();
      case FRAME_TYPE.reset:
        return this.close(new AppError("PROTOCOL_ERROR", `${this.remotePeerId} gave the stream up`));
      case FRAME_TYPE.ping:
        return this.#answerPing();
      case FRAME_TYPE.pong:
        this.#countSign();
        return this.#onPong?.();
      case FRAME_TYPE.hello:
        throw new AppError("PROTOCOL_ERROR", "a second hello came");
    }
  }

  writeData(bytes: Uint8Array): Promise<void> {
    return this.#writer.data(bytes);
  }

  writeEnd(): void {
    this.#writer.frame(FRAME_TYPE.end);
  }

  setReading(reading: boolean): void {
    this.#reading = reading;
    this.#listeningSinceMs = this.#clock.monotonicMs();
    if (reading) this.#socket.resume();
    else this.#socket.pause();
  }

  onEnded(): void {
    // An exchange that is over while the socket still refers to its memory is no orderly one.
    if (this.#writer.holdsLent) this.cut(connectionEnded(this.remotePeerId));
    this.#stream = undefined;
    if (!this.#closing) this.#events.onIdle(this);
  }

  giveUp(): void {
    if (this.#closing) return;
    this.#writer.frame(FRAME_TYPE.reset);
    this.#goodbye();
  }

  /** Ends the connection: an exchange on it is lost for `reason`. Never throws. */
  close(reason: AppError): void {
    this.#stream?.onLost(reason);
    this.#goodbye();
  }

  /** Ends the connection at once: nothing more is read or written. */
  cut(reason: AppError): void {
    this.close(reason);
    this.#socket.destroy();
  }

  /** Lets what was written last reach the peer, reads on meanwhile so that TCP does not reset it, then ends. */
  #goodbye(): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#stream = undefined;
    this.#onPong?.();
    this.#writer.flush();
    this.setReading(true);
    // With much on its way the peer gets no goodbye in time; and lent memory may soon hold what is not for this peer.
    if (this.#socket.writableNeedDrain || this.#writer.holdsLent) this.#socket.destroy();
    else {
      this.#socket.end();
      const timer = setTimeout(() => this.#socket.destroy(), GOODBYE_TIMEOUT_MS);
      timer.unref();
      this.#socket.once("close", () => clearTimeout(timer));
    }
    this.#events.onClosed(this);
  }

  #greet(type: FrameType, payload: Uint8Array): void {
    if (type !== FRAME_TYPE.hello) throw new AppError("PROTOCOL_ERROR", "the first frame is no hello");
    this.#greeted = true;
    this.#events.onHello(this, decodeHello(payload));
  }

  #answerPing(): void {
    this.#countSign();
    // What waits for the peer is a sign of life itself, and more must not wait than that.
    if (!this.#writer.isBlocked) this.#writer.frame(FRAME_TYPE.pong);
  }

  #countSign(): void {
    if (++this.#signs > SIGNS_MAX) throw new AppError("PROTOCOL_ERROR", "too many signs of life came");
  }

  #begin(): LaneStream {
    this.#listeningSinceMs = this.#clock.monotonicMs();
    return (this.#stream = new LaneStream(this));
  }

  #accept(protocol: string): void {
    if (this.dialled || this.#stream !== undefined) {
      throw new AppError("PROTOCOL_ERROR", "an exchange was begun where none can be");
    }
    this.#events.onOpen(this, protocol, this.#begin());
  }

  #onClosed(error: unknown): void {
    if (this.#closing) return;
    this.#stream?.onLost(connectionEnded(this.remotePeerId, error));
    this.#goodbye();
    this.#socket.destroy();
  }
}
