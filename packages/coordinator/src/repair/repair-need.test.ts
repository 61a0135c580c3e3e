import type { NodeStanding } from "@commonhold/core/failure/node-standing.ts";
import type { ChunkName, NodeId, UserId } from "@commonhold/core/ids.ts";
import type { ChunkRecord, Replica } from "@commonhold/core/repair/chunk-record.ts";
import { judgeChunk } from "@commonhold/core/repair/judge-chunk.ts";
import { describe, expect, it } from "vitest";
import { belowSinceMs } from "./repair-need.ts";

const CREATED_MS = 1_000;

/** When each node went away; the others are here. */
function sinceOf(replicas: readonly Replica[], away: Readonly<Record<string, [NodeStanding, number]>>): number {
  const chunk: ChunkRecord = {
    name: "ab".repeat(32) as ChunkName,
    ownerId: "ann" as UserId,
    sealedLength: 1,
    copies: 3,
    priority: "normal",
    pins: [],
    replicas,
    isReferenced: true,
    createdAtMs: CREATED_MS,
  };
  const nodes = {
    standingOf: (id: NodeId) => away[id]?.[0] ?? "live",
    awaySinceMs: (id: NodeId) => away[id]?.[1],
  };
  return belowSinceMs(
    chunk,
    judgeChunk(chunk, (id) => nodes.standingOf(id)),
    { nodes },
  );
}

const copy = (id: string, state: Replica["state"] = "active", sinceMs = CREATED_MS): Replica => ({
  nodeId: id as NodeId,
  state,
  sinceMs,
});

describe("since when a chunk is below its promise", () => {
  it("is when the copy was lost that is missing", () => {
    expect(sinceOf([copy("a"), copy("b"), copy("c")], { c: ["offline", 5_000] })).toBe(5_000);
    expect(sinceOf([copy("a"), copy("b"), copy("c", "doubtful", 6_000)], {})).toBe(6_000);
  });

  it("is not when one was lost that has been made anew since", () => {
    const replicas = [copy("dead"), copy("a"), copy("b"), copy("anew", "active", 6_000)];
    const away = { dead: ["offline", 5_000], b: ["offline", 9_000] } satisfies Record<string, [NodeStanding, number]>;
    expect(sinceOf(replicas, away)).toBe(9_000);
  });

  it("is when the first of two was lost where two are missing", () => {
    expect(sinceOf([copy("a"), copy("b"), copy("c")], { b: ["offline", 7_000], c: ["offline", 5_000] })).toBe(5_000);
  });

  it("is when the first of two went away where the other is a suspect, which makes it critical", () => {
    const away = { b: ["offline", 5_000], c: ["suspect", 8_000] } satisfies Record<string, [NodeStanding, number]>;
    expect(sinceOf([copy("a"), copy("b"), copy("c")], away)).toBe(5_000);
  });

  it("is since it was stored where a copy was never there", () => {
    expect(sinceOf([copy("a"), copy("b")], {})).toBe(CREATED_MS);
  });
});
