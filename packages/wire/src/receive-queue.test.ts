import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ReceiveQueue } from "./receive-queue.ts";

const ended = new Error("ended");

describe("ReceiveQueue", () => {
  it("gives back every byte in order, however they were cut on both sides", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 }),
        fc.array(fc.nat(30), { maxLength: 40 }),
        fc.boolean(),
        async (pieces, lengths, pushFirst) => {
          const all = Buffer.concat(pieces);
          const queue = new ReceiveQueue();
          const push = () => {
            for (const piece of pieces) queue.push(Uint8Array.from(piece));
            queue.end(() => ended);
          };
          if (pushFirst) push();
          let offset = 0;
          for (const length of lengths) {
            const read = queue.read(length);
            if (!pushFirst && offset === 0 && length > 0) push();
            if (offset + length > all.length) {
              await expect(read).rejects.toBe(ended);
              return;
            }
            expect(Buffer.from(await read)).toEqual(all.subarray(offset, offset + length));
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
});
