import { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { AppError } from "@commonhold/core/app-error.ts";
import { beforeEach, describe, expect, it } from "vitest";
import { frame } from "../testing/raw-lane.ts";
import { until } from "../testing/until.ts";
import { LaneConnection } from "./lane-connection.ts";
import { FRAME_TYPE, FrameParser } from "./lane-frame.ts";
import type { LaneStream } from "./lane-stream.ts";

const KIB = 1024;
const SECOND = 1000;
const LIMITS = { pingIntervalMs: 10 * SECOND, pingTimeoutMs: 15 * SECOND, idleTimeoutMs: 30 * SECOND };
const { hello, data, end, ping, pong } = FRAME_TYPE;

let nowMs: number;
/** Whether the socket takes what is written. */
let takes: boolean;
let written: Uint8Array[];
let socket: Duplex;
let connection: LaneConnection;
let events: string[];
let stream: LaneStream;

beforeEach(() => {
  [nowMs, takes, written, events] = [0, true, [], []];
  let waiting: ((error: Error) => void) | undefined;
  socket = new Duplex({
    read: () => {},
    destroy: (error, callback) => {
      waiting?.(new Error("the socket was destroyed"));
      callback(error);
    },
    write: (bytes: Uint8Array, _, callback) => {
      written.push(Uint8Array.from(bytes));
      if (takes) process.nextTick(callback);
      else waiting = callback;
    },
  });
  connection = dialled();
  stream = connection.openStream("/test");
});

/** A connection on which the other side has said hello. */
function dialled(): LaneConnection {
  const made = new LaneConnection(
    socket as unknown as TLSSocket,
    { remotePeerId: "peer", dialled: true, clock: { nowMs: () => 0, monotonicMs: () => nowMs } },
    {
      onOpen: () => events.push("open"),
      onIdle: () => events.push("idle"),
      onClosed: () => events.push("closed"),
      onHello: () => events.push("hello"),
    },
  );
  made.receive(frame(hello));
  events = [];
  return made;
}

/** The frames that were written from here on, by type, once the event loop has turned. */
async function writtenBy(run: () => void): Promise<number[]> {
  await new Promise(setImmediate);
  written.length = 0;
  run();
  await new Promise(setImmediate);
  const types: number[] = [];
  const parser = new FrameParser({ onData: () => types.push(data), onFrame: (type) => types.push(type) });
  for (const bytes of written) parser.push(bytes);
  return types;
}

/** Leaves a write of the exchange behind that the peer does not take. */
async function block(bytes = 100 * KIB): Promise<{ readonly outcome: Promise<unknown> }> {
  await new Promise(setImmediate);
  takes = false;
  const outcome = stream.write(new Uint8Array(bytes)).catch((error: unknown) => error);
  await until(() => socket.writableLength > 0);
  return { outcome };
}

it("is not used again while its socket refers to memory that its user has back", async () => {
  takes = false;
  stream.write(new Uint8Array(64 * KIB)).catch(() => {});
  await stream.closeWrite();
  connection.receive(frame(end));
  expect(events).toEqual(["closed"]);
  expect(socket.destroyed).toBe(true);
});

describe("the watch over a connection", () => {
  const watch = (): void => connection.watch(LIMITS);

  it("gives a sign of life each time, and asks for one after a silence", async () => {
    nowMs = LIMITS.pingIntervalMs - 1;
    expect(await writtenBy(watch)).toEqual([pong]);
    nowMs++;
    expect(await writtenBy(watch)).toEqual([ping]);
  });

  it("ends what stays silent for too long, and nothing sooner", () => {
    nowMs = LIMITS.pingTimeoutMs;
    watch();
    expect(stream.lost.aborted).toBe(false);
    nowMs++;
    watch();
    expect(stream.lost.reason).toMatchObject({ code: "NODE_UNREACHABLE" });
    expect(events).toEqual(["closed"]);
  });

  it("does not count the silence from before the exchange", () => {
    connection.receive(frame(end));
    void stream.closeWrite();
    nowMs = LIMITS.idleTimeoutMs;
    stream = connection.openStream("/test");
    watch();
    expect(stream.lost.aborted).toBe(false);
  });

  it("takes a peer that does not read for alive as long as it gives signs of life", async () => {
    await block();
    for (let turn = 0; turn < 10; turn++) {
      nowMs += LIMITS.pingIntervalMs;
      connection.receive(frame(pong));
      expect(await writtenBy(watch)).toEqual([]);
    }
    expect(stream.lost.aborted).toBe(false);
    nowMs += LIMITS.pingTimeoutMs + 1;
    watch();
    expect(stream.lost.reason).toMatchObject({ code: "NODE_UNREACHABLE" });
  });

  it("blames no peer for what we do not read, and counts from when we read again", async () => {
    connection.receive(frame(data, new Uint8Array(600 * KIB)));
    nowMs = 10 * LIMITS.pingTimeoutMs;
    watch();
    expect(stream.lost.aborted).toBe(false);
    await stream.read(600 * KIB);
    watch();
    expect(stream.lost.aborted).toBe(false);
    nowMs += LIMITS.pingTimeoutMs + 1;
    watch();
    expect(stream.lost.aborted).toBe(true);
  });

  it("ends what nobody uses", async () => {
    connection.receive(frame(end));
    await stream.closeWrite();
    expect(events).toEqual(["idle"]);
    nowMs = LIMITS.idleTimeoutMs;
    expect(await writtenBy(watch)).toEqual([]);
    expect(events).toEqual(["idle"]);
    nowMs++;
    watch();
    expect(events).toEqual(["idle", "closed"]);
    expect(stream.lost.aborted).toBe(false);
  });
});

describe("a connection", () => {
  it("answers no ping while something waits for the peer, so that not more waits", async () => {
    expect(await writtenBy(() => connection.receive(frame(ping)))).toEqual([pong]);
    await block();
    const before = socket.writableLength;
    for (let each = 0; each < 50; each++) connection.receive(frame(ping));
    await new Promise(setImmediate);
    expect(socket.writableLength).toBe(before);
  });

  it("says whether the peer answers, and that a connection that ends meanwhile does not", async () => {
    connection.receive(frame(end));
    await stream.closeWrite();
    const answered = connection.ping(10 * SECOND);
    connection.receive(frame(pong));
    expect(await answered).toBe(true);
    expect(await connection.ping(1)).toBe(false);
    const cut = connection.ping(10 * SECOND);
    socket.destroy();
    expect(await cut).toBe(false);
  });

  it.each([20 * KIB, 100 * KIB])("sends nothing of %i lent bytes once the exchange is given up", async (bytes) => {
    const { outcome } = await block(bytes);
    const reason = new Error("given up");
    stream.abort(reason);
    expect(socket.destroyed).toBe(true);
    expect(await outcome).toBe(reason);
    expect(events).toEqual(["closed"]);
  });

  it("tells the peer that an exchange is given up, as the last frame", async () => {
    const types = await writtenBy(() => {
      stream.write(Uint8Array.of(1)).catch(() => {});
      stream.abort(new Error("given up"));
      connection.receive(frame(ping));
    });
    expect(types).toEqual([data, FRAME_TYPE.reset]);
    expect(socket.writableEnded).toBe(true);
    await expect(stream.write(Uint8Array.of(1))).rejects.toThrow("given up");
  });

  it("is offered once for each exchange, whoever ends it first", async () => {
    connection.receive(frame(end));
    await stream.closeWrite();
    stream.release();
    await stream.closeWrite();
    stream.abort(new Error("too late"));
    stream = connection.openStream("/test");
    await stream.closeWrite();
    connection.receive(frame(end));
    expect(events).toEqual(["idle", "idle"]);
    expect(connection.isFree).toBe(true);
  });

  it("begins no exchange when it has ended", () => {
    socket.destroy();
    connection.cut(new AppError("NODE_UNREACHABLE", "cut"));
    expect(() => connection.openStream("/test")).toThrow(expect.objectContaining({ code: "NODE_UNREACHABLE" }));
  });
});
