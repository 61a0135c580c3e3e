import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NodeStanding } from "../failure/node-standing.ts";
import type { ChunkName, NodeId, UserId } from "../ids.ts";
import { type PlacementNode, surveyNodes } from "../placement/node-survey.ts";
import type { ChunkRecord, Replica } from "./chunk-record.ts";
import { chunkOf } from "./chunk-record.fixture.ts";
import {
  planRebalancing,
  type RebalancingLimits,
  type RebalancingNetwork,
  RebalancingPlan,
} from "./plan-rebalancing.ts";

const CHUNK_BYTES = 1_000;
const UNLIMITED: RebalancingLimits = { movesMax: Infinity, bytesMax: Infinity };

/** Nodes of the same size, with what they hold, and the chunks that they hold it in. */
interface World {
  readonly nodes: readonly (PlacementNode & { readonly capacityBytes: number; readonly standing: NodeStanding })[];
  readonly chunks: readonly ChunkRecord[];
}

interface NodeDraft {
  readonly site?: string;
  readonly operatorId?: string;
  readonly capacityChunks?: number;
  readonly standing?: NodeStanding;
}

/** `holders` tells the nodes of each chunk by their numbers. */
function worldOf(drafts: readonly NodeDraft[], holders: readonly (readonly number[])[], ownerId = "nobody"): World {
  const held = drafts.map((_, i) => holders.filter((each) => each.includes(i)).length);
  return {
    nodes: drafts.map(({ site, operatorId, capacityChunks = 100, standing = "live" }, i) => ({
      id: `n${i}` as NodeId,
      freeBytes: Math.max(0, capacityChunks - held[i]!) * CHUNK_BYTES,
      capacityBytes: capacityChunks * CHUNK_BYTES,
      operatorId: (operatorId ?? `o${i}`) as UserId,
      labels: site === undefined ? {} : { site },
      reliability: 0.9,
      standing,
    })),
    chunks: holders.map((numbers, i) => ({
      ...chunkOf({
        name: i.toString(16).padStart(64, "0"),
        copies: numbers.length,
        sealedLength: CHUNK_BYTES,
        ownerId,
      }),
      replicas: numbers.map((number): Replica => ({ nodeId: `n${number}` as NodeId, state: "active", sinceMs: 0 })),
    })),
  };
}

function networkOf({ nodes, chunks }: World): RebalancingNetwork {
  const usedBy = (id: NodeId): number =>
    chunks.filter((chunk) => chunk.replicas.some(({ nodeId }) => nodeId === id)).length;
  return {
    fills: nodes.map(({ id, capacityBytes }) => ({ id, capacityBytes, usedBytes: usedBy(id) * CHUNK_BYTES })),
    survey: surveyNodes(nodes),
    standingOf: (id) => nodes.find((node) => node.id === id)?.standing ?? "gone",
  };
}

function planOf(world: World, limits: RebalancingLimits = UNLIMITED): RebalancingPlan {
  return planRebalancing(world.chunks, networkOf(world), limits);
}

/** The world once the moves have been made. */
function afterMoves(world: World, plan: RebalancingPlan): World {
  const moveOf = new Map(plan.moves.map((move) => [move.name, move]));
  const change = (id: NodeId): number =>
    plan.moves.reduce((sum, { from, to, length }) => sum + (to === id ? length : 0) - (from === id ? length : 0), 0);
  return {
    nodes: world.nodes.map((node) => ({ ...node, freeBytes: node.freeBytes - change(node.id) })),
    chunks: world.chunks.map((chunk) => {
      const move = moveOf.get(chunk.name);
      if (move === undefined) return chunk;
      const replicas = chunk.replicas.filter(({ nodeId }) => nodeId !== move.from);
      return { ...chunk, replicas: [...replicas, { nodeId: move.to, state: "active", sinceMs: 1 }] };
    }),
  };
}

function fillsOf(world: World): number[] {
  return networkOf(world).fills.map(({ usedBytes, capacityBytes }) => usedBytes / capacityBytes);
}

const times = (count: number, holders: readonly number[]): (readonly number[])[] =>
  Array.from({ length: count }, () => holders);
const fourNodes: readonly NodeDraft[] = [{}, {}, {}, {}];

