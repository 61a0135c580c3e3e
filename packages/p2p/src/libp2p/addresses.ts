import { AppError } from "@commonhold/core/app-error.ts";
import type { Address, PeerId } from "@libp2p/interface";
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import { peerIdFromString } from "@libp2p/peer-id";
import type { PeerTarget } from "../peer-host.ts";
import { isLaneAddress } from "../tls/lane-addresses.ts";

/** Of what a peer announces, no more than this is tried. */
const ADDRESSES_MAX = 16;
/** A host and a port, at least. */
const PARTS_MIN = 2;
const LOOPBACK = /^\/(ip4\/127\.|ip6\/::1\/)/;

/** @throws AppError NODE_UNREACHABLE when it is no peer id */
export function parsePeerId(text: string): PeerId {
  try {
    return peerIdFromString(text);
  } catch (error) {
    throw new AppError("NODE_UNREACHABLE", `"${text}" is no peer id`, { cause: error });
  }
}

/** The well-formed addresses of `target` that are not another peer's, each with its peer id, the better ones first. */
export function parseAddresses(target: PeerTarget): Multiaddr[] {
  const addresses: Multiaddr[] = [];
  for (const text of target.addresses) {
    const address = parseAddress(text);
    if (address === undefined) continue;
    const complete = withPeerId(address, target.peerId);
    if (complete.getComponents().at(-1)?.value === target.peerId) addresses.push(complete);
  }
  return addresses.sort((a, b) => rank(a) - rank(b)).slice(0, ADDRESSES_MAX);
}

/** Dials in the order of `parseAddresses`. */
export function compareAddresses(a: Address, b: Address): -1 | 0 | 1 {
  return Math.sign(rank(a.multiaddr) - rank(b.multiaddr)) as -1 | 0 | 1;
}

/** Whether it goes over TCP, which costs a fraction of what QUIC does. */
export function isTcp(address: Multiaddr): boolean {
  return address.getComponents().some((component) => component.name === "tcp");
}

/** `address` with `/p2p/<peerId>` at its end. */
export function withPeerId(address: Multiaddr, peerId: string): Multiaddr {
  return address.getComponents().at(-1)?.name === "p2p" ? address : address.encapsulate(`/p2p/${peerId}`);
}

/** Direct before relayed, TCP before QUIC, other machines' own addresses before the loopback. */
function rank(address: Multiaddr): number {
  const text = address.toString();
  return (text.includes("/p2p-circuit") ? 4 : 0) + (isTcp(address) ? 0 : 2) + (LOOPBACK.test(text) ? 1 : 0);
}

/** Undefined for an address of another lane too. */
function parseAddress(text: string): Multiaddr | undefined {
  if (isLaneAddress(text)) return undefined;
  try {
    const address = multiaddr(text);
    return address.getComponents().length < PARTS_MIN ? undefined : address;
  } catch {
    return undefined;
  }
}
