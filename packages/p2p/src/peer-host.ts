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
  /** Aborted when the time limit passes, the connection ends or the host stops. */
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
  /** Answers a protocol. The stream is closed when `handler` resolves and aborted when it throws. */
  handle(protocol: string, handler: (exchange: Exchange) => Promise<void>, limits: HandlerLimits): Promise<void>;
  /**
   * Opens a stream for `protocol`, runs `run` on it and closes it.
   * @throws AppError NODE_UNREACHABLE (no connection), TIMEOUT, PROTOCOL_ERROR, or what `run` throws
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
