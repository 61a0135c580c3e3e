import type { NodeId, UserId } from "@commonhold/core/ids.ts";
import { surveyNodes } from "@commonhold/core/placement/node-survey.ts";
import { afterEach, describe, expect, it } from "vitest";
import {
  namesOf,
  openReplicaNetwork,
  type ReplicaNetwork,
  SEALED_LENGTH,
} from "../anti-entropy/replica-network.fixture.ts";
import { createRebalancing } from "./rebalancing.ts";

const never = new AbortController().signal;
const NODES = ["a", "b", "c", "d"] as NodeId[];
const CAPACITY = 100_000;
let network: ReplicaNetwork;
afterEach(() => network.close());

async function openRebalancing(options: { readonly mayMove?: () => boolean } = {}) {
  network = await openReplicaNetwork(NODES);
  const used = (id: NodeId): number => network.node(id).chunks.size * SEALED_LENGTH;
  const rebalancing = createRebalancing({
    ...network,
    fills: () => NODES.map((id) => ({ id, usedBytes: used(id), capacityBytes: CAPACITY })),
    survey: () =>
      surveyNodes(
        NODES.map((id) => ({
          id,
          freeBytes: CAPACITY - used(id),
          operatorId: `operator of ${id}` as UserId,
          labels: {},
          reliability: 1,
        })),
      ),
    mayMove: options.mayMove ?? (() => true),
  });
  const names = namesOf(400);
  await network.addFile("f", { names, copies: 2, nodes: ["a", "b"] });
  return { rebalancing, names };
}

const activeCopies = async (names: readonly string[]) => {
  const counts = await Promise.all(
    names.map(async (name) => {
      const states = Object.values(await network.statesOf(name as never));
      return states.filter((state) => state === "active").length;
    }),
  );
  return Math.min(...counts);
};

describe("rebalancing", () => {
  it("says what it would move and changes nothing", async () => {
    const { rebalancing, names } = await openRebalancing();
    const { moves, meanFill } = await rebalancing.plan(never);
    expect(meanFill).toBeCloseTo(0.2);
    expect(moves.length).toBeGreaterThan(50);
    expect(new Set(moves.map(({ from }) => from))).toEqual(new Set(["a", "b"]));
    expect(await network.statesOf(names[0]!)).toEqual({ a: "active", b: "active" });
    expect(network.node("c").chunks.size).toBe(0);
  });

  it("moves copies to emptier nodes, never below what is promised, and then has little left to move", async () => {
    const { rebalancing, names } = await openRebalancing();
    const outcome = await rebalancing.run(never);
    // Two moves of one chunk at the same time make one of them wait for another run.
    expect(outcome.moved).toBeGreaterThan(0.9 * outcome.planned);
    expect(await activeCopies(names)).toBe(2);
    expect(network.requested).toHaveLength(outcome.moved);
    // The old copies are still there, and leave.
    expect(network.node("a").chunks.size).toBe(400);
    const again = await rebalancing.plan(never);
    expect(again.moves.length).toBeLessThan(outcome.moved / 4);
  });

  it("goes on with other moves where a node fails, and leaves the failed ones as they were", async () => {
    const { rebalancing, names } = await openRebalancing();
    network.node("c").isAway = true;
    const outcome = await rebalancing.run(never);
    expect(outcome.moved).toBeLessThan(outcome.planned);
    expect(network.node("c").chunks.size).toBe(0);
    expect(network.node("d").chunks.size).toBe(outcome.moved);
    expect(await activeCopies(names)).toBe(2);
    expect(network.logLines.filter(({ msg }) => String(msg).includes("could not be moved")).length).toBeLessThan(6);
  });

  it("gives way to repair", async () => {
    let busy = true;
    const { rebalancing } = await openRebalancing({ mayMove: () => !busy });
    expect(await rebalancing.run(never)).toEqual({ planned: 0, moved: 0, movedBytes: 0 });
    busy = false;
    expect((await rebalancing.run(never)).moved).toBeGreaterThan(0);
  });

  it("keeps to its rate, and stops at once", async () => {
    await openRebalancing();
    const slept: number[] = [];
    const stopping = new AbortController();
    const sleep = (ms: number) => {
      slept.push(ms);
      network.clock.advance(ms);
      if (slept.filter((each) => each > 0).length === 5) stopping.abort(new Error("stopping"));
      return Promise.resolve();
    };
    const slow = createRebalancing(
      {
        ...network,
        sleep,
        fills: () => [
          { id: "a" as NodeId, usedBytes: 40_000, capacityBytes: CAPACITY },
          { id: "c" as NodeId, usedBytes: 0, capacityBytes: CAPACITY },
        ],
        survey: () =>
          surveyNodes(
            NODES.map((id) => ({ id, freeBytes: CAPACITY, operatorId: id as never, labels: {}, reliability: 1 })),
          ),
        mayMove: () => true,
      },
      { movesMax: 100, bytesMax: 1e9, bytesPerSecond: 1_000, concurrent: 1 },
    );
    await expect(slow.run(stopping.signal)).rejects.toThrow("stopping");
    // A second's worth may pass at once, then one chunk each 100 ms.
    expect(network.node("c").chunks.size).toBeGreaterThanOrEqual(10);
    expect(network.node("c").chunks.size).toBeLessThan(20);
  });
});
