import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PeerHost } from "../peer-host.ts";
import { createHostHarness } from "../testing/host-harness.ts";
import { ask, echo, MIB, options, type PeerHostHarness, PROTOCOL } from "../testing/peer-host-context.ts";
import { listenBetween, type RawListener } from "../testing/raw-lane.ts";
import { until } from "../testing/until.ts";

const ROUNDS = 5_000;
const AT_ONCE_MAX = 64;
const LIMITS = { timeoutMs: 20_000, concurrentPerPeerMax: 1000, concurrentMax: 1000 };

describe("the fast lane", () => {
  let harness: PeerHostHarness;
  let alice: PeerHost;
  let bob: PeerHost;
  let between: RawListener;
  let target: { readonly peerId: string; readonly addresses: readonly string[] };

  beforeEach(async () => {
    harness = createHostHarness("/ip4/127.0.0.1/tcp/0/tls", {
      requestRate: { perSecond: 1e6, burst: 1e6 },
      // Sixty-four handshakes at once take their time.
      limits: { addressDialTimeoutMs: 10_000 },
    });
    [alice, bob] = await Promise.all([harness.start("alice"), harness.start("bob")]);
    between = await listenBetween(Number(/tcp\/(\d+)/.exec(bob.addresses()[0]!)![1]), () => {});
    target = { peerId: bob.peerId, addresses: [`/ip4/127.0.0.1/tcp/${between.port}/tls`] };
  });
  afterEach(async () => {
    await harness.close();
    between.close();
  });

  /** What the process holds of each kind of resource, as "TCPSocketWrap" and "Timeout". */
  function held(kind: string): number {
    return process.getActiveResourcesInfo().filter((each) => each === kind).length;
  }

  it("carries thousands of exchanges one after the other on one connection, and holds no more after them", async () => {
    await bob.handle(PROTOCOL, echo, LIMITS);
    const { signal } = new AbortController();
    const exchange = async (): Promise<void> => {
      const answer = await alice.exchange(
        target,
        PROTOCOL,
        async ({ stream }) => {
          await stream.write(Uint8Array.of(7));
          return stream.read(1);
        },
        options({ signal }),
      );
      expect(answer[0]).toBe(7);
    };
    for (let round = 0; round < 50; round++) await exchange();
    const before = [held("TCPSocketWrap"), held("Timeout")];
    for (let round = 0; round < ROUNDS; round++) await exchange();
    expect(between.connections()).toBe(1);
    await until(() => held("TCPSocketWrap") <= before[0]! && held("Timeout") <= before[1]!);
  });

  it("carries as many at once as one peer may have, refuses more, and uses those connections again", async () => {
    let underWay = 0;
    const mayEnd = Promise.withResolvers<void>();
    await bob.handle(
      PROTOCOL,
      async (exchange) => {
        underWay++;
        await mayEnd.promise;
        await echo(exchange);
      },
      LIMITS,
    );
    const outcomes = Array.from({ length: 200 }, () =>
      ask(alice, target).catch((error: unknown) => (error as { readonly code: string }).code),
    );
    await until(() => underWay === AT_ONCE_MAX);
    mayEnd.resolve();
    const count = new Map<unknown, number>();
    for (const outcome of await Promise.all(outcomes)) count.set(outcome, (count.get(outcome) ?? 0) + 1);
    expect(Object.fromEntries(count)).toEqual({ 7: AT_ONCE_MAX, OVERLOADED: 200 - AT_ONCE_MAX });
    for (let round = 0; round < 5; round++) {
      await Promise.all(Array.from({ length: AT_ONCE_MAX }, () => ask(alice, target)));
    }
    expect(between.connections()).toBe(AT_ONCE_MAX);
  });

  it("gives the next exchange nothing of the last, though its answer was not read to the end", async () => {
    let turn = 0;
    await bob.handle(
      PROTOCOL,
      async ({ stream }) => {
        await stream.read(1);
        await stream.write(new Uint8Array(3 * MIB).fill(++turn));
      },
      LIMITS,
    );
    for (let round = 1; round <= 8; round++) {
      const first = await alice.exchange(
        target,
        PROTOCOL,
        async ({ stream }) => {
          await stream.write(Uint8Array.of(1));
          return new Set(await stream.read(MIB + 17));
        },
        options(),
      );
      expect([...first]).toEqual([round]);
    }
    // Ended in good order, each of them: what was not read was dropped, while the next may have gone on another.
    expect(between.connections()).toBeLessThan(8);
  });

  it("ends the connection with an exchange that is given up, and none other", async () => {
    let begun = 0;
    await bob.handle(
      PROTOCOL,
      async ({ stream }) => {
        begun++;
        await stream.write(await stream.read(1));
      },
      LIMITS,
    );
    await ask(alice, target);
    const controller = new AbortController();
    const run = async (): Promise<never> => new Promise(() => {});
    const lost = alice.exchange(target, PROTOCOL, run, options({ signal: controller.signal }));
    lost.catch(() => {});
    await until(() => begun === 2);
    const other = ask(alice, target);
    controller.abort();
    await expect(lost).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
    expect(await other).toBe(7);
    expect(await ask(alice, target)).toBe(7);
    expect(between.connections()).toBe(2);
  });

  it("carries bytes as they are, however fast they are read", async () => {
    const bytes = Uint8Array.from({ length: 2 * MIB }, (_, at) => (at * 31 + (at >> 8)) % 251);
    await bob.handle(
      PROTOCOL,
      async ({ stream }) => {
        await stream.read(1);
        for (let at = 0; at < bytes.length; at += 9_973) await stream.write(bytes.subarray(at, at + 9_973));
      },
      LIMITS,
    );
    const received = await alice.exchange(
      target,
      PROTOCOL,
      async ({ stream }) => {
        await stream.write(Uint8Array.of(1));
        const parts: Uint8Array[] = [];
        for (let left = bytes.length; left > 0; ) {
          const length = Math.min(left, 1 + ((left * 7) % 60_000));
          parts.push(await stream.read(length));
          left -= length;
          // So that more arrives than is asked for.
          await new Promise(setImmediate);
        }
        return Buffer.concat(parts);
      },
      options(),
    );
    expect(received.equals(bytes)).toBe(true);
  });
});
