import type { NodeId } from "@commonhold/core/ids.ts";
import { describe, expect, it } from "vitest";
import { brakeOf, isHeldBack } from "./repair-brake.ts";
import type { Attendance } from "./repair-nodes.ts";

const WINDOW_MS = 1_000;

function nodes(kinds: {
  readonly here?: number;
  readonly away?: number;
  readonly awaited?: number;
  readonly gone?: number;
}) {
  const make = (count: number | undefined, node: Omit<Attendance, "nodeId">): Attendance[] =>
    Array.from({ length: count ?? 0 }, (_, number) => ({ nodeId: `n${number}` as NodeId, ...node }));
  return [
    ...make(kinds.here, { awayMs: undefined, isAwaited: false }),
    ...make(kinds.away, { awayMs: WINDOW_MS - 1, isAwaited: false }),
    ...make(kinds.awaited, { awayMs: 0, isAwaited: true }),
    ...make(kinds.gone, { awayMs: WINDOW_MS, isAwaited: false }),
  ];
}

describe("the brake", () => {
  it.each([
    [{}, undefined],
    [{ here: 2, away: 2 }, undefined],
    [
      { here: 2, away: 3 },
      { kind: "many_away", away: 3, nodes: 5 },
    ],
    [{ here: 9, awaited: 1 }, undefined],
    [
      { here: 8, awaited: 1 },
      { kind: "starting", away: 1, nodes: 9 },
    ],
  ] as const)("of %j is %j", (kinds, brake) => {
    expect(brakeOf(nodes(kinds), WINDOW_MS)).toEqual(brake);
  });

  it("does not count nodes that went away long ago, neither as away nor among all", () => {
    expect(brakeOf(nodes({ here: 2, gone: 100 }), WINDOW_MS)).toBeUndefined();
    expect(brakeOf(nodes({ here: 2, away: 3, gone: 100 }), WINDOW_MS)).toMatchObject({ away: 3, nodes: 5 });
    expect(brakeOf(nodes({ here: 8, awaited: 1, gone: 100 }), WINDOW_MS)).toMatchObject({ kind: "starting", nodes: 9 });
  });

  it("holds back what is not critical, and at a start everything", () => {
    expect(isHeldBack(undefined, "degraded")).toBe(false);
    const held = (kind: "starting" | "many_away") =>
      (["critical", "degraded"] as const).map((urgency) => isHeldBack({ kind, away: 1, nodes: 1 }, urgency));
    expect(held("many_away")).toEqual([false, true]);
    expect(held("starting")).toEqual([true, true]);
  });
});
