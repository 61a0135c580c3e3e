import type { ByteStream } from "@commonhold/core/byte-stream.ts";

/** Whom to reach: a peer id and the multiaddrs it announced (may be empty when a connection is open already). */
export interface PeerTarget {
  readonly peerId: string;
  readonly addresses: readonly string[];
}

/** One request and its answer on a stream of their own. */
export interface Exchange {
  readonly stream: ByteStream;
  readonly remotePeerId: string;
  /** Aborted when the time limit passes, the peer gives the stream up, the connection ends or the host stops. */
  readonly signal: AbortSignal;
}

export interface ExchangeOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

export interface HandlerLimits {
  /** From the opening of the stream to its end. */
  readonly timeoutMs: number;
  /** Exchanges of this protocol under way at once, from one peer and in all; more are refused at once. */
  readonly concurrentPerPeerMax: number;
  readonly concurrentMax: number;
}

/** Moves bytes between peers and knows who they are; it does not know what the bytes mean. */
export interface PeerHost {
  readonly peerId: string;
  /** Multiaddrs at which this host can be dialled, with its peer id. */
  addresses(): readonly string[];
  /**
   * Answers a protocol. The stream is closed when `handler` resolves and aborted when it throws. More than the limits
   * or the request rate of a peer allow is refused by aborting the stream, before `handler` hears of it.
   */
  handle(protocol: string, handler: (exchange: Exchange) => Promise<void>, limits: HandlerLimits): Promise<void>;
  /**
   * Opens a stream for `protocol`, over an open connection if there is one that still answers, runs `run` on it and
   * closes it; aborts it when `run` throws.
   * @throws AppError NODE_UNREACHABLE (no stream could be opened, also when the time limit passed meanwhile, or the
   * connection ended), TIMEOUT (the limit passed afterwards), PROTOCOL_ERROR (the peer does not speak `protocol`,
   * refused the stream or gave it up), OVERLOADED (too many streams to this peer), SHUTTING_DOWN, the reason of
   * `options.signal` if that is an AppError and else CLIENT_CLOSED, or what `run` throws
   */
  exchange<T>(
    target: PeerTarget,
    protocol: string,
    run: (exchange: Exchange) => Promise<T>,
    options: ExchangeOptions,
  ): Promise<T>;
  /** Only these peers may connect from now on; open connections of others are cut. */
  setMembers(peerIds: ReadonlySet<string>): Promise<void>;
  /** Refuses new exchanges, lets those under way end within `graceMs`, closes. */
  stop(graceMs: number): Promise<void>;
}
