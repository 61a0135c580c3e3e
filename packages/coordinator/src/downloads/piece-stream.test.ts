import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { BufferPool, type BufferLease } from "@commonhold/runtime/buffer-pool.ts";
import { describe, expect, it } from "vitest";
import { PieceStream } from "./piece-stream.ts";

const BYTES = 4096;

/** A sink that holds on to what it is given until it is told to go on, then looks at it once more. */
function slowSink(goOn: () => Promise<void>) {
  const got: Buffer[] = [];
  const sink = new Writable({
    highWaterMark: 1,
    write: (bytes: Buffer, _, done) => {
      void goOn().then(() => {
        got.push(Buffer.from(bytes));
        done();
      });
    },
  });
  return { sink, got };
}

async function* pieces(pool: BufferPool, counts: { readonly from: number; readonly to: number }, given: BufferLease[]) {
  for (let number = counts.from; number < counts.to; number++) {
    const piece = pool.lease(BYTES);
    piece.bytes.fill(number);
    given.push(piece);
    await new Promise(setImmediate);
    yield piece;
  }
}

async function firstOf(rest: AsyncGenerator<BufferLease, void, void>): Promise<BufferLease> {
  return (await rest.next()).value as BufferLease;
}

describe("a stream of pieces", () => {
  it.each([
    ["at once", () => Promise.resolve()],
    ["in the next turn", () => new Promise<void>((resolve) => setImmediate(resolve))],
    ["a little later", () => new Promise<void>((resolve) => setTimeout(resolve, 1))],
  ])("uses memory again only after it was sent, to a sink that writes %s", async (_, goOn) => {
    const given: BufferLease[] = [];
    const rest = pieces(new BufferPool({ bufferBytes: BYTES, idleMax: 8 }), { from: 0, to: 60 }, given);
    const { sink, got } = slowSink(goOn);
    new PieceStream(await firstOf(rest), rest, sink).pipe(sink);
    await finished(sink);
    const all = Buffer.concat(got);
    expect(all.length).toBe(60 * BYTES);
    for (let number = 0; number < 60; number++) {
      expect(all.subarray(number * BYTES, (number + 1) * BYTES).every((byte) => byte === number)).toBe(true);
    }
    expect(new Set(given.map(({ bytes }) => bytes.buffer)).size).toBeLessThan(8);
  });

  it("goes on by itself where a sink takes pieces without having to drain", async () => {
    const rest = pieces(new BufferPool({ bufferBytes: BYTES, idleMax: 8 }), { from: 0, to: 5 }, []);
    const got: Buffer[] = [];
    const sink = new Writable({
      highWaterMark: 100 * BYTES,
      write: (bytes: Buffer, _, done) => {
        got.push(Buffer.from(bytes));
        done();
      },
    });
    new PieceStream(await firstOf(rest), rest, sink).pipe(sink);
    await finished(sink);
    expect(got.map((bytes) => bytes[0])).toEqual([0, 1, 2, 3, 4]);
  });

  it("gives every piece back that an HTTP answer has sent, the last one too", async () => {
    const size = 1024 * 1024;
    for (const count of [1, 3]) {
      const pool = new BufferPool({ bufferBytes: size, idleMax: 8 });
      const given = Array.from({ length: count }, () => pool.lease(size));
      const server = createServer((_, answer) => {
        const rest = (async function* () {
          yield* given.slice(1);
        })();
        new PieceStream(given[0]!, rest, answer).pipe(answer);
      }).listen(0, "127.0.0.1");
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      const answer = await fetch(`http://127.0.0.1:${port}/`);
      expect((await answer.arrayBuffer()).byteLength).toBe(count * size);
      const buffers = new Set(given.map(({ bytes }) => bytes.buffer));
      const again = (): number => {
        const leases = given.map(() => pool.lease(size));
        for (const lease of leases) lease.release();
        return leases.filter(({ bytes }) => buffers.has(bytes.buffer)).length;
      };
      await expect.poll(again, { timeout: 10_000 }).toBe(count);
      server.closeAllConnections();
      server.close();
    }
  });

  it("asks for no further piece while a sink has not sent what it was given", async () => {
    const given: BufferLease[] = [];
    const rest = pieces(new BufferPool({ bufferBytes: BYTES, idleMax: 8 }), { from: 0, to: 60 }, given);
    const { sink } = slowSink(() => new Promise(() => {}));
    const stream = new PieceStream(await firstOf(rest), rest, sink);
    stream.pipe(sink);
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    expect(given.map(({ bytes }) => bytes[0])).toEqual([0]);
    expect(sink.writableLength).toBe(BYTES);
    stream.destroy();
  });

  it("ends the pieces when it is destroyed, also before anyone has read", async () => {
    let ended = 0;
    const rest: AsyncIterator<BufferLease, void, void> = {
      next: () => new Promise(() => {}),
      return: () => {
        ended++;
        return Promise.resolve({ done: true, value: undefined });
      },
    };
    const lease = new BufferPool({ bufferBytes: BYTES, idleMax: 1 }).lease(BYTES);
    const stream = new PieceStream(lease, rest, new Writable());
    stream.destroy();
    await once(stream, "close");
    expect(ended).toBe(1);
  });

  it("fails as the pieces fail", async () => {
    const rest = {
      next: () => Promise.reject(new Error("no more")),
      return: () => Promise.resolve({ done: true, value: undefined } as const),
    };
    const { sink } = slowSink(() => Promise.resolve());
    const lease = new BufferPool({ bufferBytes: BYTES, idleMax: 1 }).lease(BYTES);
    const stream = new PieceStream(lease, rest, sink);
    const failed = once(stream, "error");
    stream.pipe(sink);
    expect((await failed)[0]).toMatchObject({ message: "no more" });
  });
});
