import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { until } from "../testing/until.ts";
import { FrameWriter } from "./frame-writer.ts";
import { DATA_BYTES_MAX, FRAME_TYPE, FrameParser } from "./lane-frame.ts";

const KIB = 1024;

/** A socket that takes a write only when it is told to. */
function createSocket(options: { readonly takes: boolean }) {
  const writes: Uint8Array[] = [];
  let taken: (() => void) | undefined;
  const socket = new Writable({
    highWaterMark: 16 * KIB,
    write: (bytes: Uint8Array, _, callback) => {
      writes.push(bytes);
      if (options.takes) setImmediate(callback);
      else taken = callback;
    },
  });
  socket.on("error", () => {});
  return { socket, writes, takeOne: () => taken?.() };
}

/** The frames in what was written: their type and the number of their bytes, and all data as one. */
function framesIn(writes: readonly Uint8Array[]): { readonly frames: number[][]; readonly data: Buffer } {
  const frames: number[][] = [];
  const data: Uint8Array[] = [];
  const parser = new FrameParser({
    onData: (part) => data.push(Uint8Array.from(part)),
    onFrame: (type, payload) => frames.push([type, payload.length]),
  });
  for (const bytes of writes) parser.push(bytes);
  return { frames, data: Buffer.concat(data) };
}

const numbered = (length: number): Uint8Array => Uint8Array.from({ length }, (_, at) => at % 251);

describe("a frame writer", () => {
  it("sends what is written in one turn together, in order", async () => {
    const { socket, writes } = createSocket({ takes: true });
    const writer = new FrameWriter(socket);
    writer.frame(FRAME_TYPE.open, Buffer.from("/echo"));
    await writer.data(Uint8Array.of(7, 8));
    writer.frame(FRAME_TYPE.end);
    await until(() => writes.length > 0 && !writer.isBlocked);
    expect(Buffer.concat(writes).toString("hex")).toBe("02000000052f6563686f030000000207080400000000");
    expect(writes).toHaveLength(1);
  });

  it.each([1, 16 * KIB - 5, 16 * KIB - 4, 16 * KIB, DATA_BYTES_MAX, DATA_BYTES_MAX + 1, 3 * DATA_BYTES_MAX + 17])(
    "sends %i bytes as they are, without copying more than their beginning",
    async (length) => {
      const { socket, writes } = createSocket({ takes: true });
      const writer = new FrameWriter(socket);
      const bytes = numbered(length);
      writer.frame(FRAME_TYPE.ping);
      await writer.data(bytes);
      writer.frame(FRAME_TYPE.end);
      await until(() => framesIn(writes).frames.length === 2 && !writer.isBlocked);
      expect(framesIn(writes).data.equals(bytes)).toBe(true);
      const copied = writes.filter((each) => each.buffer !== bytes.buffer).reduce((sum, each) => sum + each.length, 0);
      const headers = 5 * (2 + Math.ceil(length / DATA_BYTES_MAX));
      expect(copied).toBeLessThanOrEqual(16 * KIB * Math.ceil(length / DATA_BYTES_MAX) + headers);
      expect(writer.holdsLent).toBe(false);
    },
  );

  it.each([1, 5000, 16 * KIB - 5, 16 * KIB, DATA_BYTES_MAX])(
    "has no more use for the memory of %i bytes once they are written",
    async (length) => {
      const { socket, writes } = createSocket({ takes: true });
      const writer = new FrameWriter(socket);
      const bytes = Buffer.from(numbered(length));
      const copies: Uint8Array[] = [];
      await writer.data(bytes);
      copies.push(...writes.splice(0).map((each) => Uint8Array.from(each)));
      bytes.fill(0xee);
      await until(() => framesIn([...copies, ...writes]).data.length === length);
      expect(framesIn([...copies, ...writes]).data.equals(numbered(length))).toBe(true);
    },
  );

  it("sends nothing for no bytes", async () => {
    const { socket, writes } = createSocket({ takes: true });
    const writer = new FrameWriter(socket);
    await writer.data(new Uint8Array(0));
    await new Promise(setImmediate);
    expect(writes).toHaveLength(0);
  });

  it("waits for room, and holds what it was lent until then", async () => {
    const { socket, writes, takeOne } = createSocket({ takes: false });
    const writer = new FrameWriter(socket);
    let done = false;
    const writing = writer.data(numbered(100 * KIB)).then(() => {
      done = true;
    });
    await until(() => writes.length === 1);
    expect([done, writer.isBlocked, writer.holdsLent]).toEqual([false, true, true]);
    takeOne();
    await until(() => writes.length === 2);
    expect(done).toBe(false);
    takeOne();
    await writing;
    expect([writer.isBlocked, writer.holdsLent]).toEqual([false, false]);
  });

  it("keeps frames whole that are written during a long write", async () => {
    const { socket, writes } = createSocket({ takes: true });
    const writer = new FrameWriter(socket);
    const bytes = numbered(2 * DATA_BYTES_MAX);
    const writing = writer.data(bytes);
    writer.frame(FRAME_TYPE.pong);
    await writing;
    await until(() => framesIn(writes).frames.length === 1);
    expect(framesIn(writes).data.equals(bytes)).toBe(true);
  });

  it("ends a long write when the socket ends or fails, and then writes no more", async () => {
    for (const end of [(socket: Writable) => socket.end(), (socket: Writable) => socket.destroy()]) {
      const { socket, writes, takeOne } = createSocket({ takes: false });
      const errors: unknown[] = [];
      socket.on("error", (error) => errors.push(error));
      const writer = new FrameWriter(socket);
      const writing = writer.data(numbered(3 * DATA_BYTES_MAX));
      const outcome = writing.catch((error: unknown) => error);
      await until(() => writes.length === 1);
      end(socket);
      takeOne();
      await until(() => socket.destroyed || writes.length === 2);
      takeOne();
      expect(await outcome).toBeInstanceOf(Error);
      writer.frame(FRAME_TYPE.end);
      await new Promise(setImmediate);
      expect(writes.length).toBeLessThanOrEqual(2);
      expect(errors).toEqual([]);
      expect(writer.holdsLent).toBe(false);
    }
  });
});
