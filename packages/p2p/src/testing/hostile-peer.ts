import type { Connection, Stream } from "@libp2p/interface";
import { identify } from "@libp2p/identify";
import { tcp } from "@libp2p/tcp";
import { tls } from "@libp2p/tls";
import { yamux } from "@libp2p/yamux";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p } from "libp2p";
import type { Identity } from "../identity.ts";
import { quicTransport } from "../libp2p/quic-transport.ts";

const MIB = 1024 * 1024;
const STREAMS_MAX = 1_000_000;
const OPEN_TIMEOUT_MS = 5_000;
const IDLE_TIMEOUT_MS = 15_000;

/** For tests: a peer that speaks libp2p and keeps to none of a host's own limits and manners. */
export interface HostilePeer {
  readonly peerId: string;
  /** Connects to the first of these addresses. */
  dial(addresses: readonly string[]): Promise<HostileConnection>;
  close(): Promise<void>;
}

export interface HostileConnection {
  readonly connection: Connection;
  /** Opens `count` streams for `protocol` at once; those that are refused already are left out. */
  openStreams(protocol: string, count: number): Promise<readonly Stream[]>;
  /** Streams on which not even a protocol is named. */
  openBareStreams(count: number): Promise<readonly Stream[]>;
}

export async function createHostilePeer(identity: Identity): Promise<HostilePeer> {
  const libp2p = await createLibp2p({
    privateKey: identity.privateKey,
    addresses: { listen: [] },
    transports: [tcp(), quicTransport({ streamsPerConnectionMax: STREAMS_MAX, idleTimeoutMs: IDLE_TIMEOUT_MS })],
    connectionEncrypters: [tls()],
    streamMuxers: [
      yamux({
        maxInboundStreams: STREAMS_MAX,
        maxOutboundStreams: STREAMS_MAX,
        // What hosts begin with: a peer that begins with less cannot take their answers.
        streamOptions: { initialStreamWindowSize: 4 * MIB, maxStreamWindowSize: 16 * MIB },
      }),
    ],
    connectionGater: { denyDialMultiaddr: () => false },
    services: { identify: identify() },
  });
  return {
    peerId: identity.peerId,
    dial: async ([address]) => toHostileConnection(await libp2p.dial(multiaddr(address))),
    close: async () => {
      await libp2p.stop();
    },
  };
}

function toHostileConnection(connection: Connection): HostileConnection {
  // libp2p does not show the muxer of a connection to those who keep to its rules.
  const { muxer } = connection as unknown as { readonly muxer: { createStream(): Promise<Stream> } };
  return {
    connection,
    openStreams: (protocol, count) => {
      const signal = AbortSignal.timeout(OPEN_TIMEOUT_MS);
      return openMany(count, () => connection.newStream(protocol, { signal, maxOutboundStreams: STREAMS_MAX }));
    },
    openBareStreams: (count) => openMany(count, async () => muxer.createStream()),
  };
}

async function openMany(count: number, open: () => Promise<Stream>): Promise<readonly Stream[]> {
  const opened = await Promise.allSettled(Array.from({ length: count }, open));
  return opened.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
}
