import { noise } from "@chainsafe/libp2p-noise";
import { AppError } from "@commonhold/core/app-error.ts";
import { bootstrap } from "@libp2p/bootstrap";
import { identify } from "@libp2p/identify";
import type { ComponentLogger, Libp2p, Logger } from "@libp2p/interface";
import { ping } from "@libp2p/ping";
import { tcp } from "@libp2p/tcp";
import { tls } from "@libp2p/tls";
import { yamux } from "@libp2p/yamux";
import type { Multiaddr } from "@multiformats/multiaddr";
import { createLibp2p, type Libp2pOptions } from "libp2p";
import type { Identity } from "../identity.ts";
import type { LinkLimits } from "../link-limits.ts";
import { compareAddresses } from "./addresses.ts";
import { createMemberGate } from "./member-gate.ts";
import { quicTransport } from "./quic-transport.ts";

const MIB = 1024 * 1024;

/**
 * Flow control of yamux streams. A whole chunk fits into the window with which a stream begins, so that it takes one
 * round trip. This value is a part of the protocol: a peer that begins with less would reset the stream.
 */
const WINDOW_BYTES_INITIAL = 4 * MIB;
const WINDOW_BYTES_MAX = 16 * MIB;
/** A paused stream may receive one more window before its sender stops. */
const READ_BUFFER_BYTES_MAX = WINDOW_BYTES_MAX + MIB;

/** Where answers are slow in coming, the time limit of pings grows with them, up to so many times its setting. */
const PING_TIMEOUT_STRETCH = 2;

export interface Libp2pNodeOptions {
  readonly identity: Identity;
  readonly listen: readonly string[];
  readonly announce: readonly string[];
  readonly bootstrap: readonly string[];
  readonly limits: LinkLimits;
  readonly isMember: (peerId: string) => boolean;
}

/** A started libp2p node, and the addresses on which it listens. */
export interface Libp2pNode {
  readonly libp2p: Libp2p;
  readonly listening: () => readonly Multiaddr[];
}

/**
 * libp2p over TCP (TLS 1.3, Noise) and QUIC, apart from the public network: no DHT, no default bootstrap peers, no
 * resolution of /dnsaddr.
 * @throws AppError INVALID_CONFIG when it cannot listen
 */
export async function startLibp2pNode(options: Libp2pNodeOptions): Promise<Libp2pNode> {
  try {
    const libp2p = await createLibp2p(libp2pOptions(options));
    return { libp2p, listening: () => libp2p.services.listening.getAddrs() };
  } catch (error) {
    throw new AppError("INVALID_CONFIG", `libp2p cannot listen on ${options.listen.join(", ")}: try other addresses`, {
      cause: error,
    });
  }
}

/** libp2p makes a logger for every stream, which costs more than all it has to say; `DEBUG=libp2p:*` brings it back. */
const SILENT_LOGGER: Logger = Object.assign(() => {}, {
  error: () => {},
  trace: () => {},
  enabled: false,
  newScope: () => SILENT_LOGGER,
});
const SILENT_LOGGING: { readonly logger?: ComponentLogger } =
  process.env["DEBUG"] === undefined ? { logger: { forComponent: () => SILENT_LOGGER } } : {};

interface Listening extends Record<string, unknown> {
  readonly listening: { getAddrs(): Multiaddr[] };
}

function libp2pOptions(options: Libp2pNodeOptions): Libp2pOptions<Listening> {
  const { limits } = options;
  // Pings that wait for their answer overlap; one beyond the limit of their protocol would end the connection early.
  const pingsMax = Math.ceil((PING_TIMEOUT_STRETCH * limits.pingTimeoutMs) / limits.pingIntervalMs) + 1;
  return {
    ...SILENT_LOGGING,
    privateKey: options.identity.privateKey,
    nodeInfo: { name: "commonhold", userAgent: "commonhold" },
    addresses: { listen: [...options.listen], announce: [...options.announce] },
    transports: [
      tcp(),
      quicTransport({
        streamsPerConnectionMax: limits.streamsPerConnectionMax,
        idleTimeoutMs: limits.pingTimeoutMs,
      }),
    ],
    connectionEncrypters: [tls(), noise()],
    streamMuxers: [
      yamux({
        maxInboundStreams: limits.streamsPerConnectionMax,
        maxOutboundStreams: limits.streamsPerConnectionMax,
        // A peer may open all its streams before this side has finished opening the connection.
        maxEarlyStreams: limits.streamsPerConnectionMax,
        streamOptions: {
          initialStreamWindowSize: WINDOW_BYTES_INITIAL,
          maxStreamWindowSize: WINDOW_BYTES_MAX,
          maxReadBufferLength: READ_BUFFER_BYTES_MAX,
        },
      }),
    ],
    connectionGater: createMemberGate(options.isMember),
    connectionManager: {
      maxConnections: limits.connectionsMax,
      maxIncomingPendingConnections: limits.pendingConnectionsMax,
      inboundConnectionThreshold: limits.inboundConnectionsPerSecondMax,
      dialTimeout: limits.dialTimeoutMs,
      addressDialTimeout: limits.addressDialTimeoutMs,
      inboundUpgradeTimeout: limits.dialTimeoutMs,
      inboundStreamProtocolNegotiationTimeout: limits.addressDialTimeoutMs,
      outboundStreamProtocolNegotiationTimeout: limits.addressDialTimeoutMs,
      addressSorter: compareAddresses,
      resolvers: {},
    },
    connectionMonitor: {
      pingInterval: limits.pingIntervalMs,
      pingTimeout: { minTimeout: limits.pingTimeoutMs, maxTimeout: PING_TIMEOUT_STRETCH * limits.pingTimeoutMs },
    },
    peerDiscovery: options.bootstrap.length === 0 ? [] : [bootstrap({ list: [...options.bootstrap] })],
    services: {
      identify: identify(),
      ping: ping({ maxInboundStreams: pingsMax, maxOutboundStreams: pingsMax }),
      // libp2p's own list leaves public addresses out until others have confirmed them.
      listening: ({ transportManager }) => ({ getAddrs: () => transportManager.getAddrs() }),
    },
  };
}
