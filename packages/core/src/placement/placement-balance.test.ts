import { beforeAll, describe, expect, it } from "vitest";
import type { ChunkName, NodeId, UserId } from "../ids.ts";
import { type PlacementNode, surveyNodes } from "./node-survey.ts";
import { placeReplicas } from "./place-replicas.ts";

const COPIES = 3;
/** Only so that a busy machine does not fail the run: it takes some seconds. */
const TIMEOUT_MS = 120_000;

/** Numbers in [0, 1) from a seed (mulberry32). */
function fractionsFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function chunkNames(count: number, seed: number): ChunkName[] {
  const fraction = fractionsFrom(seed);
  const word = (): string =>
    Math.floor(fraction() * 2 ** 32)
      .toString(16)
      .padStart(8, "0");
  return Array.from({ length: count }, () => (word() + word()).repeat(4) as ChunkName);
}

/** Nodes that share nothing, with free space over three orders of magnitude; the first is far larger than the rest. */
function apartNodes(count: number, seed: number): PlacementNode[] {
  const fraction = fractionsFrom(seed);
  return Array.from({ length: count }, (_, i) => ({
    id: `node-${seed}-${i}` as NodeId,
    freeBytes: i === 0 ? 5e14 : 1e10 * 1000 ** fraction(),
    operatorId: `operator-${i}` as UserId,
    labels: { network: `n${i}`, site: `s${i}`, power: `p${i}` },
    reliability: 0.4 + 0.6 * fraction(),
  }));
}

/** The same, but sharing operators, networks, sites and power. */
function clusteredNodes(count: number, seed: number): PlacementNode[] {
  const fraction = fractionsFrom(seed + 1);
  const oneOf = (values: number): number => Math.floor(fraction() * values);
  return apartNodes(count, seed).map((node) => ({
    ...node,
    operatorId: `operator-${oneOf(count * 0.7)}` as UserId,
    labels: { network: `n${oneOf(count * 0.6)}`, site: `s${oneOf(8)}`, power: `p${oneOf(16)}` },
  }));
}

function placeAll(chunks: readonly ChunkName[], nodes: readonly PlacementNode[]): (readonly NodeId[])[] {
  const survey = surveyNodes(nodes);
  return chunks.map((chunkName) => placeReplicas({ chunkName, lengthBytes: 1, copies: COPIES }, survey).nodes);
}

/** The share of replicas in `after` that are not where they were. */
function movedShare(before: readonly (readonly NodeId[])[], after: readonly (readonly NodeId[])[]): number {
  let moved = 0;
  for (const [i, nodes] of after.entries()) moved += nodes.filter((id) => !before[i]!.includes(id)).length;
  return moved / (after.length * COPIES);
}

