import { describe, expect, it } from "vitest";
import { identityOf } from "../testing/host-harness.ts";
import { parseAddresses, parsePeerId } from "./addresses.ts";

const peerId = identityOf("peer").peerId;
const other = identityOf("other").peerId;

function parsed(addresses: readonly string[]): string[] {
  return parseAddresses({ peerId, addresses }).map((address) => address.toString());
}

describe("addresses of a peer", () => {
  it("are tried in this order, the given one within each kind", () => {
    const relayed = `/ip4/10.0.0.9/tcp/1/p2p/${other}/p2p-circuit`;
    const addresses = [
      relayed,
      "/ip4/127.0.0.1/udp/1/quic-v1",
      "/ip4/10.0.0.1/udp/1/quic-v1",
      "/ip4/127.0.0.1/tcp/1",
      "/ip4/10.0.0.1/tcp/1",
      "/ip6/2001:db8::1/tcp/1",
      "/ip6/::1/tcp/1",
    ];
    const order = [4, 5, 3, 6, 2, 1, 0];
    expect(parsed(addresses)).toEqual(order.map((index) => `${addresses[index]}/p2p/${peerId}`));
  });

  it("leave out what is no address and what is another peer's", () => {
    const addresses = ["nonsense", "", `/ip4/10.0.0.1/tcp/1/p2p/${other}`, `/ip4/10.0.0.2/tcp/1/p2p/${peerId}`];
    expect(parsed(addresses)).toEqual([`/ip4/10.0.0.2/tcp/1/p2p/${peerId}`]);
  });

  it("are at most sixteen", () => {
    const addresses = Array.from({ length: 40 }, (_, index) => `/ip4/10.0.0.${index}/tcp/1`);
    expect(parsed(addresses)).toEqual(addresses.slice(0, 16).map((address) => `${address}/p2p/${peerId}`));
  });
});

it("what is no peer id cannot be reached", () => {
  expect(parsePeerId(peerId).toString()).toBe(peerId);
  expect(() => parsePeerId("nobody")).toThrow(expect.objectContaining({ code: "NODE_UNREACHABLE" }));
});
