import type { Clock } from "@commonhold/core/clock.ts";
import type { Random } from "@commonhold/core/random.ts";
import type { Sleep } from "@commonhold/runtime/sleep.ts";
import type { Identity } from "@commonhold/p2p/identity.ts";
import { openPeerHost } from "@commonhold/p2p/open-peer-host.ts";
import type { PeerHost } from "@commonhold/p2p/peer-host.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import { systemRandom } from "@commonhold/runtime/system-random.ts";
import { systemSleep } from "@commonhold/runtime/system-sleep.ts";

export interface HostRequest {
  readonly identity: Identity;
  readonly logger: Logger;
  /** Multiaddrs. */
  readonly listen: readonly string[];
  /** Multiaddrs to tell in place of those seen; empty for none. */
  readonly announce: readonly string[];
  /** Multiaddrs of the coordinator. */
  readonly bootstrap: readonly string[];
  readonly members: ReadonlySet<string>;
}

/** What a node needs of the world around it. */
export interface NodeDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly sleep: Sleep;
  readonly fetch: typeof globalThis.fetch;
  readonly openHost: (request: HostRequest) => Promise<PeerHost>;
}

/** The real world. */
export function systemNodeDeps(): NodeDeps {
  return {
    clock: systemClock,
    random: systemRandom,
    sleep: systemSleep,
    fetch: globalThis.fetch,
    openHost: ({ identity, logger, ...options }) => openPeerHost({ identity, logger }, options),
  };
}
