import { connect as connectTcp, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LINK_LIMITS } from "../link-limits.ts";
import type { LinkStream } from "../peer-link.ts";
import { identityOf, SILENT_LOGGER } from "../testing/host-harness.ts";
import {
  dialRaw,
  frame,
  HELLO,
  identified,
  listenBetween,
  listenRaw,
  openingOf,
  type RawLane,
  type RawListener,
  rawLane,
} from "../testing/raw-lane.ts";
import { until, untilSteady } from "../testing/until.ts";
import { dialLane } from "./lane-dialer.ts";
import { createLaneTlsOptions, type LaneTlsOptions } from "./lane-certificate.ts";
import { FRAME_TYPE, frameHeader } from "./lane-frame.ts";
import { createTlsLink, type TlsLink } from "./tls-link.ts";

const MIB = 1024 * 1024;
const PROTOCOL = "/test";
const ANY_PORT = "/ip4/127.0.0.1/tcp/0/tls";
const LIMITS = {
  ...LINK_LIMITS,
  connectionsPerPeerMax: 8,
  inboundConnectionsPerSecondMax: 1024,
  pendingConnectionsMax: 16,
  dialTimeoutMs: 1_000,
  addressDialTimeoutMs: 600,
  pingIntervalMs: 50,
  pingTimeoutMs: 10_000,
};
const [bob, carol, mallory] = ["bob", "carol", "mallory"].map(identityOf) as [Id, Id, Id];
type Id = ReturnType<typeof identityOf>;

let links: TlsLink[];
let sockets: Socket[];
let listeners: RawListener[];
let tls: LaneTlsOptions;
let bobLink: TlsLink;
let bobPort: number;
/** The exchanges that were begun with bob. */
let accepted: LinkStream[];

beforeEach(async () => {
  [links, sockets, listeners, accepted] = [[], [], [], []];
  tls = await createLaneTlsOptions(mallory);
  bobLink = await openLink(bob, [ANY_PORT]);
  bobPort = portOf(bobLink);
  await bobLink.listen(PROTOCOL, (stream) => accepted.push(stream));
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  for (const listener of listeners) listener.close();
  await Promise.all(links.map((link) => link.close()));
});

async function openLink(
  identity: Id,
  listen: readonly string[] = [],
  changes: Partial<typeof LIMITS> = {},
): Promise<TlsLink> {
  const link = await createTlsLink(
    { identity, logger: SILENT_LOGGER, clock: systemClock },
    {
      listen,
      announce: undefined,
      members: new Set([bob, carol, mallory].map(({ peerId }) => peerId)),
      limits: { ...LIMITS, ...changes },
    },
  );
  links.push(link);
  return link;
}

function attack(...writes: readonly Uint8Array[]): RawLane {
  const lane = rawLane(track(dialRaw(bobPort, identified(tls))));
  for (const bytes of writes) lane.socket.write(bytes);
  return lane;
}

function portOf(link: TlsLink): number {
  return Number(/tcp\/(\d+)/.exec(link.addresses()[0]!)![1]);
}

function track<S extends Socket>(socket: S): S {
  sockets.push(socket);
  return socket;
}

/** Writes these bytes once the other side begins an exchange. */
function answerOpening(socket: Socket, ...writes: readonly Uint8Array[]): void {
  rawLane(socket, (type) => {
    if (type === FRAME_TYPE.open) socket.write(Buffer.concat(writes));
  });
}

function silentTcp(): Socket {
  return track(connectTcp(bobPort, "127.0.0.1").on("error", () => {}));
}

const options = () => ({ signal: new AbortController().signal, timeoutMs: 4_000 });

/** Whether a member is let in and begins an exchange; on a connection of its own. */
async function servesCarol(): Promise<boolean> {
  const link = await openLink(carol);
  const before = accepted.length;
  const stream = await link.open({ peerId: bob.peerId, addresses: bobLink.addresses() }, PROTOCOL, options());
  await stream.write(Uint8Array.of(7));
  await until(() => accepted.length > before);
  const [byte] = await accepted.at(-1)!.read(1);
  await link.close();
  return byte === 7;
}

