import { AppError } from "@commonhold/core/app-error.ts";
import { describe, expect, it } from "vitest";
import type { Exchange } from "./peer-host.ts";
import {
  ask,
  echo,
  LIMITS,
  never,
  options,
  OTHER_PROTOCOL,
  type Peers,
  PROTOCOL,
  target,
} from "./testing/peer-host-context.ts";
import { until } from "./testing/until.ts";

/** Who is reached and who is let in, how often, and until when. */
export function describeAccess(peers: Peers): void {
  describe("does not reach", () => {
    it("another peer than it was asked for, whatever the addresses say", async () => {
      await peers.bob.handle(PROTOCOL, echo, LIMITS);
      const peerId = peers.harness.peerId("nobody");
      const bare = peers.bob.addresses().map((address) => address.replace(/\/p2p\/.*/, ""));
      for (const addresses of [peers.bob.addresses(), bare, bare.map((address) => `${address}/p2p/${peerId}`)]) {
        await expect(ask(peers.alice, { peerId, addresses })).rejects.toMatchObject({ code: "NODE_UNREACHABLE" });
      }
    });

    it.each([
      ["no address", []],
      ["addresses that are none", ["", "http://example.org", "/ip4/999.1.1.1/tcp/x"]],
    ])("a peer with %s", async (_, addresses) => {
      await expect(ask(peers.alice, { peerId: peers.bob.peerId, addresses })).rejects.toMatchObject({
        code: "NODE_UNREACHABLE",
      });
    });

    it("itself", async () => {
      await expect(ask(peers.alice, peers.alice)).rejects.toMatchObject({ code: "NODE_UNREACHABLE" });
    });

    it("a peer that does not speak the protocol", async () => {
      await expect(ask(peers.alice, peers.bob)).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
    });

    it("a peer that has stopped", async () => {
      await peers.bob.handle(PROTOCOL, echo, LIMITS);
      await ask(peers.alice, peers.bob);
      const former = target(peers.bob);
      await peers.bob.stop(0);
      await expect(ask(peers.alice, former)).rejects.toMatchObject({ code: "NODE_UNREACHABLE" });
    });
  });

  it("reaches a peer again that has restarted elsewhere", async () => {
    await peers.bob.handle(PROTOCOL, echo, LIMITS);
    await ask(peers.alice, peers.bob);
    await peers.harness.vanish(peers.bob);
    const again = await peers.harness.start("bob");
    await again.handle(PROTOCOL, echo, LIMITS);
    expect(again.peerId).toBe(peers.bob.peerId);
    expect(await ask(peers.alice, again)).toBe(7);
  });

  describe("membership", () => {
    it("keeps strangers out, in and outward", async () => {
      const closed = await peers.harness.start("closed", { members: new Set([peers.bob.peerId]) });
      await Promise.all([peers.alice, peers.bob, closed].map((host) => host.handle(PROTOCOL, echo, LIMITS)));
      expect(await ask(peers.bob, closed)).toBe(7);
      expect(await ask(closed, peers.bob)).toBe(7);
      await expect(ask(peers.alice, closed)).rejects.toMatchObject({ code: "NODE_UNREACHABLE" });
      await expect(ask(closed, peers.alice)).rejects.toMatchObject({ code: "NODE_UNREACHABLE" });
    });

    it("cuts a member off that is one no longer, and lets it in again", async () => {
      let begun = 0;
      const outcomes: unknown[] = [];
      await peers.bob.handle(
        PROTOCOL,
        async ({ stream }) => {
          await stream.read(1);
          begun++;
          await stream.read(1).catch((error: unknown) => outcomes.push(error));
        },
        LIMITS,
      );
      await peers.bob.handle(OTHER_PROTOCOL, echo, LIMITS);
      const run = async ({ stream }: Exchange) => {
        await stream.write(Uint8Array.of(1));
        return stream.read(1);
      };
      const exchanges = Array.from({ length: 5 }, () =>
        peers.alice.exchange(target(peers.bob), PROTOCOL, run, options()),
      );
      for (const exchange of exchanges) exchange.catch((error: unknown) => outcomes.push(error));
      await until(() => begun === 5);
      await peers.bob.setMembers(new Set([peers.harness.peerId("carol")]));
      await until(() => outcomes.length === 10);
      for (const outcome of outcomes) {
        expect(["NODE_UNREACHABLE", "PROTOCOL_ERROR"]).toContain((outcome as AppError).code);
      }
      await expect(ask(peers.alice, peers.bob, OTHER_PROTOCOL)).rejects.toMatchObject({ code: "NODE_UNREACHABLE" });
      await peers.bob.setMembers(new Set([peers.alice.peerId]));
      expect(await ask(peers.alice, peers.bob, OTHER_PROTOCOL)).toBe(7);
    });
  });

  describe("limits", () => {
    it("the exchanges of one peer and of all", async () => {
      const carol = await peers.harness.start("carol");
      let underWay = 0;
      const mayEnd = Promise.withResolvers<void>();
      await peers.bob.handle(
        PROTOCOL,
        async (exchange) => {
          underWay++;
          await mayEnd.promise;
          await echo(exchange);
        },
        { ...LIMITS, concurrentPerPeerMax: 2, concurrentMax: 3 },
      );
      const first = [ask(peers.alice, peers.bob), ask(peers.alice, peers.bob)];
      await until(() => underWay === 2);
      await expect(ask(peers.alice, peers.bob)).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
      const second = ask(carol, peers.bob);
      await until(() => underWay === 3);
      await expect(ask(carol, peers.bob)).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
      mayEnd.resolve();
      expect(await Promise.all([...first, second])).toEqual([7, 7, 7]);
      expect(await ask(carol, peers.bob)).toBe(7);
    });

    it("free their place in time for the next exchange of a peer that has its answer", async () => {
      await peers.bob.handle(PROTOCOL, echo, { ...LIMITS, concurrentMax: 1 });
      const answers: number[] = [];
      for (let round = 0; round < 50; round++) answers.push(await ask(peers.alice, peers.bob));
      expect(answers).toEqual(Array(50).fill(7));
    });

    it("the rate of one peer", async () => {
      const slow = await peers.harness.start("slow", { requestRate: { perSecond: 0.001, burst: 3 } });
      await slow.handle(PROTOCOL, echo, LIMITS);
      await slow.handle(OTHER_PROTOCOL, echo, LIMITS);
      for (const protocol of [PROTOCOL, OTHER_PROTOCOL, PROTOCOL])
        expect(await ask(peers.alice, slow, protocol)).toBe(7);
      await expect(ask(peers.alice, slow, OTHER_PROTOCOL)).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
      expect(await ask(peers.bob, slow)).toBe(7);
    });
  });

  describe("stopping", () => {
    it("lets what is under way end and refuses what is new", async () => {
      let begun = false;
      const mayEnd = Promise.withResolvers<void>();
      await peers.bob.handle(
        PROTOCOL,
        async (exchange) => {
          begun = true;
          await mayEnd.promise;
          await echo(exchange);
        },
        LIMITS,
      );
      await peers.alice.handle(PROTOCOL, echo, LIMITS);
      const underWay = ask(peers.alice, peers.bob);
      await until(() => begun);
      const stopped = peers.bob.stop(10_000);
      expect(peers.bob.stop(10_000)).toBe(stopped);
      await expect(ask(peers.bob, peers.alice)).rejects.toMatchObject({ code: "SHUTTING_DOWN" });
      mayEnd.resolve();
      expect(await underWay).toBe(7);
      await stopped;
    });

    it("cuts what does not end in time", async () => {
      let begun = 0;
      let reason: unknown;
      const untilAborted = ({ signal }: Exchange): Promise<void> =>
        new Promise((_, reject) => {
          begun++;
          signal.addEventListener("abort", () => {
            reason = signal.reason;
            reject(signal.reason as Error);
          });
        });
      await peers.bob.handle(PROTOCOL, untilAborted, LIMITS);
      await peers.alice.handle(PROTOCOL, never, LIMITS);
      const served = ask(peers.alice, peers.bob).catch((error: unknown) => error);
      const asked = ask(peers.bob, peers.alice).catch((error: unknown) => error);
      await until(() => begun === 1);
      await peers.bob.stop(20);
      expect(reason).toMatchObject({ code: "SHUTTING_DOWN" });
      expect(await asked).toMatchObject({ code: "SHUTTING_DOWN" });
      expect(await served).toBeInstanceOf(AppError);
    });
  });
}
