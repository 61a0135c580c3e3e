import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ReceiveQueue } from "./receive-queue.ts";

const ended = new Error("ended");

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Memory in use after a collection. */
function heldBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Pushes a copy of `piece`; memory that is lent is used for something else at once. */
function pushAs(kind: string, queue: ReceiveQueue, piece: Uint8Array): void {
  if (kind === "own") return queue.push(Uint8Array.from(piece));
  const lent = kind === "lent" ? Uint8Array.from(piece) : Buffer.from(piece);
  queue.pushLent(lent);
  lent.fill(0xee);
}

describe("ReceiveQueue", () => {
  it("gives back every byte in order, however they were cut on both sides", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 }),
        fc.array(fc.nat(30), { maxLength: 40 }),
        fc.boolean(),
        fc.constantFrom("own", "lent", "lent as a Buffer"),
        fc.boolean(),
        async (pieces, lengths, pushFirst, kind, intoTarget) => {
          const all = Buffer.concat(pieces);
          const queue = new ReceiveQueue();
          const push = () => {
            for (const piece of pieces) pushAs(kind, queue, piece);
            queue.end(() => ended);
          };
          if (pushFirst) push();
          let offset = 0;
          for (const length of lengths) {
            const target = intoTarget ? new Uint8Array(length) : undefined;
            const read = queue.read(length, target);
            if (!pushFirst && offset === 0 && length > 0) push();
            if (offset + length > all.length) {
              await expect(read).rejects.toBe(ended);
              return;
            }
            const bytes = await read;
            expect(Buffer.from(bytes)).toEqual(all.subarray(offset, offset + length));
            if (target !== undefined) expect(bytes).toBe(target);
            offset += length;
          }
        },
      ),
    );
  });

  it("copies nothing when one piece holds the whole read, waiting or not", async () => {
    const queue = new ReceiveQueue();
    const first = Uint8Array.of(1, 2, 3, 4);
    queue.push(first);
    expect((await queue.read(2)).buffer).toBe(first.buffer);
    expect((await queue.read(2)).buffer).toBe(first.buffer);
    const pending = queue.read(2);
    const second = Uint8Array.of(5, 6, 7);
    queue.push(second);
    expect((await pending).buffer).toBe(second.buffer);
    expect(queue.waitingBytes).toBe(1);
  });

  it("lets a read that waits take pieces over, so that they do not count as waiting", async () => {
    const queue = new ReceiveQueue();
    queue.push(Uint8Array.of(1));
    const pending = queue.read(4);
    expect(queue.waitingBytes).toBe(0);
    queue.push(Uint8Array.of(2, 3));
    expect(queue.waitingBytes).toBe(0);
    queue.push(Uint8Array.of(4, 5));
    expect(await pending).toEqual(Uint8Array.of(1, 2, 3, 4));
    expect(queue.waitingBytes).toBe(1);
  });

  it("tells when bytes have been taken", async () => {
    let taken = 0;
    const queue = new ReceiveQueue(() => taken++);
    queue.push(Uint8Array.of(1, 2));
    expect(taken).toBe(0);
    await queue.read(1);
    expect(taken).toBe(1);
  });

  it("after the end still gives what waits, after a failure nothing", async () => {
    const queue = new ReceiveQueue();
    queue.push(Uint8Array.of(1, 2));
    queue.end(() => ended);
    queue.push(Uint8Array.of(3));
    expect(await queue.read(1)).toEqual(Uint8Array.of(1));
    const failed = new Error("failed");
    queue.fail(() => failed);
    await expect(queue.read(1)).rejects.toBe(failed);
    expect(queue.waitingBytes).toBe(0);
  });

  it("refuses a second read at once and lengths that are none", async () => {
    const queue = new ReceiveQueue();
    const first = queue.read(1);
    await expect(queue.read(1)).rejects.toMatchObject({ code: "INTERNAL" });
    queue.push(Uint8Array.of(1));
    await first;
    for (const length of [-1, 0.5, Number.NaN]) {
      await expect(queue.read(length)).rejects.toMatchObject({ code: "INTERNAL" });
    }
  });

  it("copies what is lent, however it is read", async () => {
    const queue = new ReceiveQueue();
    const shared = Buffer.from([1, 2, 3, 4, 5, 6]);
    const pending = queue.read(2);
    queue.pushLent(shared);
    shared.fill(0);
    expect([await pending, await queue.read(1), await queue.read(3)]).toEqual([
      Uint8Array.of(1, 2),
      Uint8Array.of(3),
      Uint8Array.of(4, 5, 6),
    ]);
  });

  it("reads into the memory that the reader names, from what waits and from what comes", async () => {
    const queue = new ReceiveQueue();
    const memory = new Uint8Array(8).fill(9);
    queue.push(Uint8Array.of(1, 2, 3));
    expect((await queue.read(2, memory.subarray(0, 2))).buffer).toBe(memory.buffer);
    const pending = queue.read(4, memory.subarray(3, 7));
    queue.pushLent(Uint8Array.of(4, 5));
    queue.pushLent(Uint8Array.of(6, 7));
    expect((await pending).buffer).toBe(memory.buffer);
    expect([...memory]).toEqual([1, 2, 9, 3, 4, 5, 6, 9]);
    expect([...(await queue.read(1))]).toEqual([7]);
  });

  it("leaves the reader's memory alone once the read has failed", async () => {
    for (const end of [
      (queue: ReceiveQueue) => queue.end(() => ended),
      (queue: ReceiveQueue) => queue.fail(() => ended),
    ]) {
      const queue = new ReceiveQueue();
      const memory = new Uint8Array(4);
      const pending = queue.read(4, memory);
      queue.pushLent(Uint8Array.of(1));
      end(queue);
      await expect(pending).rejects.toBe(ended);
      memory.fill(0);
      queue.pushLent(Uint8Array.of(2, 3, 4, 5));
      expect([...memory]).toEqual([0, 0, 0, 0]);
    }
  });

  it("refuses memory of another length", async () => {
    const queue = new ReceiveQueue();
    queue.push(Uint8Array.of(1, 2, 3));
    for (const length of [0, 1, 3]) {
      await expect(queue.read(2, new Uint8Array(length))).rejects.toMatchObject({ code: "INTERNAL" });
    }
    expect(await queue.read(0, new Uint8Array(0))).toEqual(new Uint8Array(0));
  });

  it.each(["own", "lent"])("holds little more than the bytes, however short the pieces (%s)", async (kind) => {
    const count = 256 * 1024;
    const queue = new ReceiveQueue();
    const heldBefore = heldBytes();
    for (let at = 0; at < count; at++) {
      // A view of something larger, as what comes from a network is.
      const piece = new Uint8Array(80).subarray(0, 1);
      piece[0] = at;
      if (kind === "lent") queue.pushLent(piece);
      else queue.push(piece);
    }
    expect(heldBytes() - heldBefore).toBeLessThan(16 * count);
    expect(queue.waitingBytes).toBe(count);
    for (let at = 0; at < count; at += 4096) {
      const bytes = await queue.read(4096);
      expect(bytes.every((byte, each) => byte === ((at + each) & 0xff))).toBe(true);
    }
  });
});
