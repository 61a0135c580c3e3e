import { isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";

/** Where a socket of the fast lane listens or is dialled. */
export interface LaneEndpoint {
  readonly host: string;
  readonly port: number;
}

const LOOPBACK = /^(127\.|::1$)/;
const HOST_NAMES = new Set(["ip4", "ip6", "dns", "dns4", "dns6"]);

/**
 * What `/ip4/192.0.2.7/tcp/4003/tls`, with or without `/p2p/…` at its end, means; undefined for any other text, or
 * for the address of another peer than `peerId`.
 */
export function parseLaneAddress(text: string, peerId?: string): LaneEndpoint | undefined {
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

/** The endpoints among `addresses` that may be the peer's, other machines' before the loopback. */
export function laneEndpoints(addresses: readonly string[], peerId: string): readonly LaneEndpoint[] {
  const endpoints = addresses.flatMap((text) => parseLaneAddress(text, peerId) ?? []);
  return endpoints.toSorted((a, b) => Number(LOOPBACK.test(a.host)) - Number(LOOPBACK.test(b.host)));
}

/** The multiaddrs of a socket that listens: one for each interface where it listens on all. */
export function listeningAddresses({ host, port }: LaneEndpoint, peerId: string): readonly string[] {
  return hostsOf(host).map((each) => `/${isIPv6(each) ? "ip6" : "ip4"}/${each}/tcp/${port}/tls/p2p/${peerId}`);
}

function hostsOf(host: string): readonly string[] {
  if (host !== "0.0.0.0" && host !== "::") return [host];
  const interfaces = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  // Link-local addresses mean nothing without the interface.
  const usable = interfaces.filter(
    ({ family, address }) => family === "IPv4" || (host === "::" && !/^fe80/i.test(address)),
  );
  return [...new Set(usable.map(({ address }) => address))];
}
