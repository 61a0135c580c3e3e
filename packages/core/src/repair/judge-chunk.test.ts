import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NODE_STANDINGS, type NodeStanding } from "../failure/node-standing.ts";
import type { NodeId } from "../ids.ts";
import { chunkOf, nodesOf, standingIn } from "./chunk-record.fixture.ts";
import { REPLICA_STATES, type ReplicaState } from "./chunk-record.ts";
import { type ChunkHealth, judgeChunk } from "./judge-chunk.ts";

interface Case {
  readonly rule: string;
  /** node:standing, or node:standing/state where that is not active. */
  readonly copies: string;
  readonly promised?: number;
  readonly pins?: string;
  /** Nodes that hold nothing, as in `copies`. */
  readonly others?: string;
  readonly expected: Partial<ChunkHealth> & Pick<ChunkHealth, "urgency">;
}

function judge({ copies, promised = 3, pins = "", others = "" }: Omit<Case, "rule" | "expected">): ChunkHealth {
  return judgeChunk(chunkOf({ copies: promised, pins, replicas: copies }), standingIn(`${copies} ${others}`));
}

const ids = (text: string): readonly NodeId[] => nodesOf(text);

const CASES: readonly Case[] = [
  {
    rule: "as many copies on live nodes as promised",
    copies: "a:live b:live c:live",
    expected: { urgency: "whole", counted: 3, live: 3, safe: 3, missing: 0, droppable: [], excess: 0 },
  },
  {
    rule: "a copy on a suspect node counts while two sure ones are left, and is read after them",
    copies: "a:suspect b:live c:live",
    expected: { urgency: "whole", counted: 3, live: 2, safe: 2, missing: 0, readable: ids("b c a") },
  },
  {
    rule: "a copy on an offline node does not count",
    copies: "a:live b:live c:offline",
    expected: { urgency: "degraded", counted: 2, missing: 1, readable: ids("a b") },
  },
  {
    rule: "nor one on a node that is gone",
    copies: "a:live b:live c:gone",
    expected: { urgency: "degraded", missing: 1 },
  },
  {
    rule: "nor one that is pending",
    copies: "a:live b:live c:live/pending",
    expected: { urgency: "degraded", missing: 1, readable: ids("a b") },
  },
  {
    rule: "nor one that is doubtful, which is read last",
    copies: "a:live/doubtful b:suspect c:live d:live",
    promised: 4,
    expected: { urgency: "degraded", counted: 3, missing: 1, readable: ids("c d b a") },
  },
  {
    rule: "one sure copy of several: suspects count no more",
    copies: "a:live b:suspect c:suspect",
    expected: { urgency: "critical", counted: 3, live: 1, safe: 1, missing: 2, readable: ids("a b c") },
  },
  {
    rule: "one sure copy of two: at once, though the other may only be late",
    copies: "a:live b:suspect",
    promised: 2,
    expected: { urgency: "critical", missing: 1 },
  },
  {
    rule: "no sure copy of several: try the suspects",
    copies: "a:suspect b:offline c:gone",
    expected: { urgency: "critical", safe: 0, missing: 3, readable: ids("a") },
  },
  {
    rule: "a copy that leaves is sure all the same, so nothing is critical",
    copies: "a:live b:live/leaving c:suspect",
    expected: { urgency: "relocating", counted: 2, safe: 2, missing: 1, readable: ids("a b c") },
  },
  {
    rule: "a single copy on a suspect node is all that was promised: wait",
    copies: "a:suspect",
    promised: 1,
    expected: { urgency: "whole", missing: 0, readable: ids("a") },
  },
  {
    rule: "a single copy on an offline node",
    copies: "a:offline",
    promised: 1,
    expected: { urgency: "unreadable", missing: 0, readable: [] },
  },
  {
    rule: "only a doubtful copy left: read it last, make nothing from it",
    copies: "a:live/doubtful b:offline",
    promised: 2,
    expected: { urgency: "unreadable", missing: 0, readable: ids("a") },
  },
  {
    rule: "only rows of what is still to be sent",
    copies: "a:live/pending b:live/pending",
    promised: 2,
    expected: { urgency: "unreadable", missing: 0, readable: [] },
  },
  {
    rule: "a draining node's copy is moved, and read after live ones",
    copies: "a:draining b:live c:live",
    expected: { urgency: "relocating", counted: 2, safe: 3, missing: 1, readable: ids("b c a") },
  },
  {
    rule: "a single copy on a draining node is moved too",
    copies: "a:draining",
    promised: 1,
    expected: { urgency: "relocating", missing: 1, readable: ids("a") },
  },
  {
    rule: "a copy that leaves is replaced before it goes",
    copies: "a:live/leaving b:live c:live",
    expected: { urgency: "relocating", missing: 1, droppable: [] },
  },
  {
    rule: "too few even with those that leave",
    copies: "a:live/leaving b:live c:offline",
    expected: { urgency: "degraded", missing: 2 },
  },
  {
    rule: "a copy that left has its replacement: it may go",
    copies: "a:live/leaving b:live c:live d:live",
    expected: { urgency: "surplus", missing: 0, droppable: ids("a"), excess: 0 },
  },
  {
    rule: "so may one on a node that drains",
    copies: "a:draining b:live c:live d:live",
    expected: { urgency: "surplus", droppable: ids("a"), excess: 0 },
  },
  {
    rule: "a node came back after repair: one of the active ones may go",
    copies: "a:live b:live c:live d:live",
    expected: { urgency: "surplus", missing: 0, droppable: ids("a b c d"), excess: 1 },
  },
  {
    rule: "the most useless goes first",
    copies: "a:live b:live c:live d:live e:live/leaving f:live/pending g:live/doubtful",
    expected: { urgency: "surplus", droppable: ids("g f e a b c d"), excess: 1 },
  },
  {
    rule: "a suspect's copy is no surplus, nor a reason to drop another",
    copies: "a:live b:live c:live d:suspect",
    expected: { urgency: "whole", counted: 4, droppable: [], excess: 0 },
  },
  {
    rule: "a suspect's copy is none of those that must stand before anything is dropped",
    copies: "a:live b:live c:suspect d:live/leaving",
    expected: { urgency: "whole", droppable: [] },
  },
  {
    rule: "a copy that is away stays written down, in case it is needed when it returns",
    copies: "a:live b:live c:live d:offline e:gone f:offline/doubtful g:gone/pending",
    expected: { urgency: "whole", droppable: [] },
  },
  {
    rule: "a row that only waits for a node which is away goes, once nobody needs it",
    copies: "a:live b:live c:live d:offline/pending",
    expected: { urgency: "surplus", droppable: ids("d"), excess: 0 },
  },
  {
    rule: "a pinned node that lacks its copy gets one, though there are enough",
    copies: "a:live b:live c:live",
    pins: "d",
    others: "d:live",
    expected: { urgency: "relocating", counted: 3, missing: 1, pinned: ids("d") },
  },
  {
    rule: "a pinned node counts among the missing ones, not beyond them",
    copies: "a:live b:live",
    pins: "d",
    others: "d:live",
    expected: { urgency: "degraded", missing: 1, pinned: ids("d") },
  },
  {
    rule: "a pin on a node that is away has to wait",
    copies: "a:live b:live c:live",
    pins: "d",
    others: "d:offline",
    expected: { urgency: "whole", missing: 0, pinned: [] },
  },
  {
    rule: "a pinned copy that is doubtful, leaving or pending is made again",
    copies: "a:live b:live c:live d:live/doubtful e:live/leaving f:live/pending",
    pins: "d e f",
    expected: { urgency: "relocating", missing: 3, pinned: ids("d e f"), droppable: [] },
  },
  {
    rule: "more pins than copies: every pin gets one",
    copies: "a:live",
    promised: 1,
    pins: "a b",
    others: "b:live",
    expected: { urgency: "critical", target: 2, missing: 1, pinned: ids("b") },
  },
  {
    rule: "more pins than copies, and none of them met",
    copies: "a:live",
    promised: 1,
    pins: "b c",
    others: "b:live c:live",
    expected: { urgency: "critical", target: 2, missing: 2, pinned: ids("b c") },
  },
  {
    rule: "a pinned copy is never dropped",
    copies: "a:live b:live c:live/leaving",
    promised: 1,
    pins: "a c",
    expected: { urgency: "relocating", target: 2, droppable: [], excess: 0 },
  },
  {
    rule: "of pinned and other copies the others go",
    copies: "a:live b:live c:live",
    promised: 1,
    pins: "b",
    expected: { urgency: "surplus", droppable: ids("a c"), excess: 2 },
  },
];

