import { LRUCache } from "lru-cache";
import type { PeerTarget } from "../peer-host.ts";
import { isLaneAddress } from "./lane-addresses.ts";

const KNOWN_PEERS_MAX = 1024;
/** Of what a peer announces, no more than this is kept or tried. */
export const LANE_ADDRESSES_MAX = 16;

/** Where peers were reached on the fast lane, or said that they can be. */
export class AddressBook {
  readonly #known = new LRUCache<string, readonly string[]>({ max: KNOWN_PEERS_MAX });

  add(peerId: string, addresses: readonly string[]): void {
    const usable = addresses.filter(isLaneAddress).slice(0, LANE_ADDRESSES_MAX);
    if (usable.length > 0) this.#known.set(peerId, usable);
  }

  /** Those that `target` gives, else those that are known: multiaddrs. */
  addressesOf(target: PeerTarget): readonly string[] {
    const given = target.addresses.filter(isLaneAddress).slice(0, LANE_ADDRESSES_MAX);
    return given.length > 0 || target.addresses.length > 0 ? given : (this.#known.get(target.peerId) ?? []);
  }
}
