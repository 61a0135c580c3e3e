import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { identityOf } from "../testing/host-harness.ts";
import { AddressBook } from "./address-book.ts";
import { isLaneAddress, laneEndpoints, listeningAddresses, parseLaneAddress } from "./lane-addresses.ts";
import { LANE_ADDRESSES_MAX } from "./lane-hello.ts";

const { peerId } = identityOf("alice");
const other = identityOf("bob").peerId;

describe("an address of the fast lane", () => {
  it.each([
    ["/ip4/192.0.2.7/tcp/4003/tls", "192.0.2.7", 4003],
    [`/ip4/192.0.2.7/tcp/4003/tls/p2p/${peerId}`, "192.0.2.7", 4003],
    ["/ip6/2001:db8::7/tcp/4003/tls", "2001:db8::7", 4003],
    ["/dns4/node.example.org/tcp/443/tls", "node.example.org", 443],
    ["/dns6/node.example.org/tcp/443/tls", "node.example.org", 443],
    ["/dns/node.example.org/tcp/443/tls", "node.example.org", 443],
  ])("is %s", (text, host, port) => {
    expect(parseLaneAddress(text, peerId)).toEqual({ host, port });
  });

  it.each([
    "",
    "tls",
    "/tls",
    "/tcp/4003/tls",
    "/ip4/192.0.2.7/tcp/4003",
    "/ip4/192.0.2.7/udp/4003/quic-v1",
    "/ip4/192.0.2.7/udp/4003/tls",
    "/ip4/192.0.2.7/tcp/99999/tls",
    "/ip4/999.0.2.7/tcp/4003/tls",
    "/ip4/192.0.2.7/tcp/4003/tls/ws",
    "/dns4/node.example.org/tcp/443/tls/ws",
    `/ip4/192.0.2.7/tcp/4003/tls/p2p/${peerId}/p2p-circuit`,
    "/ip6zone/eth0/ip6/fe80::1/tcp/4003/tls",
    "https://192.0.2.7/tls",
  ])("is not %s", (text) => {
    expect(isLaneAddress(text)).toBe(false);
  });

  it("is not that of another peer", () => {
    const addresses = [`/ip4/192.0.2.7/tcp/1/tls/p2p/${other}`, "/ip4/192.0.2.8/tcp/2/tls"];
    expect(laneEndpoints(addresses, peerId).map(({ endpoint }) => endpoint.port)).toEqual([2]);
  });

  it("is told from any text", () => {
    const parts = fc.array(
      fc.constantFrom("ip4", "ip6", "dns", "192.0.2.7", "::1", "tcp", "4003", "tls", "p2p", peerId, "", "x"),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          parts.map((all) => `/${all.join("/")}`),
        ),
        (text) => {
          const endpoint = parseLaneAddress(text);
          if (endpoint !== undefined) expect([endpoint.host.length > 0, endpoint.port >= 0]).toEqual([true, true]);
        },
      ),
    );
  });
});

describe("where a socket listens", () => {
  it("is one address for each interface, of its own family alone", () => {
    const four = listeningAddresses({ host: "0.0.0.0", port: 4003 }, peerId);
    expect(four).toContain(`/ip4/127.0.0.1/tcp/4003/tls/p2p/${peerId}`);
    const six = listeningAddresses({ host: "::", port: 4003 }, peerId);
    for (const text of four) expect(text).toMatch(/^\/ip4\/(?!0\.0\.0\.0)/);
    for (const text of six) expect(text).toMatch(/^\/ip6\/(?!::\/|fe80)/);
    for (const text of [...four, ...six]) expect(isLaneAddress(text)).toBe(true);
  });

  it("is the address itself where it is one", () => {
    expect(listeningAddresses({ host: "::1", port: 1 }, peerId)).toEqual([`/ip6/::1/tcp/1/tls/p2p/${peerId}`]);
  });
});

describe("an address book", () => {
  const lane = (last: number): string => `/ip4/192.0.2.${last}/tcp/4003/tls`;

  it("takes what the caller gives before what is known, and only addresses of this lane", () => {
    const book = new AddressBook();
    book.add(peerId, [lane(1), "/ip4/192.0.2.1/tcp/4001", "nonsense"]);
    expect(book.addressesOf({ peerId, addresses: [] })).toEqual([lane(1)]);
    expect(book.addressesOf({ peerId, addresses: [lane(2)] })).toEqual([lane(2)]);
    expect(book.addressesOf({ peerId, addresses: ["/ip4/192.0.2.1/tcp/4001"] })).toEqual([]);
    expect(book.addressesOf({ peerId: other, addresses: [] })).toEqual([]);
  });

  it("puts other machines before the loopback, and what was of use last before all", () => {
    const book = new AddressBook();
    const addresses = ["/ip4/127.0.0.1/tcp/1/tls", "/ip6/::1/tcp/1/tls", lane(1), lane(2)];
    const target = { peerId, addresses };
    const inOrder = [lane(1), lane(2), "/ip4/127.0.0.1/tcp/1/tls", "/ip6/::1/tcp/1/tls"];
    expect(book.addressesOf(target)).toEqual(inOrder);
    book.reached(target, lane(2));
    expect(book.addressesOf(target)).toEqual([lane(2), lane(1), ...inOrder.slice(2)]);
    expect(book.addressesOf({ peerId, addresses: [lane(3)] })).toEqual([lane(3)]);
    book.add(peerId, [lane(4), lane(2)]);
    expect(book.addressesOf({ peerId, addresses: [] })).toEqual([lane(2), lane(4)]);
  });

  it("keeps no more than a few addresses of a peer", () => {
    const book = new AddressBook();
    const many = Array.from({ length: 200 }, (_, at) => lane(at));
    book.add(peerId, many);
    expect(book.addressesOf({ peerId, addresses: [] })).toHaveLength(LANE_ADDRESSES_MAX);
    expect(book.addressesOf({ peerId, addresses: many })).toHaveLength(LANE_ADDRESSES_MAX);
  });
});
