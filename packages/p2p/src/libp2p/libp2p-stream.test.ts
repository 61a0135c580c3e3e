import type { Connection } from "@libp2p/interface";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { identityOf } from "../testing/host-harness.ts";
import { until } from "../testing/until.ts";
import { LINK_LIMITS } from "../link-limits.ts";
import { type Libp2pNode, startLibp2pNode } from "./libp2p-node.ts";
import { Libp2pStream } from "./libp2p-stream.ts";

const PROTOCOL = "/commonhold-test/1.0.0";

async function startNode(name: string, listen: string): Promise<Libp2pNode> {
  const options = { announce: [], bootstrap: [], limits: LINK_LIMITS, isMember: () => true };
  return startLibp2pNode({ identity: identityOf(name), listen: [listen], ...options });
}

describe.each([
  ["TCP", "/ip4/127.0.0.1/tcp/0"],
  ["QUIC", "/ip4/127.0.0.1/udp/0/quic-v1"],
])("a libp2p stream over %s", (lane, listen) => {
  let alice: Libp2pNode;
  let bob: Libp2pNode;
  let connection: Connection;
  let closed = 0;
  let accepted: PromiseWithResolvers<Libp2pStream>;

  beforeEach(async () => {
    closed = 0;
    accepted = Promise.withResolvers();
    [alice, bob] = await Promise.all([startNode("alice", listen), startNode("bob", listen)]);
    await bob.libp2p.handle(PROTOCOL, (stream, from) => {
      accepted.resolve(new Libp2pStream(stream, from, () => closed++));
    });
    connection = await alice.libp2p.dial([...bob.listening()]);
  });
  afterEach(async () => {
    await Promise.all([alice.libp2p.stop(), bob.libp2p.stop()]);
  });

  async function open(): Promise<readonly [Libp2pStream, Libp2pStream]> {
    accepted = Promise.withResolvers();
    const near = new Libp2pStream(await connection.newStream(PROTOCOL), connection, () => closed++);
    return [near, await accepted.promise];
  }

  /** What was sent earlier on one connection over TCP has come when this has. */
  async function letAllArrive(): Promise<void> {
    const [near, far] = await open();
    await near.write(Uint8Array.of(1));
    await far.read(1);
    near.abort(new Error("done"));
    await until(() => far.lost.aborted);
  }

  function openStreams(): number {
    const connections = [...alice.libp2p.getConnections(), ...bob.libp2p.getConnections()];
    return connections.flatMap(({ streams }) => streams).filter(({ protocol }) => protocol === PROTOCOL).length;
  }

  it("leaves nothing behind once both sides have ended, been released or aborted", async () => {
    for (let round = 0; round < 3; round++) {
      const [near, far] = await open();
      await near.write(new Uint8Array(700_000));
      await near.closeWrite();
      await far.write(Uint8Array.of(1));
      expect(await near.read(1)).toEqual(Uint8Array.of(1));
      expect(openStreams()).toBe(2);
      near.release();
      if (round === 0) await far.read(700_000);
      if (round === 2) far.abort(new Error("enough"));
      else {
        await far.closeWrite();
        far.release();
      }
      await until(() => openStreams() === 0 && closed === 2 * (round + 1));
      expect(near.lost.aborted).toBe(round === 2);
    }
  });

  it("gives what came before a reset, and then says that the peer gave it up", async () => {
    const [near, far] = await open();
    await near.write(Uint8Array.of(1));
    await far.read(1);
    await far.write(Uint8Array.of(2));
    expect(await near.read(1)).toEqual(Uint8Array.of(2));
    far.abort(new Error("enough"));
    await expect(near.read(1)).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
    await until(() => near.lost.aborted);
    await expect(near.write(Uint8Array.of(3))).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
    expect(far.lost.aborted).toBe(false);
  });

  it("says on both sides that the connection ended", async () => {
    const streams = [...(await open()), ...(await open()), ...(await open())];
    for (const stream of streams.slice(0, 3)) await stream.write(Uint8Array.of(1));
    const reads = streams.map((stream) => stream.read(100).catch((error: unknown) => error));
    await connection.close();
    for (const outcome of await Promise.all(reads)) expect(outcome).toMatchObject({ code: expect.any(String) });
    await until(() => streams.every((stream) => stream.lost.aborted));
    await until(() => openStreams() === 0 && closed === 6);
  });

  it("gives all that had come, though it was paused, when the peer has ended", async () => {
    const [near, far] = await open();
    const sent = 3_000_000;
    await near.write(new Uint8Array(sent).fill(5));
    await near.closeWrite();
    await far.write(Uint8Array.of(1));
    await near.read(1);
    await far.closeWrite();
    const received = await far.read(sent);
    expect([received.length, received[0], received[sent - 1]]).toEqual([sent, 5, 5]);
    await expect(far.read(1)).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
  });

  it("lets the peer write on once it is released, and drops what comes", async () => {
    const [near, far] = await open();
    let written = false;
    const writing = near.write(new Uint8Array(40_000_000)).then(() => {
      written = true;
    });
    await far.read(1);
    await letAllArrive();
    expect(written).toBe(false);
    await far.closeWrite();
    far.release();
    await writing;
    await near.closeWrite();
    near.release();
    await until(() => openStreams() === 0);
    await expect(far.read(1)).rejects.toMatchObject({ code: "INTERNAL" });
  });

  // QUIC drops what the peer had not read when it resets a stream.
  if (lane === "QUIC") return;
  it("gives all that had come before a reset, though it was paused", async () => {
    const [near, far] = await open();
    await near.write(new Uint8Array(3_000_000));
    await letAllArrive();
    near.abort(new Error("enough"));
    await until(() => far.lost.aborted);
    expect(await far.read(3_000_000)).toHaveLength(3_000_000);
    await expect(far.read(1)).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
  });
});
