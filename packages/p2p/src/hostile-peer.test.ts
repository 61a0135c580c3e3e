import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Exchange, HandlerLimits, PeerHost } from "./peer-host.ts";
import { createHostilePeer, type HostileConnection, type HostilePeer } from "./testing/hostile-peer.ts";
import { createHostHarness, identityOf } from "./testing/host-harness.ts";
import { ask, echo, MIB, ON_THE_WAY_MAX, OTHER_PROTOCOL, PROTOCOL } from "./testing/peer-host-context.ts";
import type { PeerHostHarness } from "./testing/peer-host-context.ts";
import { until } from "./testing/until.ts";

const STREAMS = 1000;
const LIMITS: HandlerLimits = { timeoutMs: 1500, concurrentPerPeerMax: 8, concurrentMax: 16 };

describe.each([
  ["TCP", "/ip4/127.0.0.1/tcp/0"],
  ["QUIC", "/ip4/127.0.0.1/udp/0/quic-v1"],
])("over %s, a peer that", (transport, listen) => {
  let harness: PeerHostHarness;
  let bob: PeerHost;
  let carol: PeerHost;
  let mallory: HostilePeer;
  let line: HostileConnection;

  beforeEach(async () => {
    harness = createHostHarness(listen);
    [bob, carol, mallory] = await Promise.all([
      harness.start("bob"),
      harness.start("carol"),
      createHostilePeer(identityOf("mallory")),
    ]);
    line = await mallory.dial(bob.addresses());
  });
  afterEach(async () => {
    await mallory.close();
    await harness.close();
  });

  /** A handler that waits for a byte; how many wait now, and how many did at most. */
  async function handleWaiting(): Promise<{ now: number; most: number }> {
    const waiting = { now: 0, most: 0 };
    const handler = async ({ stream }: Exchange): Promise<void> => {
      waiting.most = Math.max(waiting.most, ++waiting.now);
      try {
        await stream.write(await stream.read(1));
      } finally {
        waiting.now--;
      }
    };
    await bob.handle(PROTOCOL, handler, LIMITS);
    await bob.handle(OTHER_PROTOCOL, echo, LIMITS);
    return waiting;
  }

  it("opens a thousand streams and says nothing gets a few of them, for a while, and keeps nobody out", async () => {
    const waiting = await handleWaiting();
    const opening = line.openStreams(PROTOCOL, STREAMS);
    await until(() => waiting.now === LIMITS.concurrentPerPeerMax);
    const answers = await Promise.all([ask(carol, bob), ask(carol, bob, OTHER_PROTOCOL), ask(carol, bob)]);
    expect(answers).toEqual([7, 7, 7]);
    const silent = await opening;
    await until(() => silent.every((stream) => stream.status !== "open"));
    await until(() => waiting.now === 0);
    // The hostile peer's, and carol's two.
    expect(waiting.most).toBeLessThanOrEqual(LIMITS.concurrentPerPeerMax + 2);
    expect(await ask(carol, bob)).toBe(7);
  });

  // A QUIC stream on which nothing was said does not exist for the other side.
  const itOverTcp = transport === "TCP" ? it : () => {};
  itOverTcp("does not even name a protocol on its streams keeps nobody out", async () => {
    await handleWaiting();
    const bare = await line.openBareStreams(STREAMS);
    expect(await Promise.all([ask(carol, bob), ask(carol, bob, OTHER_PROTOCOL)])).toEqual([7, 7]);
    await until(() => bare.every((stream) => stream.status !== "open"));
    expect(await ask(carol, bob)).toBe(7);
  });

  it("asks and never reads the answer loses its streams in time, and its bytes are bounded until then", async () => {
    const written: number[] = [];
    const outcomes: unknown[] = [];
    const handler = async ({ stream }: Exchange): Promise<void> => {
      await stream.read(1);
      const turn = written.push(0) - 1;
      try {
        for (let slice = 0; slice < 64; slice++) {
          await stream.write(new Uint8Array(MIB));
          written[turn]! += MIB;
        }
      } catch (error) {
        outcomes.push(error);
        throw error;
      }
    };
    await bob.handle(PROTOCOL, handler, LIMITS);
    await bob.handle(OTHER_PROTOCOL, echo, LIMITS);
    const streams = await line.openStreams(PROTOCOL, 4);
    for (const stream of streams) {
      stream.pause();
      stream.send(Uint8Array.of(1));
    }
    await until(() => written.length === 4);
    expect(await ask(carol, bob, OTHER_PROTOCOL)).toBe(7);
    await until(() => outcomes.length === 4);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ code: "TIMEOUT" });
    expect(Math.max(...written)).toBeLessThan(ON_THE_WAY_MAX);
    expect(await ask(carol, bob, OTHER_PROTOCOL)).toBe(7);
  });
});
