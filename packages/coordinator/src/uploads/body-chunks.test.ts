import { Readable } from "node:stream";
import { BufferPool } from "@commonhold/runtime/buffer-pool.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutIntoChunks, readExactly, wrongChunkLength } from "./body-chunks.ts";
import { timedBody } from "./timed-body.ts";

const buffers = new BufferPool({ bufferBytes: 64, idleMax: 1 });
const pieces = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 });

describe("cutIntoChunks", () => {
  it("gives the same bytes in chunks of one size, however they came", async () => {
    await fc.assert(
      fc.asyncProperty(pieces, fc.integer({ min: 1, max: 50 }), fc.boolean(), async (parts, size, isKnown) => {
        const chunks: Uint8Array[] = [];
        for await (const chunk of cutIntoChunks(
          Readable.from(parts),
          { chunkSizeBytes: size, sizeBytes: isKnown ? Buffer.concat(parts).length : undefined },
          buffers,
        )) {
          chunks.push(chunk.bytes.slice());
          chunk.release();
        }
        expect(Buffer.concat(chunks)).toEqual(Buffer.concat(parts));
        expect(chunks.slice(0, -1).every((chunk) => chunk.byteLength === size)).toBe(true);
        expect(chunks.every((chunk) => chunk.byteLength > 0)).toBe(true);
      }),
    );
  });
});

describe("readExactly", () => {
  it("takes exactly the bytes that are expected", async () => {
    await fc.assert(
      fc.asyncProperty(pieces, fc.nat(60), async (parts, length) => {
        const all = Buffer.concat(parts);
        const reading = readExactly(Readable.from(parts), { length, refusal: wrongChunkLength }, buffers).then(
          (chunk) => Buffer.from(chunk.bytes),
        );
        if (all.byteLength === length) expect(await reading).toEqual(all);
        else await expect(reading).rejects.toMatchObject({ code: "WRONG_CHUNK_LENGTH", details: { expected: length } });
      }),
    );
  });
});

describe("timedBody", () => {
  it("gives up on a sender that pauses too long, and leaves the stream usable", async () => {
    const body = new Readable({ read: () => undefined });
    body.push("begin");
    const reading = timedBody(() => body, { idleMsMax: 5 });
    expect(Buffer.from((await reading.next()).value as Uint8Array).toString()).toBe("begin");
    await expect(reading.next()).rejects.toMatchObject({ code: "REQUEST_TIMEOUT" });
    expect(body.destroyed).toBe(false);
  });

  it("gives up on a body that takes too long as a whole", async () => {
    const body = new Readable({ read: () => undefined });
    const reading = timedBody(() => body, { totalMsMax: 0 });
    const first = reading.next();
    await new Promise((resolve) => setTimeout(resolve, 1));
    body.push("late");
    await expect(first).rejects.toMatchObject({ code: "REQUEST_TIMEOUT" });
  });

  it("lets the rest flow off after reading ended early", async () => {
    const body = new Readable({ read: () => undefined });
    const reading = timedBody(() => body);
    body.push("begin");
    await reading.next();
    await reading.return();
    body.push("the rest");
    body.push(null);
    body.resume();
    await new Promise((resolve) => body.once("end", resolve));
  });

  it("opens the body when it is first asked for bytes", async () => {
    let isOpen = false;
    const reading = timedBody(() => {
      isOpen = true;
      return Readable.from([]);
    });
    expect(isOpen).toBe(false);
    await reading.next();
    expect(isOpen).toBe(true);
  });

  it("says that the client went away when the stream breaks", async () => {
    const body = new Readable({ read: () => undefined });
    const reading = timedBody(() => body).next();
    body.destroy(new Error("aborted"));
    await expect(reading).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
  });
});
