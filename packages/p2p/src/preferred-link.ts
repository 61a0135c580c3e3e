import { AppError } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import { LRUCache } from "lru-cache";
import type { HostLogger } from "./host-logger.ts";
import type { PeerTarget } from "./peer-host.ts";
import type { LinkStream, OpenOptions, PeerLink } from "./peer-link.ts";
import type { TlsLink } from "./tls/tls-link.ts";

/** How long the fast lane is not tried where only the other one worked; twice as long when that is still so afterwards. */
const DETOUR_MS_MIN = 5_000;
const DETOUR_MS_MAX = 5 * 60_000;
const DETOURS_MAX = 1024;

interface Detour {
  readonly untilMs: number;
  readonly lengthMs: number;
}

/**
 * The fast lane where it reaches the peer, else the universal one.
 * @param links both have the same identity
 */
export function createPreferredLink(
  links: { readonly fast: TlsLink; readonly universal: PeerLink },
  deps: { readonly clock: Clock; readonly logger: HostLogger },
): PeerLink {
  const { clock, logger } = deps;
  const { fast, universal } = links;
  const detours = new LRUCache<string, Detour>({ max: DETOURS_MAX });
  const setDetour = (peerId: string, lengthMs: number): void => {
    detours.set(peerId, { untilMs: clock.monotonicMs() + lengthMs, lengthMs });
  };

  /** Where neither lane reaches the peer, both reasons are told: the first is mostly the one that matters. */
  const openOther = async (openUniversal: () => Promise<LinkStream>, first: AppError): Promise<LinkStream> => {
    try {
      return await openUniversal();
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== "NODE_UNREACHABLE") throw error;
      throw new AppError("NODE_UNREACHABLE", `${first.message}; and by libp2p: ${error.message}`, { cause: first });
    }
  };

  const open = async (target: PeerTarget, protocol: string, options: OpenOptions): Promise<LinkStream> => {
    const { peerId } = target;
    const last = detours.get(peerId);
    const isOnDetour = last !== undefined && clock.monotonicMs() < last.untilMs;
    if (isOnDetour || !fast.knows(target)) return universal.open(target, protocol, options);
    // One exchange finds out whether the fast lane is back; the others stay on the detour meanwhile.
    if (last !== undefined) setDetour(peerId, last.lengthMs);
    let stream: LinkStream;
    try {
      stream = await fast.open(target, protocol, options);
    } catch (error) {
      const isUnreachable = error instanceof AppError && error.code === "NODE_UNREACHABLE";
      if (options.signal.aborted || !isUnreachable) throw error;
      const other = await openOther(() => universal.open(target, protocol, options), error);
      logger.debug({ err: error, peer: peerId }, "the fast lane does not reach a peer that libp2p reaches");
      setDetour(peerId, last === undefined ? DETOUR_MS_MIN : Math.min(DETOUR_MS_MAX, 2 * last.lengthMs));
      return other;
    }
    detours.delete(peerId);
    return stream;
  };

  return {
    peerId: fast.peerId,
    addresses: () => [...fast.addresses(), ...universal.addresses()],
    open,
    listen: async (protocol, accept) => {
      await Promise.all([fast.listen(protocol, accept), universal.listen(protocol, accept)]);
    },
    setMembers: (peerIds) => {
      fast.setMembers(peerIds);
      universal.setMembers(peerIds);
    },
    close: async () => {
      await Promise.all([fast.close(), universal.close()]);
    },
  };
}
