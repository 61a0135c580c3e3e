import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import { multiaddr } from "@multiformats/multiaddr";
import type { HostLogger } from "./host-logger.ts";
import type { Identity } from "./identity.ts";
import { createLibp2pLink } from "./libp2p/libp2p-link.ts";
import { LIBP2P_LIMITS, type Libp2pLimits } from "./libp2p/libp2p-node.ts";
import { createLinkHost } from "./link-host.ts";
import type { PeerHost } from "./peer-host.ts";
import type { RequestRate } from "./request-rate.ts";

/** What one peer may ask of this host, over all protocols. */
const REQUEST_RATE: RequestRate = { perSecond: 2000, burst: 4000 };

export interface Libp2pHostDeps {
  readonly identity: Identity;
  readonly logger: HostLogger;
  readonly clock?: Clock;
}

export interface Libp2pHostOptions {
  /** Multiaddrs over TCP or QUIC, such as "/ip4/0.0.0.0/tcp/4001" and "/ip4/0.0.0.0/udp/4001/quic-v1". */
  readonly listen: readonly string[];
  /** What others are told instead of the addresses listened on. */
  readonly announce?: readonly string[] | undefined;
  /** Multiaddrs with peer id that are dialled at the start. */
  readonly bootstrap: readonly string[];
  /** Undefined: anyone may connect, until `setMembers`. */
  readonly members?: ReadonlySet<string> | undefined;
  readonly requestRate?: RequestRate;
  readonly limits?: Partial<Libp2pLimits>;
}

/**
 * A host over libp2p, listening when this resolves.
 * @throws AppError INVALID_CONFIG when an address is no multiaddr or cannot be listened on
 */
export async function createLibp2pHost(deps: Libp2pHostDeps, options: Libp2pHostOptions): Promise<PeerHost> {
  const { listen, announce = [], bootstrap, members } = options;
  for (const address of [...listen, ...announce, ...bootstrap]) requireMultiaddr(address);
  const limits = { ...LIBP2P_LIMITS, ...options.limits };
  const link = await createLibp2pLink(
    { logger: deps.logger },
    { identity: deps.identity, listen, announce, bootstrap, members, limits },
  );
  return createLinkHost(
    { link, logger: deps.logger, clock: deps.clock ?? systemClock },
    { members, requestRate: options.requestRate ?? REQUEST_RATE },
  );
}

function requireMultiaddr(text: string): void {
  try {
    multiaddr(text);
  } catch (error) {
    throw new AppError("INVALID_CONFIG", `"${text}" is no multiaddr; give one like /ip4/0.0.0.0/tcp/4001`, {
      cause: error,
    });
  }
}