describe("a host of the fast lane goes on serving when somebody", () => {
  it("connects many times and says nothing at all", async () => {
    const silent = Array.from({ length: 100 }, silentTcp);
    await until(() => silent.filter((socket) => !socket.connecting).length === 100);
    expect(await servesCarol()).toBe(true);
    await until(() => silent.every((socket) => socket.destroyed));
  });

  it("sends a handshake that never ends, a byte now and then", async () => {
    const socket = silentTcp();
    // The header of a record of 16 KiB, of a handshake.
    socket.write(Buffer.from("1603014000", "hex"));
    const drip = setInterval(() => socket.write(Uint8Array.of(0)), 20);
    await until(() => socket.destroyed);
    clearInterval(drip);
    expect(await servesCarol()).toBe(true);
  });

  it.each([
    ["HTTP", "GET / HTTP/1.1\r\nHost: example.org\r\n\r\n"],
    ["garbage", Buffer.from(Array.from({ length: 5000 }, (_, at) => (at * 7919) % 256))],
  ])("speaks %s", async (_, bytes) => {
    const socket = silentTcp();
    socket.write(bytes);
    await until(() => socket.destroyed);
    expect(await servesCarol()).toBe(true);
  });

  it("resets its connections at any moment", async () => {
    for (let round = 0; round < 20; round++) {
      const plain = silentTcp();
      const socket = track(dialRaw(bobPort, { ...identified(tls), socket: plain }));
      socket.on("error", () => {});
      socket.write(openingOf(PROTOCOL));
      setTimeout(() => plain.resetAndDestroy(), round);
    }
    await until(() => sockets.every((socket) => socket.destroyed));
    expect(await servesCarol()).toBe(true);
  });

  it("is a member and opens more connections than one may have", async () => {
    const lanes = Array.from({ length: 3 * LIMITS.connectionsPerPeerMax }, () => attack(HELLO));
    await until(() => lanes.every((lane) => lane.hasEnded() || lane.frames.length > 0));
    expect(lanes.filter((lane) => !lane.hasEnded())).toHaveLength(LIMITS.connectionsPerPeerMax);
    expect(await servesCarol()).toBe(true);
    for (const lane of lanes) lane.socket.destroy();
    // Its places are free again.
    let again: RawLane;
    await until(() => {
      again ??= attack(HELLO);
      if (again.hasEnded()) again = attack(HELLO);
      return again.frames.includes(FRAME_TYPE.hello);
    });
  });
});

describe("the fast lane ends a connection", () => {
  const data = frame(FRAME_TYPE.data, "x");
  const end = frame(FRAME_TYPE.end);
  const open = frame(FRAME_TYPE.open, PROTOCOL);
  const ping = frame(FRAME_TYPE.ping);

  it.each<[string, Uint8Array[]]>([
    ["on which an exchange begins before the hello", [open]],
    ["on which a ping comes before the hello", [ping]],
    ["on which data comes before the hello", [data]],
    ["on which a second hello comes", [HELLO, HELLO]],
    ["on which data comes outside of an exchange", [HELLO, data]],
    ["on which data without any comes", [HELLO, open, frameHeader(FRAME_TYPE.data, 0)]],
    ["on which an exchange ends that was not begun", [HELLO, end]],
    ["on which an exchange begins within another", [HELLO, open, open]],
    ["on which the next exchange begins before both sides ended the last", [HELLO, open, end, open]],
    ["on which data comes after the end", [HELLO, open, end, data]],
    ["on which an exchange ends twice", [HELLO, open, end, end]],
    ["on which a protocol is named that is not spoken", [HELLO, frame(FRAME_TYPE.open, "/unknown")]],
    ["on which 4 GiB are announced", [HELLO, Buffer.from("03ffffffff", "hex")]],
    ["on which pings come without end", [HELLO, Buffer.concat(Array(5000).fill(ping))]],
    ["on which pongs come without end", [HELLO, Buffer.concat(Array(5000).fill(frame(FRAME_TYPE.pong)))]],
  ])("%s", async (_, writes) => {
    const lane = attack(...writes);
    await until(() => lane.hasEnded());
    expect(lane.frames).toContain(FRAME_TYPE.reset);
    for (const stream of accepted) expect(stream.lost.aborted).toBe(true);
    expect(await servesCarol()).toBe(true);
  });

  it("whose other half is closed", async () => {
    const lane = attack(HELLO, open, data);
    await until(() => accepted.length === 1);
    lane.socket.end();
    await until(() => lane.hasEnded() && accepted[0]!.lost.aborted);
    expect(accepted[0]!.lost.reason).toMatchObject({ code: "NODE_UNREACHABLE" });
    expect(await accepted[0]!.read(1)).toEqual(new Uint8Array(Buffer.from("x")));
    await expect(accepted[0]!.read(1)).rejects.toMatchObject({ code: "NODE_UNREACHABLE" });
  });
});

