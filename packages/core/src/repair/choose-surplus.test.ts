import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NodeId, UserId } from "../ids.ts";
import { DOMAIN_LABELS } from "../placement/failure-domains.ts";
import { type PlacementNode, surveyNodes } from "../placement/node-survey.ts";
import { placeReplicas } from "../placement/place-replicas.ts";
import { chunkOf, nodesOf, standingIn } from "./chunk-record.fixture.ts";
import { chooseSurplus } from "./choose-surplus.ts";
import { judgeChunk } from "./judge-chunk.ts";

function node(id: string, changes: Partial<PlacementNode> = {}): PlacementNode {
  return { id: id as NodeId, freeBytes: 1e12, operatorId: id as UserId, labels: {}, reliability: 0.9, ...changes };
}

interface Given {
  readonly replicas: string;
  readonly copies?: number;
  readonly pins?: string;
  readonly ownerId?: string;
  readonly nodes: readonly PlacementNode[];
}

function surplusOf({ nodes, ...given }: Given): readonly NodeId[] {
  const chunk = chunkOf(given);
  return chooseSurplus(chunk, judgeChunk(chunk, standingIn(given.replicas)), surveyNodes(nodes));
}

const plain = (...ids: string[]): PlacementNode[] => ids.map((id) => node(id));

describe("chooseSurplus", () => {
  it("drops nothing of a chunk that has what was promised", () => {
    expect(surplusOf({ replicas: "a:live b:live c:live d:suspect", nodes: plain("a", "b", "c", "d") })).toEqual([]);
  });

  it("drops what serves nothing, doubtful before pending before leaving before active", () => {
    const replicas = "a:live b:live c:live d:live w:live/leaving x:draining y:live/pending z:live/doubtful";
    const dropped = surplusOf({ replicas, nodes: plain("a", "b", "c", "d", "w", "x", "y", "z") });
    expect(dropped.slice(0, 4)).toEqual(nodesOf("z y w x"));
    expect(dropped).toHaveLength(5);
  });

  it("keeps copies in as many domains as there are", () => {
    const at = (id: string, site: string): PlacementNode => node(id, { labels: { site } });
    const nodes = [at("a", "s1"), at("b", "s2"), at("c", "s2"), at("d", "s3")];
    const [dropped, ...more] = surplusOf({ replicas: "a:live b:live c:live d:live", nodes });
    expect(["b", "c"]).toContain(dropped);
    expect(more).toEqual([]);
  });

  it("takes the domains of pinned copies into account", () => {
    const at = (id: string, site: string): PlacementNode => node(id, { labels: { site } });
    const nodes = [at("a", "s1"), at("b", "s1"), at("c", "s2")];
    expect(surplusOf({ replicas: "a:live b:live c:live", copies: 2, pins: "a", nodes })).toEqual(nodesOf("b"));
  });

  it("keeps the owner's copy on the owner's own node", () => {
    for (const ownerId of ["a", "b", "c", "d"]) {
      const dropped = surplusOf({
        replicas: "a:live b:live c:live d:live",
        copies: 1,
        ownerId,
        nodes: plain("a", "b", "c", "d"),
      });
      expect(dropped).toHaveLength(3);
      expect(dropped).not.toContain(ownerId);
    }
  });

  it("keeps the active copies that placement would choose, the worst going first", () => {
    const nodes = plain("a", "b", "c", "d", "e", "f");
    const ranked = placeReplicas({ chunkName: chunkOf({}).name, lengthBytes: 1, copies: 0 }, surveyNodes(nodes)).spares;
    const replicas = nodes.map(({ id }) => `${id}:live`).join(" ");
    expect(surplusOf({ replicas, copies: 2, nodes })).toEqual(ranked.slice(2).toReversed());
  });

  it("asks nothing of the free room of nodes: they hold it already", () => {
    const full = (id: string, site: string): PlacementNode => node(id, { freeBytes: 0, labels: { site } });
    const nodes = [full("a", "s1"), full("b", "s2"), full("c", "s2")];
    const dropped = surplusOf({ replicas: "a:live b:live c:live", copies: 2, nodes });
    expect(dropped).toHaveLength(1);
    expect(["b", "c"]).toContain(dropped[0]);
  });

  it("leaves active copies alone on nodes that the survey does not know", () => {
    expect(surplusOf({ replicas: "a:live b:live c:live d:live", copies: 2, nodes: plain("a") })).toEqual(nodesOf("a"));
    expect(surplusOf({ replicas: "a:live b:live", copies: 1, nodes: [] })).toEqual([]);
  });

  it("never drops a pin, nor active copies below the target, and keeps the fewest domains shared that it can", () => {
    const anyHolder = fc.record({
      operatorId: fc.constantFrom("ann", "bob", "cid") as fc.Arbitrary<UserId>,
      labels: fc.record({ site: fc.constantFrom("s1", "s2", "s3") }) as fc.Arbitrary<Record<string, string>>,
      role: fc.constantFrom("live", "live", "live", "live/leaving", "live/doubtful", "suspect", "draining", "offline"),
      isPinned: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    });
    fc.assert(
      fc.property(fc.array(anyHolder, { maxLength: 7 }), fc.integer({ min: 1, max: 4 }), (holders, copies) => {
        const nodes = holders.map((holder, i) => node(`n${i}`, holder));
        const pins = nodes.filter((_, i) => holders[i]!.isPinned).map(({ id }) => id);
        const replicas = nodes.map(({ id }, i) => `${id}:${holders[i]!.role}`).join(" ");
        const chunk = chunkOf({ copies, pins: pins.join(" "), replicas, ownerId: "nobody" });
        const health = judgeChunk(chunk, standingIn(replicas));
        const survey = surveyNodes(nodes);
        const dropped = chooseSurplus(chunk, health, survey);

        expect(new Set(dropped).size).toBe(dropped.length);
        for (const id of dropped) expect(pins).not.toContain(id);
        const live = nodes.filter((_, i) => holders[i]!.role === "live").map(({ id }) => id);
        const kept = live.filter((id) => !dropped.includes(id));
        expect(kept.length).toBe(live.length - health.excess);
        if (health.live >= health.target) expect(kept.length).toBeGreaterThanOrEqual(health.target);

        const clashesOf = (ids: readonly NodeId[]): number[] =>
          survey.index.domains.map((domains) => {
            const of = ids.map((id) => domains[survey.numberOf.get(id)!]!).filter((domain) => domain >= 0);
            return of.reduce(
              (pairs, domain, i) => pairs + of.slice(0, i).filter((other) => other === domain).length,
              0,
            );
          });
        const isFewer = (a: readonly number[], b: readonly number[]): boolean => {
          const at = DOMAIN_LABELS.findIndex((_, label) => a[label] !== b[label]);
          return at !== -1 && a[at]! < b[at]!;
        };
        for (const set of subsetsOf(live, kept.length)) {
          if (pins.every((pin) => !live.includes(pin) || set.includes(pin))) {
            expect(isFewer(clashesOf(set), clashesOf(kept))).toBe(false);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});

function subsetsOf<T>(items: readonly T[], count: number): T[][] {
  if (count === 0) return [[]];
  return items.flatMap((item, i) => subsetsOf(items.slice(i + 1), count - 1).map((rest) => [item, ...rest]));
}