function shareOf(id: NodeId, placed: readonly (readonly NodeId[])[]): number {
  return placed.filter((nodes) => nodes.includes(id)).length / (placed.length * COPIES);
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("load", () => {
  const survey = surveyNodes(apartNodes(50, 11));
  const weights = [...survey.weights];
  const chunks = chunkNames(100_000, 1);
  let measured: number[] = [];

  beforeAll(() => {
    const counts = new Map<NodeId, number>();
    for (const chunkName of chunks) {
      for (const id of placeReplicas({ chunkName, lengthBytes: 1, copies: COPIES }, survey).nodes) {
        counts.set(id, (counts.get(id) ?? 0) + 1);
      }
    }
    measured = survey.nodes.map(({ id }) => (counts.get(id) ?? 0) / chunks.length);
  }, TIMEOUT_MS);

  it("follows the weights within 10 % on each of 50 nodes, whose weights differ by more than a factor of 2", () => {
    expect(measured).toHaveLength(50);
    expect(Math.max(...weights) / Math.min(...weights)).toBeGreaterThan(2);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (const [node, probability] of measured.entries()) {
      const wanted = (COPIES * weights[node]!) / total;
      expect(Math.abs(probability / wanted - 1)).toBeLessThan(0.1);
    }
  });

  it("is that of an exponential race: 1 − exp(−t·w)", () => {
    let low = 0;
    let high = 100;
    for (let round = 0; round < 60; round++) {
      const t = (low + high) / 2;
      const expectedCopies = weights.reduce((sum, weight) => sum + 1 - Math.exp(-t * weight), 0);
      if (expectedCopies < COPIES) low = t;
      else high = t;
    }
    for (const [node, probability] of measured.entries()) {
      const expected = 1 - Math.exp(-low * weights[node]!);
      const standardError = Math.sqrt((expected * (1 - expected)) / chunks.length);
      expect(Math.abs(probability - expected)).toBeLessThan(4 * standardError);
    }
  });
});

describe("movement", { timeout: TIMEOUT_MS }, () => {
  /** For each of some nodes: what moves when it leaves, and what it held; both as multiples of 1/N. */
  function departures(nodes: readonly PlacementNode[], chunkCount: number): { moved: number; held: number }[] {
    const chunks = chunkNames(chunkCount, nodes.length);
    const before = placeAll(chunks, nodes);
    const step = Math.ceil(nodes.length / 6);
    return nodes
      .filter((_, i) => i % step === 0)
      .map(({ id }) => {
        const after = placeAll(
          chunks,
          nodes.filter((node) => node.id !== id),
        );
        return { moved: movedShare(before, after) * nodes.length, held: shareOf(id, before) * nodes.length };
      });
  }

  it.each([
    [10, 1],
    [10, 2],
    [50, 3],
    [50, 4],
    [50, 5],
    [120, 6],
  ])("of %i equal nodes at most 1.3/N moves when one leaves or joins (seed %i)", (count, seed) => {
    const nodes = apartNodes(count, seed).map((node) => ({ ...node, freeBytes: 1e12, reliability: 0.9 }));
    for (const { moved } of departures(nodes, 3000)) expect(moved).toBeLessThan(1.3);
    const chunks = chunkNames(3000, seed);
    const newcomer = { ...nodes[0]!, id: "newcomer" as NodeId, operatorId: "new" as UserId, labels: {} };
    const moved = movedShare(placeAll(chunks, nodes), placeAll(chunks, [...nodes, newcomer]));
    expect(moved).toBeGreaterThan(0);
    expect(moved * count).toBeLessThan(1.3);
  });

  it.each([
    [10, 1],
    [10, 2],
    [50, 3],
    [50, 4],
    [50, 5],
    [120, 6],
  ])("of %i unequal nodes little moves but what the leaving one held, even the largest (seed %i)", (count, seed) => {
    const rows = departures(apartNodes(count, seed), 3000);
    for (const { moved, held } of rows) {
      expect(moved).toBeGreaterThanOrEqual(held * 0.999);
      expect(moved - held).toBeLessThan(0.3);
    }
    expect(mean(rows.map(({ moved }) => moved))).toBeLessThan(1.3);
  });

  it.each([
    [50, 3],
    [50, 4],
    [120, 6],
  ])("of %i nodes with domains in common less than 1.3/N moves on average (seed %i)", (count, seed) => {
    const rows = departures(clusteredNodes(count, seed), 3000);
    expect(mean(rows.map(({ moved, held }) => moved - held))).toBeLessThan(0.3);
  });

  it("does not stir when nodes fill by a hundredth", () => {
    const fraction = fractionsFrom(9);
    const nodes = apartNodes(50, 9);
    const chunks = chunkNames(3000, 9);
    const fuller = nodes.map((node) => ({ ...node, freeBytes: node.freeBytes * (1 - 0.01 * fraction()) }));
    expect(movedShare(placeAll(chunks, nodes), placeAll(chunks, fuller))).toBeLessThan(0.002);
  });

  it("does not shift other nodes when one is excluded", () => {
    const survey = surveyNodes(apartNodes(50, 10));
    for (const chunkName of chunkNames(300, 10)) {
      const request = { chunkName, lengthBytes: 1, copies: COPIES };
      const { nodes, spares } = placeReplicas(request, survey);
      const again = placeReplicas({ ...request, exclude: new Set([nodes[0]!]) }, survey);
      expect(again.nodes).toEqual([nodes[1], nodes[2], spares[0]]);
    }
  });
});
