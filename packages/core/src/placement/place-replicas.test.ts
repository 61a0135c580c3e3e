import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ChunkName, NodeId, UserId } from "../ids.ts";
import { DOMAIN_LABELS, type DomainLabel } from "./failure-domains.ts";
import { type PlacementNode, surveyNodes } from "./node-survey.ts";
import { type PlacementRequest, placeReplicas } from "./place-replicas.ts";

const CHUNK = "ab".repeat(32) as ChunkName;
const LENGTH_BYTES = 1000;

function node(id: string, changes: Partial<PlacementNode> = {}): PlacementNode {
  return {
    id: id as NodeId,
    freeBytes: 1e9,
    operatorId: `operator of ${id}` as UserId,
    labels: {},
    reliability: 0.9,
    ...changes,
  };
}

const request = (changes: Partial<PlacementRequest> = {}): PlacementRequest => ({
  chunkName: CHUNK,
  lengthBytes: LENGTH_BYTES,
  copies: 3,
  ...changes,
});

const idSet = (...ids: string[]): ReadonlySet<NodeId> => new Set(ids as NodeId[]);

function domainOf(each: PlacementNode, label: DomainLabel): string | undefined {
  return label === "operator" ? each.operatorId : each.labels[label];
}

/** By label: pairs in one domain, without the pairs among `held`. */
function clashesOf(held: readonly PlacementNode[], chosen: readonly PlacementNode[]): number[] {
  const all = [...held, ...chosen];
  return DOMAIN_LABELS.map((label) => {
    let pairs = 0;
    for (let b = held.length; b < all.length; b++) {
      const domain = domainOf(all[b]!, label);
      for (let a = 0; a < b; a++) if (domain !== undefined && domain === domainOf(all[a]!, label)) pairs += 1;
    }
    return pairs;
  });
}

function subsetsOf<T>(items: readonly T[], count: number): T[][] {
  if (count === 0) return [[]];
  return items.flatMap((item, i) => subsetsOf(items.slice(i + 1), count - 1).map((rest) => [item, ...rest]));
}

function isLess(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at !== -1 && a[at]! < b[at]!;
}

/** Every set of `count` candidates whose clashes are the fewest that there can be. */
function bestSets(
  held: readonly PlacementNode[],
  candidates: readonly PlacementNode[],
  count: number,
): PlacementNode[][] {
  let fewest: readonly number[] = DOMAIN_LABELS.map(() => Infinity);
  let best: PlacementNode[][] = [];
  for (const set of subsetsOf(candidates, count)) {
    const clashes = clashesOf(held, set);
    if (isLess(clashes, fewest)) {
      fewest = clashes;
      best = [];
    }
    if (!isLess(fewest, clashes)) best.push(set);
  }
  return best;
}