describe("planRebalancing", () => {
  it("leaves nodes alone that are within the tolerance", () => {
    const world = worldOf(fourNodes, [...times(50, [0]), ...times(48, [1]), ...times(46, [2]), ...times(44, [3])]);
    const plan = planOf(world);
    expect(plan.meanFill).toBeCloseTo(0.47, 12);
    expect(plan.donors()).toEqual([]);
    expect(plan.moves).toEqual([]);
    expect(plan.isComplete).toBe(true);
  });

  it("relieves full nodes where there is an empty one, to within half the tolerance", () => {
    const world = worldOf(fourNodes, [...times(80, [0, 1]), ...times(80, [2])]);
    const plan = planOf(world);
    const mean = 0.6;
    for (const fill of fillsOf(afterMoves(world, plan))) expect(fill).toBeLessThanOrEqual(mean + 0.025 + 1e-9);
    expect(plan.bytes).toBe(plan.moves.length * CHUNK_BYTES);
    expect(new Set(plan.moves.map(({ to }) => to))).toEqual(new Set(["n3"]));
  });

  it("takes the fullest holder's copy of a chunk", () => {
    const world = worldOf(fourNodes, [...times(40, [1, 0]), ...times(40, [0])]);
    expect(
      planOf(world)
        .moves.slice(0, 5)
        .map(({ from }) => from),
    ).toEqual(["n0", "n0", "n0", "n0", "n0"]);
  });

  it("keeps to its limits of moves and bytes", () => {
    const world = worldOf(fourNodes, times(80, [0, 1, 2]));
    expect(planOf(world, { movesMax: 7, bytesMax: Infinity }).moves).toHaveLength(7);
    const plan = planOf(world, { movesMax: Infinity, bytesMax: 4.5 * CHUNK_BYTES });
    expect(plan.moves).toHaveLength(4);
    expect(planOf(world, { movesMax: 0, bytesMax: Infinity }).moves).toEqual([]);
  });

  it("finds chunk by chunk what it finds in a list", () => {
    const world = worldOf(fourNodes, times(80, [0, 1, 2]));
    const plan = new RebalancingPlan(networkOf(world), UNLIMITED);
    const found = world.chunks.map((chunk) => plan.consider(chunk)).filter((move) => move !== undefined);
    expect(found).toEqual(planOf(world).moves);
    expect(plan.isComplete).toBe(true);
    expect(plan.consider(world.chunks[0]!)).toBeUndefined();
  });

  it.each<[string, (chunk: ChunkRecord) => ChunkRecord]>([
    ["pinned", (chunk) => ({ ...chunk, pins: ["n0", "n1"] as NodeId[] })],
    ["short of copies", (chunk) => ({ ...chunk, copies: 3 })],
    ["over its promise", (chunk) => ({ ...chunk, copies: 1 })],
    [
      "already on its way",
      (chunk) => ({
        ...chunk,
        copies: 1,
        replicas: chunk.replicas.map((each, i) => (i === 0 ? { ...each, state: "leaving" } : each)),
      }),
    ],
    ["the owner's on the owner's own nodes", (chunk) => ({ ...chunk, ownerId: "o0" as UserId })],
    ["used by nothing", (chunk) => ({ ...chunk, isReferenced: false })],
  ])("leaves chunks alone that are %s", (_, change) => {
    const world = worldOf([{}, { operatorId: "o0" }, {}], times(90, [0, 1]));
    expect(planOf(world).moves.length).toBeGreaterThan(10);
    expect(planOf({ ...world, chunks: world.chunks.map(change) }).moves).toEqual([]);
  });

  it.each<NodeStanding>(["suspect", "draining", "offline", "gone"])(
    "gives nothing to a node that is %s, nor counts its room",
    (standing) => {
      const world = worldOf([{}, {}, { standing }], times(90, [0, 1]));
      const plan = planOf(world);
      expect(plan.meanFill).toBeCloseTo(0.9, 12);
      expect(plan.moves).toEqual([]);
    },
  );

  it("does not put two copies in one place that were in two", () => {
    const apart = worldOf([{ site: "a" }, { site: "b" }, { site: "b" }], times(80, [0, 1]));
    const moves = planOf(apart).moves;
    expect(moves.length).toBeGreaterThan(10);
    expect(new Set(moves.map(({ from }) => from))).toEqual(new Set(["n1"]));
    const together = worldOf([{ site: "a" }, { site: "a" }, { site: "a" }], times(80, [0, 1]));
    expect(planOf(together).moves.length).toBeGreaterThan(10);
  });

  it("puts a copy in a place of its own as long as there is one", () => {
    const world = worldOf([{ site: "a" }, { site: "a" }, { site: "a" }, { site: "b" }], times(80, [0, 1]));
    const moves = planOf(world).moves;
    expect(moves.length).toBeGreaterThan(10);
    expect(new Set(moves.map(({ to }) => to))).toEqual(new Set(["n3"]));
  });

  it("gives nothing to a node to which the chunk is just being sent", () => {
    const world = worldOf([{}, {}, { standing: "suspect" }, {}], times(80, [0, 1, 2]));
    expect(planOf(world).moves.length).toBeGreaterThan(10);
    const pending: Replica = { nodeId: "n3" as NodeId, state: "pending", sinceMs: 0 };
    const chunks = world.chunks.map((chunk) => ({ ...chunk, replicas: [...chunk.replicas, pending] }));
    expect(planRebalancing(chunks, networkOf(world), UNLIMITED).moves).toEqual([]);
  });

  it("gives nothing beyond the free room of a node, whatever its capacity says", () => {
    const world = worldOf(fourNodes, times(80, [0, 1, 2]));
    const tight = {
      ...world,
      nodes: world.nodes.map((node) => (node.id === "n3" ? { ...node, freeBytes: 2_500 } : node)),
    };
    expect(planOf(tight).moves).toHaveLength(2);
  });

  it("copes with a node of no capacity", () => {
    const world = worldOf([{ capacityChunks: 0 }, {}, {}], times(50, [1]));
    const plan = planOf(world);
    expect(plan.meanFill).toBe(0.25);
    expect(plan.moves.every(({ to }) => to === "n2")).toBe(true);
  });
});

