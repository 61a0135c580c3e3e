import { AppError } from "@commonhold/core/app-error.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { requestStoreChunk, serveStoreChunk } from "@commonhold/wire/exchanges/store-chunk.ts";
import { SEALED_LENGTH_MAX } from "@commonhold/wire/protocols.ts";
import { describe, expect, it } from "vitest";
import type { Exchange } from "./peer-host.ts";
import {
  ask,
  echo,
  LIMITS,
  MIB,
  never,
  ON_THE_WAY_MAX,
  options,
  OTHER_PROTOCOL,
  type Peers,
  PROTOCOL,
  readSlices,
  target,
  writeSlices,
} from "./testing/peer-host-context.ts";
import { until, untilSteady } from "./testing/until.ts";

/** What becomes of exchanges, of their bytes and of their ends. */
export function describeExchanges(peers: Peers): void {
  describe("exchanges", () => {
    it("carry a request and its answer, and each side knows the other", async () => {
      const seen: string[] = [];
      await peers.bob.handle(
        PROTOCOL,
        async ({ stream, remotePeerId }) => {
          seen.push(remotePeerId);
          const question = await stream.read(5);
          await stream.write(question.toReversed());
        },
        LIMITS,
      );
      const answer = await peers.alice.exchange(
        target(peers.bob),
        PROTOCOL,
        async ({ stream, remotePeerId }) => {
          seen.push(remotePeerId);
          await stream.write(Uint8Array.of(1, 2, 3, 4, 5));
          return [...(await stream.read(5))];
        },
        options(),
      );
      expect(answer).toEqual([5, 4, 3, 2, 1]);
      expect(seen.toSorted()).toEqual([peers.alice.peerId, peers.bob.peerId].toSorted());
    });

    it("run at once on streams of their own", async () => {
      await peers.bob.handle(PROTOCOL, echo, LIMITS);
      const answers = await Promise.all(Array.from({ length: 40 }, () => ask(peers.alice, peers.bob)));
      expect(answers).toEqual(Array(40).fill(7));
    });

    it("go both ways over one connection: the second needs no address", async () => {
      await Promise.all([peers.alice.handle(PROTOCOL, echo, LIMITS), peers.bob.handle(PROTOCOL, echo, LIMITS)]);
      await ask(peers.alice, peers.bob);
      expect(await ask(peers.bob, { peerId: peers.alice.peerId, addresses: [] })).toBe(7);
    });

    it("end each direction for itself", async () => {
      let read: unknown;
      await peers.bob.handle(
        PROTOCOL,
        async ({ stream }) => {
          await stream.read(1);
          read = await stream.read(1).catch((error: unknown) => error);
          await stream.write(Uint8Array.of(9));
        },
        LIMITS,
      );
      const answer = await peers.alice.exchange(
        target(peers.bob),
        PROTOCOL,
        async ({ stream }) => {
          await stream.write(Uint8Array.of(1));
          await stream.closeWrite();
          return (await stream.read(1))[0];
        },
        options(),
      );
      expect(answer).toBe(9);
      expect(read).toMatchObject({ code: "PROTOCOL_ERROR" });
    });

    it("end for the reader when the handler is done", async () => {
      await peers.bob.handle(PROTOCOL, ({ stream }) => stream.write(Uint8Array.of(1, 2)), LIMITS);
      const run = ({ stream }: Exchange): Promise<Uint8Array> => stream.read(3);
      await expect(peers.alice.exchange(target(peers.bob), PROTOCOL, run, options())).rejects.toMatchObject({
        code: "PROTOCOL_ERROR",
      });
    });
  });

  describe("back-pressure", () => {
    it("stops a requester whose 64 MiB the handler does not read yet", async () => {
      let begun = 0;
      const mayRead = Promise.withResolvers<void>();
      await peers.bob.handle(
        PROTOCOL,
        async ({ stream }) => {
          await mayRead.promise;
          await readSlices(stream, 64);
          await stream.write(Uint8Array.of(1));
        },
        LIMITS,
      );
      const done = peers.alice.exchange(
        target(peers.bob),
        PROTOCOL,
        async ({ stream }) => {
          await writeSlices(stream, 64, (slices) => {
            begun = slices;
          });
          return (await stream.read(1))[0];
        },
        options(),
      );
      await until(() => begun > 0);
      await untilSteady(() => begun);
      expect(begun * MIB).toBeLessThan(ON_THE_WAY_MAX);
      mayRead.resolve();
      expect(await done).toBe(1);
      expect(begun).toBe(64);
    });

    it("stops a handler whose 64 MiB the requester does not read yet", async () => {
      let begun = 0;
      await peers.bob.handle(
        PROTOCOL,
        ({ stream }) =>
          writeSlices(stream, 64, (slices) => {
            begun = slices;
          }),
        LIMITS,
      );
      await peers.alice.exchange(
        target(peers.bob),
        PROTOCOL,
        async ({ stream }) => {
          await until(() => begun > 0);
          await untilSteady(() => begun);
          expect(begun * MIB).toBeLessThan(ON_THE_WAY_MAX);
          await readSlices(stream, 64);
        },
        options(),
      );
      expect(begun).toBe(64);
    });

    it("lets an early refusal through while the body is being sent", async () => {
      const authorise = () => {
        throw new AppError("INVALID_GRANT", "no");
      };
      await peers.bob.handle(
        PROTOCOL,
        ({ stream }) => serveStoreChunk(stream, { authorise, store: async () => ({ alreadyHeld: false }) }),
        LIMITS,
      );
      const request = {
        grant: { $typeName: "commonhold.v1.SignedGrant", grant: new Uint8Array(9), signature: new Uint8Array(9) },
        chunkName: "ab".repeat(32) as ChunkName,
        sealed: new Uint8Array(SEALED_LENGTH_MAX),
      } as const;
      for (let round = 0; round < 5; round++) {
        const run = ({ stream }: Exchange) => requestStoreChunk(stream, request);
        await expect(peers.alice.exchange(target(peers.bob), PROTOCOL, run, options())).rejects.toMatchObject({
          code: "INVALID_GRANT",
        });
      }
    });
  });

  describe("ends before the time", () => {
    /** A handler that answers nothing, and what became of its exchange. */
    async function handleSilently(limits = LIMITS): Promise<{ begun: number; outcome: unknown; reason: unknown }> {
      const seen = { begun: 0, outcome: undefined as unknown, reason: undefined as unknown };
      await peers.bob.handle(
        PROTOCOL,
        async ({ stream, signal }) => {
          signal.addEventListener("abort", () => {
            seen.reason = signal.reason;
          });
          await stream.read(1);
          seen.begun++;
          seen.outcome = await stream.read(MIB).catch((error: unknown) => error);
        },
        limits,
      );
      await peers.bob.handle(OTHER_PROTOCOL, echo, LIMITS);
      return seen;
    }

    const askInVain = async ({ stream }: Exchange): Promise<Uint8Array> => {
      await stream.write(Uint8Array.of(1));
      return stream.read(1);
    };

    it("by the caller's signal, and the connection lives on", async () => {
      const seen = await handleSilently();
      const controller = new AbortController();
      const exchange = peers.alice.exchange(
        target(peers.bob),
        PROTOCOL,
        askInVain,
        options({ signal: controller.signal }),
      );
      exchange.catch(() => {});
      await until(() => seen.begun === 1);
      const reason = new AppError("OVERLOADED", "no longer wanted");
      controller.abort(reason);
      await expect(exchange).rejects.toBe(reason);
      await until(() => seen.outcome instanceof AppError);
      expect(await ask(peers.alice, { peerId: peers.bob.peerId, addresses: [] }, OTHER_PROTOCOL)).toBe(7);
    });

    it("by a signal that was aborted already", async () => {
      const seen = await handleSilently();
      const exchange = peers.alice.exchange(
        target(peers.bob),
        PROTOCOL,
        askInVain,
        options({ signal: AbortSignal.abort() }),
      );
      await expect(exchange).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
      expect(seen.begun).toBe(0);
    });

    it("by the time limit of the caller, even if nothing listens to it", async () => {
      const seen = await handleSilently();
      const run = async (exchange: Exchange) => {
        await exchange.stream.write(Uint8Array.of(1));
        await until(() => seen.begun === 1);
        return never();
      };
      const exchange = peers.alice.exchange(target(peers.bob), PROTOCOL, run, options({ timeoutMs: 1000 }));
      await expect(exchange).rejects.toMatchObject({ code: "TIMEOUT" });
      await until(() => seen.outcome instanceof AppError);
    });

    it("by the time limit of the handler", async () => {
      const seen = await handleSilently({ ...LIMITS, timeoutMs: 500 });
      await expect(peers.alice.exchange(target(peers.bob), PROTOCOL, askInVain, options())).rejects.toMatchObject({
        code: "PROTOCOL_ERROR",
      });
      expect(seen.reason).toMatchObject({ code: "TIMEOUT" });
      await until(() => seen.outcome === seen.reason);
    });

    it("by what the caller throws, which it gets back as it was", async () => {
      const seen = await handleSilently();
      const bug = new TypeError("a bug");
      const run = async ({ stream }: Exchange) => {
        await stream.write(Uint8Array.of(1));
        await until(() => seen.begun === 1);
        throw bug;
      };
      await expect(peers.alice.exchange(target(peers.bob), PROTOCOL, run, options())).rejects.toBe(bug);
      await until(() => seen.outcome instanceof AppError);
    });

    it("by what the handler throws", async () => {
      await peers.bob.handle(PROTOCOL, () => Promise.reject(new TypeError("a bug")), LIMITS);
      await peers.bob.handle(OTHER_PROTOCOL, echo, LIMITS);
      await expect(peers.alice.exchange(target(peers.bob), PROTOCOL, askInVain, options())).rejects.toMatchObject({
        code: "PROTOCOL_ERROR",
      });
      expect(await ask(peers.alice, peers.bob, OTHER_PROTOCOL)).toBe(7);
    });

    it("by the peer's vanishing", async () => {
      const seen = await handleSilently();
      const exchange = peers.alice.exchange(target(peers.bob), PROTOCOL, askInVain, options());
      exchange.catch(() => {});
      await until(() => seen.begun === 1);
      await peers.harness.vanish(peers.bob);
      const error = await exchange.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(AppError);
      expect(["NODE_UNREACHABLE", "PROTOCOL_ERROR"]).toContain((error as AppError).code);
    });
  });
}