describe("on the fast lane a peer", () => {
  it("that sends and sends is stopped while nobody reads", async () => {
    const lane = attack(openingOf(PROTOCOL));
    await until(() => accepted.length === 1);
    const slice = Buffer.concat([frameHeader(FRAME_TYPE.data, MIB), new Uint8Array(MIB)]);
    let sent = 0;
    const sendNext = (): void => {
      if ((sent += MIB) < 64 * MIB) lane.socket.write(slice, sendNext);
    };
    lane.socket.write(slice, sendNext);
    await until(() => sent > 0);
    await untilSteady(() => sent);
    expect(sent).toBeLessThan(32 * MIB);
    for (let slices = 0; slices < 64; slices++) await accepted[0]!.read(MIB);
    await until(() => sent === 64 * MIB);
  });

  it("that never reads its answer is not written to without end", async () => {
    const lane = attack(openingOf(PROTOCOL));
    lane.socket.pause();
    await until(() => accepted.length === 1);
    let written = 0;
    const writing = (async () => {
      for (; written < 64 * MIB; written += MIB) await accepted[0]!.write(new Uint8Array(MIB));
    })().catch((error: unknown) => error);
    await until(() => written > 0);
    await untilSteady(() => written);
    expect(written).toBeLessThan(32 * MIB);
    const reason = new Error("given up");
    accepted[0]!.abort(reason);
    expect(await writing).toBe(reason);
  });

  it("gets a pong for its ping, and signs of life unasked during an exchange", async () => {
    const lane = attack(HELLO, frame(FRAME_TYPE.ping));
    await until(() => lane.frames.length >= 2);
    expect(lane.frames).toEqual([FRAME_TYPE.hello, FRAME_TYPE.pong]);
    lane.socket.write(frame(FRAME_TYPE.open, PROTOCOL));
    await until(() => lane.frames.length >= 5);
    for (const type of lane.frames) expect([1, 6, 7]).toContain(type);
    expect(lane.hasEnded()).toBe(false);
  });

  it("that is a member no longer loses its connection, also during the handshake", async () => {
    const before = attack(openingOf(PROTOCOL));
    await until(() => accepted.length === 1);
    const during = attack(openingOf(PROTOCOL));
    bobLink.setMembers(new Set([carol.peerId]));
    await until(() => before.hasEnded() && during.hasEnded());
    expect(accepted).toHaveLength(1);
    expect(accepted[0]!.lost.reason).toMatchObject({ code: "NODE_UNREACHABLE" });
    expect(await servesCarol()).toBe(true);
  });

  it("whose handshake is under way keeps no host from stopping", async () => {
    await bobLink.close();
    bobLink = await openLink(bob, [ANY_PORT], { dialTimeoutMs: 60_000 });
    bobPort = portOf(bobLink);
    const silent = Array.from({ length: 5 }, silentTcp);
    await until(() => silent.every((socket) => !socket.connecting));
    const during = attack(openingOf(PROTOCOL));
    await bobLink.close();
    await until(() => silent.every((socket) => socket.destroyed) && during.hasEnded());
    expect(accepted).toHaveLength(0);
  });
});

