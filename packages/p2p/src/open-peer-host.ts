import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import { multiaddr } from "@multiformats/multiaddr";
import type { HostLogger } from "./host-logger.ts";
import type { Identity } from "./identity.ts";
import { createLibp2pLink } from "./libp2p/libp2p-link.ts";
import { createLinkHost } from "./link-host.ts";
import { LINK_LIMITS, type LinkLimits } from "./link-limits.ts";
import type { PeerHost } from "./peer-host.ts";
import type { PeerLink } from "./peer-link.ts";
import { createPreferredLink } from "./preferred-link.ts";
import type { RequestRate } from "./request-rate.ts";
import { isLaneAddress } from "./tls/lane-addresses.ts";
import { createTlsLink } from "./tls/tls-link.ts";

/** What one peer may ask of this host, over all protocols. */
const REQUEST_RATE: RequestRate = { perSecond: 2000, burst: 4000 };

export interface PeerHostDeps {
  readonly identity: Identity;
  readonly logger: HostLogger;
  readonly clock?: Clock;
}

export interface PeerHostOptions {
  /**
   * Multiaddrs of libp2p over TCP or QUIC, such as "/ip4/0.0.0.0/tcp/4001" and "/ip4/0.0.0.0/udp/4001/quic-v1", and of
   * the fast lane, such as "/ip4/0.0.0.0/tcp/4003/tls".
   */
  readonly listen: readonly string[];
  /** What others are told instead of the addresses listened on. */
  readonly announce?: readonly string[] | undefined;
  /** Multiaddrs with peer id that are dialled at the start. */
  readonly bootstrap: readonly string[];
  /** Undefined: anyone may connect, until `setMembers`. */
  readonly members?: ReadonlySet<string> | undefined;
  readonly requestRate?: RequestRate;
  readonly limits?: Partial<LinkLimits>;
}

/**
 * A host on both lanes, listening when this resolves: the fast one for peers that can be reached directly, libp2p for
 * all.
 * @throws AppError INVALID_CONFIG when an address is no multiaddr or cannot be listened on
 */
export async function openPeerHost(deps: PeerHostDeps, options: PeerHostOptions): Promise<PeerHost> {
  const { listen, announce = [], bootstrap } = options;
  for (const address of [...listen, ...announce, ...bootstrap]) requireMultiaddr(address);
  const clock = deps.clock ?? systemClock;
  const link = await openLanes({ ...deps, clock }, options);
  return createLinkHost(
    { link, logger: deps.logger, clock },
    { members: options.members, requestRate: options.requestRate ?? REQUEST_RATE },
  );
}

async function openLanes(
  deps: { readonly identity: Identity; readonly logger: HostLogger; readonly clock: Clock },
  options: PeerHostOptions,
): Promise<PeerLink> {
  const { identity, logger, clock } = deps;
  const { listen, announce = [], members } = options;
  const limits = { ...LINK_LIMITS, ...options.limits };
  const isUniversal = (address: string): boolean => !isLaneAddress(address);
  const fast = await createTlsLink(
    { identity, logger, clock },
    {
      listen: listen.filter(isLaneAddress),
      announce: announce.length === 0 ? undefined : announce.filter(isLaneAddress),
      members,
      limits,
    },
  );
  try {
    const universal = await createLibp2pLink(
      { logger },
      {
        identity,
        listen: listen.filter(isUniversal),
        announce: announce.filter(isUniversal),
        bootstrap: options.bootstrap.filter(isUniversal),
        members,
        limits,
      },
    );
    return createPreferredLink({ fast, universal }, { clock, logger });
  } catch (error) {
    await fast.close();
    throw error;
  }
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
