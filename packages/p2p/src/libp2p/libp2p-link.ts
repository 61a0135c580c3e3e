import { AppError } from "@commonhold/core/app-error.ts";
import type { Connection, Stream } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import type { HostLogger } from "../host-logger.ts";
import type { PeerLink } from "../peer-link.ts";
import { withPeerId } from "./addresses.ts";
import { type Libp2pNodeOptions, startLibp2pNode } from "./libp2p-node.ts";
import { Libp2pStream } from "./libp2p-stream.ts";
import { createStreamOpener } from "./stream-opener.ts";

/** How long peers get to receive the ends of streams before their connections are closed. */
const DRAIN_TIMEOUT_MS = 1_000;
const STOP_TIMEOUT_MS = 5_000;

export interface Libp2pLinkDeps {
  readonly logger: HostLogger;
}

export type Libp2pLinkOptions = Omit<Libp2pNodeOptions, "isMember"> & {
  readonly members: ReadonlySet<string> | undefined;
};

/** Starts libp2p as the link of a host. */
export async function createLibp2pLink(deps: Libp2pLinkDeps, options: Libp2pLinkOptions): Promise<PeerLink> {
  const { logger } = deps;
  const { peerId } = options.identity;
  let members = options.members;
  const isMember = (peer: string): boolean => members?.has(peer) ?? true;
  const { libp2p, listening } = await startLibp2pNode({ ...options, isMember });
  const streams = new OpenStreams();

  const cutUnlessMember = (connection: Connection): void => {
    const peer = connection.remotePeer.toString();
    if (isMember(peer)) return;
    logger.debug({ peer, address: connection.remoteAddr.toString() }, "connection to a non-member cut");
    connection.abort(new AppError("NOT_A_MEMBER", `${peer} is no member`));
  };
  // A handshake may have begun before the peer lost its membership.
  libp2p.addEventListener("connection:open", (event) => cutUnlessMember(event.detail));

  return {
    peerId,
    addresses: () => {
      const addresses = options.announce.length > 0 ? options.announce.map((text) => multiaddr(text)) : listening();
      return [...new Set(addresses.map((address) => withPeerId(address, peerId).toString()))];
    },
    open: createStreamOpener({
      libp2p,
      streamsPerConnectionMax: options.limits.streamsPerConnectionMax,
      wrap: (stream, connection) => streams.add(stream, connection),
    }),
    listen: async (protocol, accept) => {
      await libp2p.handle(protocol, (stream, connection) => accept(streams.add(stream, connection)), {
        maxInboundStreams: options.limits.streamsPerConnectionMax,
        maxOutboundStreams: options.limits.streamsPerConnectionMax,
      });
    },
    setMembers: (peerIds) => {
      members = peerIds;
      for (const connection of libp2p.getConnections()) cutUnlessMember(connection);
    },
    close: async () => {
      // libp2p destroys its sockets when it stops, and what was written last with them.
      await within(DRAIN_TIMEOUT_MS, streams.closed());
      const connections = libp2p.getConnections().map((connection) => connection.close().catch(() => {}));
      await within(DRAIN_TIMEOUT_MS, Promise.all(connections));
      if (!(await within(STOP_TIMEOUT_MS, Promise.resolve(libp2p.stop())))) {
        logger.warn({ timeoutMs: STOP_TIMEOUT_MS }, "libp2p did not stop in time");
      }
    },
  };
}

/** The streams that have not ended in both directions. */
class OpenStreams {
  #count = 0;
  #none: PromiseWithResolvers<void> | undefined;

  add(stream: Stream, connection: Connection): Libp2pStream {
    this.#count++;
    return new Libp2pStream(stream, connection, () => this.#onClosed());
  }

  /** Resolves when there are none. */
  async closed(): Promise<void> {
    if (this.#count === 0) return;
    this.#none ??= Promise.withResolvers();
    await this.#none.promise;
  }

  #onClosed(): void {
    this.#count--;
    if (this.#count === 0) this.#none?.resolve();
  }
}

/** Whether `work` ended in time. */
async function within(timeoutMs: number, work: Promise<unknown>): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => late.resolve(false), timeoutMs);
  try {
    return await Promise.race([work.then(() => true), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