describe("judgeChunk", () => {
  it.each(CASES)("$rule ($copies)", ({ expected, ...given }) => {
    expect(judge(given)).toMatchObject(expected);
  });
});

interface Copy {
  readonly standing: NodeStanding;
  /** undefined for a node that holds nothing. */
  readonly state: ReplicaState | undefined;
  readonly isPinned: boolean;
}

const anyCopies = fc.record({
  promised: fc.integer({ min: 1, max: 5 }),
  copies: fc.array(
    fc.record({
      standing: fc.constantFrom(...NODE_STANDINGS),
      state: fc.option(fc.oneof(fc.constant("active" as const), fc.constantFrom(...REPLICA_STATES)), {
        nil: undefined,
        freq: 6,
      }),
      isPinned: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.boolean() }),
    }),
    { maxLength: 8 },
  ),
});

const idOf = (i: number): NodeId => `n${i}` as NodeId;

function judgeCopies(promised: number, copies: readonly Copy[]): ChunkHealth {
  const entries = [...copies.entries()];
  const chunk = {
    ...chunkOf({ copies: promised }),
    pins: entries.filter(([, { isPinned }]) => isPinned).map(([i]) => idOf(i)),
    replicas: entries.flatMap(([i, { state }]) =>
      state === undefined ? [] : [{ nodeId: idOf(i), state, sinceMs: 0 }],
    ),
  };
  return judgeChunk(chunk, (id) => copies[Number(id.slice(1))]!.standing);
}

