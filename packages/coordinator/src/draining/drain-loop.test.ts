import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import { afterEach, describe, expect, it } from "vitest";
import {
  nameOf,
  namesOf,
  openReplicaNetwork,
  type ReplicaNetwork,
  SEALED_LENGTH,
} from "../anti-entropy/replica-network.fixture.ts";
import { createDrainLoop, type DrainObstacle } from "./drain-loop.ts";

const never = new AbortController().signal;
const [a, b, c, d] = ["a", "b", "c", "d"] as [NodeId, NodeId, NodeId, NodeId];
let network: ReplicaNetwork;
const obstacles = new Map<ChunkName, DrainObstacle>();
afterEach(() => network.close());

async function openDraining() {
  obstacles.clear();
  network = await openReplicaNetwork([a, b, c, d]);
  const setDeclared = async (nodeId: NodeId, draining: boolean) => {
    network.standings.set(nodeId, draining ? "draining" : "live");
    await network.metadata.apply("node.heartbeat", {
      id: nodeId,
      addresses: [],
      capacity_bytes: 1,
      used_bytes: 0,
      free_bytes: 1,
      chunk_count: 0,
      draining,
      version: "0",
      now_ms: network.clock.nowMs(),
    });
  };
  const loop = createDrainLoop({
    ...network,
    drainingNodes: () => [a, b, c, d].filter((id) => network.standings.get(id) === "draining"),
    writeBarrier: () => network.writing.barrier(),
    markDrained: async (nodeId) => {
      await network.metadata.apply("node.drained", { id: nodeId });
      network.standings.set(nodeId, "gone");
    },
    onQueued: () => undefined,
    whyNotCopied: (name) => obstacles.get(name),
  });
  return { loop, setDeclared };
}

const stateOf = async (id: NodeId) =>
  (await network.metadata.read.selectFrom("nodes").select("declared_state").where("id", "=", id).executeTakeFirst())
    ?.declared_state;

describe("draining", () => {
  it("asks for the copying of what is needed, lets the rest go, and ends when nothing is left", async () => {
    const { loop, setDeclared } = await openDraining();
    const [needed, spare] = [namesOf(600, "needed"), namesOf(10, "spare")];
    await network.addFile("f", { names: needed, nodes: [a, b, c] });
    await network.addFile("g", { names: spare, nodes: [a, b, c, d] });
    expect(await loop.progressOf(a)).toBeUndefined();
    await setDeclared(a, true);
    expect(await loop.progressOf(a)).toMatchObject({ chunksLeft: 610, isSafeToStop: false });
    await loop.run(never);
    expect(await loop.progressOf(a)).toEqual({
      chunksLeft: 600,
      bytesLeft: 600 * SEALED_LENGTH,
      waiting: new Map(),
      isSafeToStop: false,
    });
    expect(new Set(network.requested)).toEqual(new Set(needed));
    expect(await network.catalog.waitingDeletions()).toEqual(new Map([[a, 10]]));
    for (const name of needed) await network.setReplica(name, d, "active");
    await loop.run(never);
    expect(await stateOf(a)).toBe("drained");
    expect((await network.catalog.holdingsOf(a)).chunks).toBe(0);
  });

  it("says why what is left is not copied", async () => {
    const { loop, setDeclared } = await openDraining();
    const names = namesOf(4);
    await network.addFile("f", { names, nodes: [a, b, c] });
    obstacles.set(names[0]!, "no_node_with_room").set(names[1]!, "no_node_with_room").set(names[2]!, "repair_paused");
    await setDeclared(a, true);
    await loop.run(never);
    expect((await loop.progressOf(a))?.waiting).toEqual(
      new Map([
        ["no_node_with_room", 2],
        ["repair_paused", 1],
      ]),
    );
    for (const name of names) await network.setReplica(name, d, "active");
    await loop.run(never);
    expect(await stateOf(a)).toBe("drained");
  });

  it("waits for stores that began before the node was left out", async () => {
    const { loop, setDeclared } = await openDraining();
    const end = network.writing.begin(nameOf(1));
    await setDeclared(a, true);
    await loop.run(never);
    expect(await loop.progressOf(a)).toMatchObject({ chunksLeft: 0, isSafeToStop: false });
    await network.addFile("f", { names: [nameOf(1)], copies: 1, nodes: [a] });
    end();
    await loop.run(never);
    expect(await stateOf(a)).toBe("draining");
    expect(await loop.progressOf(a)).toMatchObject({ chunksLeft: 1 });
    await network.setReplica(nameOf(1), b, "active");
    await loop.run(never);
    expect(await stateOf(a)).toBe("drained");
  });

  it("may be stopped although something is pinned to it, once that is whole elsewhere", async () => {
    const { loop, setDeclared } = await openDraining();
    await network.addFile("f", { names: [nameOf(1)], copies: 2, nodes: [a, b, c] });
    await network.metadata.apply("file.pin", { file_id: "f", owner_id: "ada", node_id: a });
    await setDeclared(a, true);
    await loop.run(never);
    expect(await stateOf(a)).toBe("draining");
    expect(await loop.progressOf(a)).toEqual({ chunksLeft: 0, bytesLeft: 0, waiting: new Map(), isSafeToStop: true });
    expect(await network.statesOf(nameOf(1))).toEqual({ a: "active", b: "active", c: "active" });
  });

  it("does not count copies that are not there, and stops where draining was called off", async () => {
    const { loop, setDeclared } = await openDraining();
    await network.addFile("f", { names: [nameOf(1)], nodes: [a, b, c, d] });
    network.standings.set(d, "suspect");
    await setDeclared(a, true);
    await loop.run(never);
    expect(await loop.progressOf(a)).toMatchObject({ chunksLeft: 1 });
    await setDeclared(a, false);
    await loop.run(never);
    expect(await loop.progressOf(a)).toBeUndefined();
    expect((await network.statesOf(nameOf(1)))["a"]).toBe("active");
  });

  it("goes on with the next node where one fails", async () => {
    const { setDeclared } = await openDraining();
    await setDeclared(a, true);
    await setDeclared(b, true);
    const marked: NodeId[] = [];
    const loop = createDrainLoop({
      ...network,
      drainingNodes: () => [a, b],
      writeBarrier: () => () => true,
      markDrained: (nodeId) => {
        if (nodeId === a) return Promise.reject(new Error("the disk is full"));
        marked.push(nodeId);
        return Promise.resolve();
      },
      onQueued: () => undefined,
      whyNotCopied: () => undefined,
    });
    await loop.run(never);
    expect(marked).toEqual([b]);
    expect(network.logLines.some(({ msg }) => String(msg).includes("did not get on"))).toBe(true);
  });
});