describe("planRebalancing, whatever the network", () => {
  const anyWorld = fc
    .record({
      drafts: fc.array(
        fc.record({
          site: fc.constantFrom("s1", "s2", "s3"),
          operatorId: fc.constantFrom("ann", "bob", "cid", "dan"),
          capacityChunks: fc.integer({ min: 40, max: 200 }),
          standing: fc.oneof(
            { weight: 8, arbitrary: fc.constant("live" as const) },
            { weight: 1, arbitrary: fc.constantFrom("offline" as const, "suspect" as const) },
          ),
        }),
        { minLength: 2, maxLength: 7 },
      ),
      copies: fc.integer({ min: 1, max: 3 }),
      chunks: fc.integer({ min: 10, max: 120 }),
      skew: fc.double({ min: 0.3, max: 3, noNaN: true }),
    })
    .map(({ drafts, copies, chunks, skew }) => {
      const holders = Array.from({ length: chunks }, (_, chunk) => {
        const numbers = new Set<number>();
        for (let draw = 0; numbers.size < Math.min(copies, drafts.length); draw++) {
          const fraction = ((chunk * 7919 + draw * 104_729) % 10_007) / 10_007;
          numbers.add(Math.floor(fraction ** skew * drafts.length));
        }
        return [...numbers];
      });
      return worldOf(drafts, holders);
    });

  const check = (property: (world: World, plan: RebalancingPlan) => void): void => {
    fc.assert(
      fc.property(anyWorld, (world) => property(world, planOf(world))),
      { numRuns: 150 },
    );
  };

  it("plans nothing more once it is carried out", () => {
    check((world, plan) => {
      fc.pre(plan.isComplete);
      expect(planOf(afterMoves(world, plan)).moves).toEqual([]);
    });
  });

  it("moves a copy of each chunk once at most, from one that has too much to one that has not, never to a holder", () => {
    check((world, plan) => {
      const fills = new Map(world.nodes.map(({ id }, i) => [id, fillsOf(world)[i]!]));
      expect(new Set(plan.moves.map(({ name }) => name)).size).toBe(plan.moves.length);
      for (const { name, from, to, length } of plan.moves) {
        const holders = world.chunks
          .find((chunk) => chunk.name === (name as ChunkName))!
          .replicas.map(({ nodeId }) => nodeId);
        expect(holders).toContain(from);
        expect(holders).not.toContain(to);
        expect(length).toBe(CHUNK_BYTES);
        expect(fills.get(from)!).toBeGreaterThan(plan.meanFill + 0.05);
        expect(fills.get(to)!).toBeLessThan(plan.meanFill + 0.025);
      }
    });
  });

  it("never fills a node beyond half the tolerance over the mean, and never makes copies share more operators", () => {
    const shared = (world: World, chunk: ChunkRecord): number => {
      const operators = chunk.replicas.map(({ nodeId }) => world.nodes.find(({ id }) => id === nodeId)!.operatorId);
      return operators.reduce(
        (pairs, one, i) => pairs + operators.slice(0, i).filter((other) => other === one).length,
        0,
      );
    };
    check((world, plan) => {
      const after = afterMoves(world, plan);
      for (const [i, fill] of fillsOf(after).entries()) {
        if (plan.moves.some(({ to }) => to === world.nodes[i]!.id)) {
          expect(fill).toBeLessThanOrEqual(plan.meanFill + 0.025 + 1e-9);
        }
      }
      for (const [i, chunk] of after.chunks.entries()) {
        expect(shared(world, chunk)).toBeLessThanOrEqual(shared(world, world.chunks[i]!));
      }
    });
  });
});
