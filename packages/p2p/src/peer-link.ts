import type { ByteStream } from "@commonhold/core/byte-stream.ts";
import type { PeerTarget } from "./peer-host.ts";

/** A stream as its link offers it to the host. */
export interface LinkStream extends ByteStream {
  readonly remotePeerId: string;
  /**
   * Aborted, with an AppError as its reason, when the peer resets the stream or the connection ends. What was
   * received before that can still be read.
   */
  readonly lost: AbortSignal;
  /**
   * For a stream whose work is done and whose write side is closed: drops what still arrives, and ends the stream if
   * the peer does not within a few seconds.
   */
  release(): void;
}

export interface OpenOptions {
  /** Gives the opening up. */
  readonly signal: AbortSignal;
  /** The time limit of the whole exchange, for deciding how long an old connection may stay silent. */
  readonly timeoutMs: number;
}

/** What a `PeerHost` needs of the network under it. */
export interface PeerLink {
  readonly peerId: string;
  addresses(): readonly string[];
  /**
   * A stream on which both sides have agreed on `protocol`.
   * @throws AppError NODE_UNREACHABLE, PROTOCOL_ERROR when the peer does not speak it, OVERLOADED when too many
   * streams to that peer are open
   */
  open(target: PeerTarget, protocol: string, options: OpenOptions): Promise<LinkStream>;
  /** Hands every stream that a peer opens for `protocol` to `accept`. */
  listen(protocol: string, accept: (stream: LinkStream) => void): Promise<void>;
  /** Only these peers may be connected; connections of others are cut. */
  setMembers(peerIds: ReadonlySet<string>): void;
  /** Ends all connections. */
  close(): Promise<void>;
}

/** How long `release` waits for the peer to end its side. */
export const RELEASE_TIMEOUT_MS = 5_000;