/** What a standing may turn into for the better, one step at a time. */
const BETTER: Readonly<Record<NodeStanding, readonly NodeStanding[]>> = {
  gone: ["offline"],
  offline: ["suspect", "draining"],
  suspect: ["live"],
  draining: ["live"],
  live: [],
};

describe("judgeChunk, whatever the copies", () => {
  const check = (property: (health: ChunkHealth, copies: readonly Copy[]) => void): void => {
    fc.assert(
      fc.property(anyCopies, ({ promised, copies }) => property(judgeCopies(promised, copies), copies)),
      { numRuns: 2000 },
    );
  };
  const copyOf = (copies: readonly Copy[], id: NodeId): Copy => copies[Number(id.slice(1))]!;

  it("something is missing just when it is relocating, degraded or critical", () => {
    check(({ missing, urgency }) => {
      expect(missing > 0).toBe(["relocating", "degraded", "critical"].includes(urgency));
    });
  });

  it("what is missing, once made on live nodes, leaves nothing missing", () => {
    fc.assert(
      fc.property(anyCopies, ({ promised, copies }) => {
        const { missing, pinned } = judgeCopies(promised, copies);
        const mended = copies.map((copy, i) =>
          pinned.includes(idOf(i)) ? { ...copy, state: "active" as const } : copy,
        );
        const made: Copy = { standing: "live", state: "active", isPinned: false };
        const added = Array.from({ length: missing - pinned.length }, () => made);
        fc.pre(missing > 0);
        expect(judgeCopies(promised, [...mended, ...added]).missing).toBe(0);
      }),
      { numRuns: 2000 },
    );
  });

  it("each copy is judged one way: read at most once, dropped at most once, and no pin is dropped", () => {
    check(({ readable, droppable, pinned }, copies) => {
      expect(new Set(readable).size).toBe(readable.length);
      expect(new Set(droppable).size).toBe(droppable.length);
      for (const id of droppable) expect(copyOf(copies, id)).toMatchObject({ isPinned: false });
      for (const id of pinned) expect(copyOf(copies, id)).toMatchObject({ isPinned: true, standing: "live" });
      for (const id of readable) expect(["live", "draining", "suspect"]).toContain(copyOf(copies, id).standing);
    });
  });

  it("dropping what may be dropped leaves as many active copies on live nodes as promised", () => {
    fc.assert(
      fc.property(anyCopies, fc.gen(), ({ promised, copies }, choose) => {
        const { droppable, excess, target, missing } = judgeCopies(promised, copies);
        fc.pre(droppable.length > 0);
        const isActive = (id: NodeId): boolean =>
          copyOf(copies, id).state === "active" && copyOf(copies, id).standing === "live";
        const active = choose(fc.shuffledSubarray, droppable.filter(isActive)).slice(0, excess);
        const dropped = [...droppable.filter((id) => !isActive(id)), ...active];
        const left = copies.map((copy, i) => (dropped.includes(idOf(i)) ? { ...copy, state: undefined } : copy));
        const after = judgeCopies(promised, left);
        expect(after.live).toBeGreaterThanOrEqual(target);
        expect(after.missing).toBe(missing);
        expect(after.excess).toBe(excess - active.length);
        if (active.length === excess) expect(after.droppable).toEqual([]);
      }),
      { numRuns: 800 },
    );
  });

  it("a node that stands better never raises what is missing, where there was something to read and no pin waits", () => {
    fc.assert(
      fc.property(anyCopies, fc.nat(), fc.nat(), ({ promised, copies }, which, how) => {
        fc.pre(copies.length > 0);
        const at = which % copies.length;
        const steps = BETTER[copies[at]!.standing];
        fc.pre(steps.length > 0);
        const improved = copies.with(at, { ...copies[at]!, standing: steps[how % steps.length]! });
        const before = judgeCopies(promised, copies);
        const after = judgeCopies(promised, improved);
        fc.pre(before.urgency !== "unreadable" && after.pinned.length <= before.pinned.length);
        expect(after.missing).toBeLessThanOrEqual(before.missing);
      }),
      { numRuns: 3000 },
    );
  });

  it("another active copy on a live node never raises what is missing, nor makes it more urgent", () => {
    const dangers = ["surplus", "whole", "relocating", "degraded", "critical"];
    fc.assert(
      fc.property(anyCopies, ({ promised, copies }) => {
        const before = judgeCopies(promised, copies);
        fc.pre(before.urgency !== "unreadable");
        const after = judgeCopies(promised, [...copies, { standing: "live", state: "active", isPinned: false }]);
        expect(after.missing).toBeLessThanOrEqual(before.missing);
        expect(dangers.indexOf(after.urgency)).toBeLessThanOrEqual(dangers.indexOf(before.urgency));
      }),
      { numRuns: 2000 },
    );
  });

  it("is unreadable just when every copy is away, wrong or not there yet", () => {
    check(({ urgency, readable }, copies) => {
      const isHeld = readable.some((id) => copyOf(copies, id).state !== "doubtful");
      expect(urgency === "unreadable").toBe(!isHeld);
    });
  });
});