describe("whoever dials on the fast lane", () => {
  let carolLink: TlsLink;
  beforeEach(async () => {
    carolLink = await openLink(carol);
  });

  async function listenAsMallory(onSocket: (socket: TLSSocket) => void): Promise<RawListener> {
    const listener = await listenRaw(tls, (socket) => onSocket(track(socket)));
    listeners.push(listener);
    return listener;
  }

  const open = (port: number, peerId = mallory.peerId): Promise<LinkStream> =>
    carolLink.open({ peerId, addresses: [`/ip4/127.0.0.1/tcp/${port}/tls`] }, PROTOCOL, options());
  const unreachable = { code: "NODE_UNREACHABLE" };

  it.each<[string, (socket: TLSSocket) => unknown]>([
    ["says nothing", () => {}],
    ["hangs up", (socket) => socket.destroy()],
    ["ends", (socket) => socket.end()],
    ["speaks garbage", (socket) => socket.resume().write("HTTP/1.1 400 Bad Request\r\n\r\n")],
    ["answers with no hello", (socket) => socket.once("data", () => socket.write(frame(FRAME_TYPE.pong)))],
    ["gives up at once", (socket) => socket.once("data", () => socket.write(frame(FRAME_TYPE.reset)))],
  ])("gives up a peer that %s", async (_, onSocket) => {
    const { port } = await listenAsMallory(onSocket);
    await expect(open(port)).rejects.toMatchObject(unreachable);
  });

  it("is not brought down by a connection that is reset when its handshake is done", async () => {
    const diallers: Socket[] = [];
    const { port } = await listenAsMallory(() => diallers.at(-1)!.resetAndDestroy());
    const between = await listenBetween(port, (socket) => void diallers.push(socket));
    listeners.push(between);
    await expect(open(between.port)).rejects.toMatchObject(unreachable);
    // The same while the certificate is being checked.
    const verify = async (socket: TLSSocket): Promise<string> => {
      await until(() => socket.destroyed);
      return mallory.peerId;
    };
    const endpoint = { host: "127.0.0.1", port: between.port };
    const limits = { signal: new AbortController().signal, timeoutMs: 4_000 };
    const { socket } = await dialLane({ tls, verify }, { peerId: mallory.peerId, endpoint }, limits);
    expect(socket.errored).toMatchObject({ code: "ECONNRESET" });
  });

  it("counts no connection that ended with the hello, however often", async () => {
    let isKind = false;
    const { port, connections } = await listenAsMallory((socket) => {
      socket.once("data", () => {
        if (isKind) socket.write(HELLO);
        else socket.end(Buffer.concat([HELLO, frame(FRAME_TYPE.reset)]));
      });
    });
    for (let round = 0; round <= LIMITS.connectionsPerPeerMax; round++) {
      await expect(open(port)).rejects.toMatchObject(unreachable);
    }
    isKind = true;
    expect((await open(port)).remotePeerId).toBe(mallory.peerId);
    expect(connections()).toBe(LIMITS.connectionsPerPeerMax + 2);
  });

  it("gives up a peer that begins an exchange itself or sends data outside of one", async () => {
    for (const bytes of [frame(FRAME_TYPE.open, PROTOCOL), frame(FRAME_TYPE.data, "x")]) {
      const { port } = await listenAsMallory((socket) => {
        socket.write(HELLO);
        answerOpening(socket, frame(FRAME_TYPE.end), bytes);
      });
      const stream = await open(port);
      await until(() => stream.lost.aborted);
      expect(stream.lost.reason).toMatchObject({ code: "PROTOCOL_ERROR" });
    }
  });

  it("does not take one peer for another", async () => {
    const { port } = await listenAsMallory((socket) => socket.once("data", () => socket.write(HELLO)));
    await expect(open(port, bob.peerId)).rejects.toMatchObject(unreachable);
  });

  it("goes on to the next address when one swallows everything, and begins with that one the next time", async () => {
    const silent = await listenAsMallory(() => {});
    const { port } = await listenAsMallory((socket) => socket.once("data", () => socket.write(HELLO)));
    const target = {
      peerId: mallory.peerId,
      addresses: [silent.port, port].map((each) => `/ip4/127.0.0.1/tcp/${each}/tls`),
    };
    const link = await openLink(carol, [], { addressDialTimeoutMs: 60_000 });
    await link.open(target, PROTOCOL, options());
    await link.open(target, PROTOCOL, options());
    expect(silent.connections()).toBe(1);
  });

  it("ends a connection that nobody uses where it needs the place for another, and none in use", async () => {
    const link = await openLink(carol, [], { connectionsMax: 2 });
    const peers = await Promise.all(
      ["one", "two", "three"].map(async (name) => {
        const { peerId } = identityOf(name);
        const own = await createLaneTlsOptions(identityOf(name));
        const listener = await listenRaw(own, (socket) => {
          track(socket).write(HELLO);
          answerOpening(socket, frame(FRAME_TYPE.end));
        });
        listeners.push(listener);
        return { peerId, addresses: [`/ip4/127.0.0.1/tcp/${listener.port}/tls`] };
      }),
    );
    link.setMembers(new Set(peers.map(({ peerId }) => peerId)));
    const streams = await Promise.all(peers.slice(0, 2).map((peer) => link.open(peer, PROTOCOL, options())));
    await expect(link.open(peers[2]!, PROTOCOL, options())).rejects.toMatchObject({ code: "OVERLOADED" });
    await streams[1]!.read(1).catch(() => {});
    await streams[1]!.closeWrite();
    expect((await link.open(peers[2]!, PROTOCOL, options())).remotePeerId).toBe(peers[2]!.peerId);
    expect(streams[0]!.lost.aborted).toBe(false);
  });

  it("drops a connection to a peer that is a member no longer when its handshake is done", async () => {
    const { port } = await listenAsMallory((socket) => socket.once("data", () => socket.write(HELLO)));
    const held = Promise.withResolvers<void>();
    const between = await listenBetween(port, () => held.promise);
    listeners.push(between);
    const opening = open(between.port);
    opening.catch(() => {});
    await until(() => between.connections() === 1);
    carolLink.setMembers(new Set([bob.peerId]));
    held.resolve();
    await expect(opening).rejects.toMatchObject(unreachable);
    await until(() => sockets.every((socket) => socket.destroyed));
  });

  it("drops a connection to a peer that is a member no longer while it waits to be let in", async () => {
    const hello = Promise.withResolvers<void>();
    let socket: TLSSocket | undefined;
    const { port } = await listenAsMallory((dialled) => {
      socket = dialled;
      dialled.once("data", () => hello.resolve());
    });
    const opening = open(port);
    opening.catch(() => {});
    await hello.promise;
    carolLink.setMembers(new Set([bob.peerId]));
    socket!.write(HELLO);
    await expect(opening).rejects.toMatchObject(unreachable);
    await until(() => socket!.destroyed);
  });
});
