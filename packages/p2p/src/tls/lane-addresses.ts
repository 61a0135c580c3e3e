import { isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";

/** Where a socket of the fast lane listens or is dialled. */
export interface LaneEndpoint {
  readonly host: string;
  readonly port: number;
}

const LOOPBACK = /^\/(ip4\/127\.|ip6\/::1\/)/;
const LANE_FORM = /\/tls(\/p2p\/[^/]+)?$/;
const HOST_NAMES = new Set(["ip4", "ip6", "dns", "dns4", "dns6"]);

/**
 * What `/ip4/192.0.2.7/tcp/4003/tls`, with or without `/p2p/…` at its end, means; undefined for any other text, or
 * for the address of another peer than `peerId`.
 */
export function parseLaneAddress(text: string, peerId?: string): LaneEndpoint | undefined {
  if (!LANE_FORM.test(text)) return undefined;
  let address: Multiaddr;
  try {
    address = multiaddr(text);
  } catch {
    return undefined;
  }
  const [host, tcp, tls, p2p, ...more] = address.getComponents();
  if (host === undefined || !HOST_NAMES.has(host.name) || tcp?.name !== "tcp" || tls?.name !== "tls") return undefined;
  if (more.length > 0 || (p2p !== undefined && p2p.name !== "p2p")) return undefined;
  if (p2p !== undefined && peerId !== undefined && p2p.value !== peerId) return undefined;
  return { host: host.value!, port: Number(tcp.value) };
}

/** Whether it is an address of this lane. */
export function isLaneAddress(text: string): boolean {
  return parseLaneAddress(text) !== undefined;
}

export interface AddressedEndpoint {
  readonly address: string;
  readonly endpoint: LaneEndpoint;
}

/** The endpoints among `addresses` that may be the peer's. */
export function laneEndpoints(addresses: readonly string[], peerId: string): readonly AddressedEndpoint[] {
  return addresses.flatMap((address) => {
    const endpoint = parseLaneAddress(address, peerId);
    return endpoint === undefined ? [] : [{ address, endpoint }];
  });
}

/** Addresses of other machines before those of the loopback. */
export function loopbackLast(addresses: readonly string[]): readonly string[] {
  return addresses.toSorted((a, b) => Number(LOOPBACK.test(a)) - Number(LOOPBACK.test(b)));
}

/** The multiaddrs of a socket that listens: one for each interface where it listens on all. */
export function listeningAddresses({ host, port }: LaneEndpoint, peerId: string): readonly string[] {
  return hostsOf(host).map((each) => `/${isIPv6(each) ? "ip6" : "ip4"}/${each}/tcp/${port}/tls/p2p/${peerId}`);
}

function hostsOf(host: string): readonly string[] {
  if (host !== "0.0.0.0" && host !== "::") return [host];
  const interfaces = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  // Link-local addresses mean nothing without the interface.
  const usable = interfaces.filter(({ family, address }) =>
    host === "::" ? family === "IPv6" && !/^fe80/i.test(address) : family === "IPv4",
  );
  return [...new Set(usable.map(({ address }) => address))];
}
