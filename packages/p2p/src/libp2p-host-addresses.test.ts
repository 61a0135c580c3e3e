import { afterEach, describe, expect, it } from "vitest";
import { createLibp2pHost, type Libp2pHostOptions } from "./libp2p-host.ts";
import type { Exchange, PeerHost } from "./peer-host.ts";
import { identityOf, SILENT_LOGGER } from "./testing/libp2p-harness.ts";

const ANY_TCP = "/ip4/127.0.0.1/tcp/0";
const ANY_QUIC = "/ip4/127.0.0.1/udp/0/quic-v1";
const LIMITS = { timeoutMs: 5_000, concurrentPerPeerMax: 4, concurrentMax: 4 };
const hosts: PeerHost[] = [];

afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.stop(0)));
});

async function start(name: string, options: Partial<Libp2pHostOptions>): Promise<PeerHost> {
  const host = await createLibp2pHost(
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

describe("a libp2p host", () => {
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
