import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NodeId, UserId } from "../ids.ts";
import { type NodeSurvey, type PlacementNode, surveyNodes } from "./node-survey.ts";

const GB = 1e9;

function node(id: string, changes: Partial<PlacementNode> = {}): PlacementNode {
  return {
    id: id as NodeId,
    freeBytes: 100 * GB,
    operatorId: `operator of ${id}` as UserId,
    labels: { network: id, site: id, power: id },
    reliability: 0.8,
    ...changes,
  };
}

const weightOf = (survey: NodeSurvey, id: string): number => survey.weights[survey.numberOf.get(id as NodeId)!]!;

describe("surveyNodes", () => {
  it("weighs free capacity 0.4, diversity 0.3 and reliability 0.3", () => {
    const same = { site: "s", network: "n", power: "p" };
    const survey = surveyNodes([
      node("typical", { reliability: 1 }),
      node("small", { freeBytes: 10 * GB, reliability: 0 }),
      node("large", { freeBytes: 1000 * GB, labels: {} }),
      node("twin-a", { operatorId: "t" as UserId, labels: same }),
      node("twin-b", { operatorId: "t" as UserId, labels: same }),
    ]);
    expect(weightOf(survey, "typical")).toBeCloseTo(0.4 * 0.5 + 0.3 + 0.3);
    expect(weightOf(survey, "small")).toBeCloseTo(0.4 / 11 + 0.3);
    expect(weightOf(survey, "large")).toBeCloseTo((0.4 * 10) / 11 + 0.3 * 0.25 + 0.3 * 0.8);
    expect(weightOf(survey, "twin-a")).toBeCloseTo(0.4 * 0.5 + 0.3 * 0.75 + 0.3 * 0.8);
    expect(weightOf(survey, "twin-b")).toBe(weightOf(survey, "twin-a"));
  });

  it("keeps every weight from 0 to 1, above 0 where a byte is free", () => {
    const anyNode = fc.record({
      freeBytes: fc.oneof(fc.constant(0), fc.constant(1), fc.maxSafeNat()),
      operator: fc.constantFrom("a", "b", "c"),
      labels: fc.dictionary(fc.constantFrom("network", "site", "power"), fc.constantFrom("x", "y")),
      reliability: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(anyNode, { maxLength: 12 }), (drafts) => {
        const survey = surveyNodes(
          drafts.map((draft, i) => node(`n${i}`, { ...draft, operatorId: draft.operator as UserId })),
        );
        for (const [number, weight] of survey.weights.entries()) {
          expect(weight).toBeLessThanOrEqual(1);
          expect(weight).toBeGreaterThanOrEqual(0);
          if (survey.nodes[number]!.freeBytes > 0) expect(weight).toBeGreaterThan(0);
        }
      }),
    );
  });

  it("keeps the weights when every node fills by the same share", () => {
    const sizes = [20, 50, 700, 3000];
    const before = surveyNodes(sizes.map((size, i) => node(`n${i}`, { freeBytes: size * GB })));
    const after = surveyNodes(sizes.map((size, i) => node(`n${i}`, { freeBytes: 0.3 * size * GB })));
    for (const [number, weight] of after.weights.entries()) expect(weight).toBeCloseTo(before.weights[number]!, 12);
  });

  it("hardly changes a weight when a node a thousand times as large as the others leaves", () => {
    const others = Array.from({ length: 49 }, (_, i) => node(`n${i}`, { freeBytes: (50 + 10 * i) * GB }));
    const withGiant = surveyNodes([...others, node("giant", { freeBytes: 300_000 * GB })]);
    const without = surveyNodes(others);
    for (const { id } of others)
      expect(Math.abs(weightOf(without, id) / weightOf(withGiant, id) - 1)).toBeLessThan(0.03);
  });

  it("does not depend on the order of the nodes nor on what becomes of them later", () => {
    const nodes = Array.from({ length: 30 }, (_, i) => node(`n${i}`, { freeBytes: (i + 1) ** 3 * GB }));
    const copies = nodes.map((each) => ({ ...each }));
    const survey = surveyNodes(copies);
    copies[0]!.freeBytes = 0;
    expect(survey).toEqual(surveyNodes(nodes.toReversed()));
  });

  it("refuses a node that is listed twice and numbers out of range", () => {
    expect(() => surveyNodes([node("twice"), node("b"), node("twice")])).toThrow("node twice is listed twice");
    for (const wrong of [
      { freeBytes: -1 },
      { freeBytes: Number.NaN },
      { reliability: 1.01 },
      { reliability: Number.NaN },
    ]) {
      expect(() => surveyNodes([node("odd", wrong)])).toThrow("node odd has");
    }
  });

  it("surveys nobody", () => {
    expect(surveyNodes([]).nodes).toEqual([]);
  });
});
