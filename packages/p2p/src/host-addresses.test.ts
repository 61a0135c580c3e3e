import { networkInterfaces } from "node:os";
import { afterEach, describe, expect, it } from "vitest";
import { openPeerHost, type PeerHostOptions } from "./open-peer-host.ts";
import type { Exchange, PeerHost } from "./peer-host.ts";
import { identityOf, SILENT_LOGGER } from "./testing/host-harness.ts";

const ANY_TCP = "/ip4/127.0.0.1/tcp/0";
const ANY_QUIC = "/ip4/127.0.0.1/udp/0/quic-v1";
const LIMITS = { timeoutMs: 5_000, concurrentPerPeerMax: 4, concurrentMax: 4 };
const hosts: PeerHost[] = [];

afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.stop(0)));
});

async function start(name: string, options: Partial<PeerHostOptions>): Promise<PeerHost> {
  const host = await openPeerHost(
    { identity: identityOf(name), logger: SILENT_LOGGER },
    { listen: [ANY_TCP], bootstrap: [], ...options },
  );
  hosts.push(host);
  return host;
}

function ask(from: PeerHost, peerId: string, addresses: readonly string[]): Promise<Uint8Array> {
  const run = async ({ stream }: Exchange): Promise<Uint8Array> => {
    await stream.write(Uint8Array.of(7));
    return stream.read(1);
  };
  const options = { signal: new AbortController().signal, timeoutMs: 10_000 };
  return from.exchange({ peerId, addresses }, "/echo", run, options);
}

describe("a host", () => {
  it("tells where it listens, on every interface for a wildcard", async () => {
    const host = await start("a", { listen: ["/ip4/0.0.0.0/tcp/0", ANY_QUIC] });
    const suffix = `/p2p/${host.peerId}`;
    const addresses = host.addresses();
    expect(addresses.every((address) => address.endsWith(suffix) && !address.includes("/0/"))).toBe(true);
    expect(addresses.filter((address) => address.startsWith("/ip4/127.0.0.1/"))).toHaveLength(2);
    expect(addresses.some((address) => address.includes("0.0.0.0"))).toBe(false);
    expect(addresses.some((address) => address.endsWith(`/quic-v1${suffix}`))).toBe(true);
  });

  it("tells what it shall announce instead", async () => {
    const host = await start("a", { announce: ["/dns4/node.example.org/tcp/4001"] });
    expect(host.addresses()).toEqual([`/dns4/node.example.org/tcp/4001/p2p/${host.peerId}`]);
  });

  it("is reached over either transport, also when the other address is dead", async () => {
    const [a, b] = await Promise.all([start("a", {}), start("b", { listen: [ANY_TCP, ANY_QUIC] })]);
    await b.handle("/echo", async ({ stream }) => stream.write(await stream.read(1)), LIMITS);
    const quic = b.addresses().filter((address) => address.includes("quic"));
    const tcp = b.addresses().filter((address) => address.includes("tcp"));
    expect([quic.length, tcp.length]).toEqual([1, 1]);
    expect(await ask(a, b.peerId, ["/ip4/127.0.0.1/tcp/1", ...quic])).toEqual(Uint8Array.of(7));
    await a.setMembers(new Set());
    await a.setMembers(new Set([b.peerId]));
    expect(await ask(a, b.peerId, ["/ip4/127.0.0.1/tcp/1", ...tcp])).toEqual(Uint8Array.of(7));
  });

  const hasIPv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1"));
  it.runIf(hasIPv6)("is reached over IPv6, on the same port as over IPv4, on either lane", async () => {
    const answer = async ({ stream }: Exchange): Promise<void> => stream.write(await stream.read(1));
    const a = await start("a", {});
    for (const lane of ["", "/tls"]) {
      const four = await start("four", { listen: [`/ip4/0.0.0.0/tcp/0${lane}`] });
      const port = /tcp\/(\d+)/.exec(four.addresses()[0]!)![1];
      const six = await start("six", { listen: [`/ip6/::/tcp/${port}${lane}`] });
      for (const host of [four, six]) await host.handle("/echo", answer, LIMITS);
      for (const address of six.addresses()) expect(address).toMatch(/^\/ip6\//);
      expect(await ask(a, six.peerId, [`/ip6/::1/tcp/${port}${lane}`])).toEqual(Uint8Array.of(7));
      expect(await ask(a, four.peerId, [`/ip4/127.0.0.1/tcp/${port}${lane}`])).toEqual(Uint8Array.of(7));
    }
  });

  it("connects to its bootstrap peers by itself", async () => {
    const a = await start("a", {});
    const b = await start("b", { bootstrap: a.addresses() });
    await b.handle("/echo", async ({ stream }) => stream.write(await stream.read(1)), LIMITS);
    const deadline = performance.now() + 10_000;
    let answer: Uint8Array | undefined;
    while (answer === undefined && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      answer = await ask(a, b.peerId, []).catch(() => undefined);
    }
    expect(answer).toEqual(Uint8Array.of(7));
  });

  it.each([
    ["no multiaddr", "127.0.0.1:4001"],
    ["a transport that it does not have", "/ip4/127.0.0.1/tcp/0/ws"],
  ])("does not start on %s", async (_, address) => {
    await expect(start("a", { listen: [address] })).rejects.toMatchObject({
      code: "INVALID_CONFIG",
      message: expect.stringContaining(address),
    });
  });

  it("does not start on a port that is taken", async () => {
    const a = await start("a", {});
    const taken = a.addresses()[0]!.replace(/\/p2p\/.*/, "");
    await expect(start("b", { listen: [taken] })).rejects.toMatchObject({
      code: "INVALID_CONFIG",
      message: expect.stringContaining(taken),
    });
  });
});