const anyNode = fc.record({
  operatorId: fc.constantFrom("ann", "bob", "cid", "dan", "eve") as fc.Arbitrary<UserId>,
  labels: fc.record(
    {
      network: fc.constantFrom("n1", "n2", "n3", "n4"),
      site: fc.constantFrom("s1", "s2", "s3"),
      power: fc.constantFrom("p1", "p2", "p3"),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<Record<string, string>>,
  freeBytes: fc.oneof(
    { weight: 1, arbitrary: fc.constantFrom(0, LENGTH_BYTES - 1) },
    { weight: 7, arbitrary: fc.integer({ min: LENGTH_BYTES, max: 1e12 }) },
  ),
  reliability: fc.double({ min: 0, max: 1, noNaN: true }),
  role: fc.oneof(
    { weight: 1, arbitrary: fc.constantFrom("held", "excluded") },
    { weight: 4, arbitrary: fc.constant("free") },
  ),
});

const scenario = fc
  .record({
    drafts: fc.array(anyNode, { maxLength: 10 }),
    copies: fc.integer({ min: 0, max: 4 }),
    chunkName: fc.stringMatching(/^[0-9a-f]{64}$/) as fc.Arbitrary<ChunkName>,
    ownerId: fc.constantFrom("ann", "bob", "nobody") as fc.Arbitrary<UserId>,
  })
  .map(({ drafts, copies, chunkName, ownerId }) => {
    const nodes = drafts.map((draft, i) => node(`node-${i}`, draft));
    const idsWith = (role: string): Set<NodeId> =>
      new Set(nodes.filter((_, i) => drafts[i]!.role === role).map(({ id }) => id));
    const held = idsWith("held");
    const exclude = idsWith("excluded");
    return {
      nodes,
      request: request({ copies, chunkName, ownerId, held, exclude }),
      holders: nodes.filter(({ id }) => held.has(id)),
      candidates: nodes.filter((each) => !held.has(each.id) && !exclude.has(each.id) && each.freeBytes >= LENGTH_BYTES),
    };
  });

describe("placeReplicas", () => {
  it("gives every candidate once, as a node or as a spare, and as many nodes as it can", () => {
    fc.assert(
      fc.property(scenario, ({ nodes, request, candidates }) => {
        const placement = placeReplicas(request, surveyNodes(nodes));
        expect(placement.nodes).toHaveLength(Math.min(request.copies, candidates.length));
        expect([...placement.nodes, ...placement.spares].toSorted()).toEqual(candidates.map(({ id }) => id).toSorted());
      }),
      { numRuns: 1000 },
    );
  });

  it("keeps replicas in domains of their own while trying every set finds a way, and else gives up the least", () => {
    fc.assert(
      fc.property(scenario, ({ nodes, request, holders, candidates }) => {
        const placement = placeReplicas(request, surveyNodes(nodes));
        const chosen = candidates.filter(({ id }) => placement.nodes.includes(id));
        const best = bestSets(holders, candidates, chosen.length);
        expect(best).toContainEqual(chosen);
        const clashes = clashesOf(holders, chosen);
        expect(placement.relaxed).toEqual(DOMAIN_LABELS.filter((_, label) => clashes[label]! > 0));
      }),
      { numRuns: 3000 },
    );
  });

  it("wants the owner's best node, then other people's by score, then the owner's other nodes", () => {
    fc.assert(
      fc.property(scenario, ({ nodes, request, holders, candidates }) => {
        const survey = surveyNodes(nodes);
        const placement = placeReplicas(request, survey);
        const byScore = placeReplicas({ ...request, copies: 0 }, survey).spares.map(
          (id) => candidates.find((each) => each.id === id)!,
        );
        const isOwn = ({ operatorId }: PlacementNode): boolean => operatorId === request.ownerId;
        const leads = holders.some(isOwn) ? [] : byScore.filter(isOwn);
        const wanted = [...byScore.filter((each) => !isOwn(each)), ...byScore.filter(isOwn)];
        const best = bestSets(holders, wanted, placement.nodes.length);
        const firstOf = best.map((set) => {
          const lead = leads.find((each) => set.includes(each));
          const rest = set.filter((each) => each !== lead);
          return {
            rank: lead === undefined ? Infinity : leads.indexOf(lead),
            set: lead === undefined ? set : [lead, ...rest],
          };
        });
        const expected = firstOf.toSorted((a, b) => (a.rank === b.rank ? 0 : a.rank - b.rank))[0]!;
        expect(placement.nodes).toEqual(expected.set.map(({ id }) => id));
      }),
      { numRuns: 3000 },
    );
  });

  it("does not depend on the order of the nodes", () => {
    const shuffled = scenario.chain((each) =>
      fc.tuple(fc.constant(each), fc.shuffledSubarray(each.nodes, { minLength: each.nodes.length })),
    );
    fc.assert(
      fc.property(shuffled, ([{ nodes, request }, other]) => {
        expect(placeReplicas(request, surveyNodes(other))).toEqual(placeReplicas(request, surveyNodes(nodes)));
      }),
      { numRuns: 500 },
    );
  });

  it("keeps its answer for a known chunk, so that all versions agree where it lies", () => {
    const survey = surveyNodes(Array.from({ length: 8 }, (_, i) => node(`node-${i}`, { reliability: i / 8 })));
    expect(placeReplicas(request(), survey)).toEqual({
      nodes: ["node-4", "node-3", "node-2"],
      spares: ["node-1", "node-5", "node-6", "node-7", "node-0"],
      relaxed: [],
    });
  });

  it("adds to what lies already when more copies are asked for", () => {
    const survey = surveyNodes(Array.from({ length: 20 }, (_, i) => node(`node-${i}`)));
    const { nodes, spares } = placeReplicas(request({ copies: 3 }), survey);
    expect(placeReplicas(request({ copies: 5 }), survey).nodes).toEqual([...nodes, ...spares.slice(0, 2)]);
    const repair = placeReplicas(request({ copies: 1, held: new Set(nodes.slice(0, 2)) }), survey);
    expect(repair.nodes).toEqual([nodes[2]]);
  });

  it("takes the domains of holders into account when it repairs", () => {
    const at = (site: string) => ({ labels: { site } });
    const survey = surveyNodes([node("a1", at("a")), node("a2", at("a")), node("b1", at("b")), node("c1", at("c"))]);
    const held = idSet("a1", "b1");
    expect(placeReplicas(request({ copies: 1, held }), survey)).toEqual({ nodes: ["c1"], spares: ["a2"], relaxed: [] });
    const lost = idSet("c1");
    const crowded = placeReplicas(request({ copies: 1, held, exclude: lost }), survey);
    expect(crowded).toEqual({ nodes: ["a2"], spares: [], relaxed: ["site"] });
  });

  it("passes over the owner's node where it would put two copies in one place", () => {
    const at = (site: string, operatorId: string) => ({ labels: { site }, operatorId: operatorId as UserId });
    const survey = surveyNodes([
      node("own", at("a", "ann")),
      node("x", { ...at("a", "bob"), labels: { site: "a", network: "n" } }),
      node("y", { ...at("b", "cid"), labels: { site: "b", network: "n" } }),
      node("z", at("c", "dan")),
    ]);
    expect(placeReplicas(request({ ownerId: "ann" as UserId }), survey).nodes[0]).toBe("own");
    const held = idSet("x");
    expect(placeReplicas(request({ ownerId: "ann" as UserId, copies: 1, held }), survey).nodes).toEqual(["z"]);
  });

  it("counts the room that a node keeps for its operator for nobody else", () => {
    const ann = "ann" as UserId;
    const kept = node("kept", { operatorId: ann, freeBytes: 0, freeBytesOwn: LENGTH_BYTES });
    const survey = surveyNodes([kept, node("x"), node("y"), node("z")]);
    expect(placeReplicas(request({ ownerId: ann }), survey).nodes[0]).toBe("kept");
    expect(placeReplicas(request({ ownerId: "bob" as UserId, copies: 4 }), survey).nodes).not.toContain("kept");
  });

  it("fills an owner's other nodes only when nobody else is left", () => {
    const own = ["own-1", "own-2", "own-3"].map((id) => node(id, { operatorId: "ann" as UserId }));
    const others = ["b-1", "b-2"].map((id) => node(id, { operatorId: "bob" as UserId }));
    const { nodes, relaxed } = placeReplicas(request({ ownerId: "ann" as UserId }), surveyNodes([...own, ...others]));
    expect(nodes[0]).toMatch(/^own/);
    expect(nodes.slice(1).toSorted()).toEqual(["b-1", "b-2"]);
    expect(relaxed).toEqual(["operator"]);
    expect(placeReplicas(request({ ownerId: "ann" as UserId }), surveyNodes(own)).nodes).toHaveLength(3);
  });
});
