import { LRUCache } from "lru-cache";
import type { PeerTarget } from "../peer-host.ts";
import { isLaneAddress, loopbackLast } from "./lane-addresses.ts";
import { LANE_ADDRESSES_MAX } from "./lane-hello.ts";

const KNOWN_PEERS_MAX = 1024;

interface KnownPeer {
  readonly addresses: readonly string[];
  /** Where it answered last. */
  readonly reachedAt?: string | undefined;
}

/** Where peers were reached on the fast lane, or said that they can be. */
export class AddressBook {
  readonly #known = new LRUCache<string, KnownPeer>({ max: KNOWN_PEERS_MAX });

  add(peerId: string, addresses: readonly string[]): void {
    const usable = usableOf(addresses);
    if (usable.length > 0) this.#known.set(peerId, { ...this.#known.get(peerId), addresses: usable });
  }

  /** The peer answered at `address`, one of `addressesOf(target)`. */
  reached(target: PeerTarget, address: string): void {
    this.#known.set(target.peerId, { addresses: this.addressesOf(target), reachedAt: address });
  }

  /** Those that `target` gives, else those that are known: multiaddrs, the one that was of use last first. */
  addressesOf(target: PeerTarget): readonly string[] {
    const known = this.#known.get(target.peerId);
    const addresses = target.addresses.length > 0 ? usableOf(target.addresses) : (known?.addresses ?? []);
    const reachedAt = known?.reachedAt;
    if (reachedAt === undefined || !addresses.includes(reachedAt)) return addresses;
    return [reachedAt, ...addresses.filter((address) => address !== reachedAt)];
  }
}

/** By the list itself: a caller hands in the same one for every exchange, and parsing it costs more than all else. */
const usable = new WeakMap<readonly string[], readonly string[]>();

function usableOf(addresses: readonly string[]): readonly string[] {
  let found = usable.get(addresses);
  if (found === undefined) {
    found = loopbackLast(addresses.filter(isLaneAddress)).slice(0, LANE_ADDRESSES_MAX);
    usable.set(addresses, found);
  }
  return found;
}
