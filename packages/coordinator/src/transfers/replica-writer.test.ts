import { AppError } from "@commonhold/core/app-error.ts";
import type { ChunkName, NodeId, UserId } from "@commonhold/core/ids.ts";
import { createLogger } from "@commonhold/runtime/logger.ts";
import { beforeEach, describe, expect, it } from "vitest";
import { createPlacementView, type MemberNode } from "./placement-view.ts";
import { writeReplicas } from "./replica-writer.ts";

const chunk = { name: "ab".repeat(32) as ChunkName, sealed: new Uint8Array(100), epoch: 1, ownerId: "owner" as UserId };
const never = new AbortController().signal;
const logger = createLogger({ level: "silent", name: "test" });

type Store = (nodeId: NodeId, chunk: unknown, signal: AbortSignal) => Promise<void>;

function members(presences: readonly MemberNode["presence"][]): readonly MemberNode[] {
  return presences.map((presence, index) => ({
    id: `node-${index}` as NodeId,
    freeBytes: 1000,
    operatorId: `operator-${index}` as UserId,
    labels: {},
    reliability: 1,
    presence,
  }));
}

/** What was kept in memory. */
const hot: ChunkName[] = [];
beforeEach(() => void hot.splice(0));

function write(nodes: readonly MemberNode[], store: Store, options: { copies?: number; lateCopyMsMax?: number } = {}) {
  const placement = createPlacementView(
    () => nodes,
    () => true,
  );
  return writeReplicas(
    {
      transfers: { store },
      placement,
      lingerMs: 1,
      lateCopyMsMax: options.lateCopyMsMax ?? 60_000,
      hot: { add: (name) => void hot.push(name) },
      logger,
    },
    { chunk, ownerId: "owner" as UserId, copies: options.copies ?? 3, quorum: 2 },
    never,
  );
}

const unreachable = () => Promise.reject(new AppError("NODE_UNREACHABLE", "gone"));
const untilAborted: Store = (_id, _chunk, signal) =>
  new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));

describe("writeReplicas", () => {
  it("stores on as many nodes as copies are wanted", async () => {
    const stored: NodeId[] = [];
    const result = await write(members(Array(5).fill("receiving")), async (id) => void stored.push(id));
    const settled = await result.settled;
    const all = [...result.active, ...settled.map(({ outcome }) => outcome.kind === "active" && outcome.nodeId)];
    expect(new Set(all)).toEqual(new Set(stored));
    expect(new Set(stored).size).toBe(3);
    expect(hot).toEqual([chunk.name]);
  });

  it("is answered by a quorum while the third copy is still on its way", async () => {
    let finish: (() => void) | undefined;
    let calls = 0;
    const result = await write(members(Array(3).fill("receiving")), () => {
      calls += 1;
      if (calls > 1) return Promise.resolve();
      return new Promise((resolve) => {
        finish = resolve;
      });
    });
    expect(result.active).toHaveLength(2);
    expect(result.pending).toHaveLength(1);
    finish?.();
    expect(await result.settled).toEqual([
      { intended: result.pending[0], outcome: { kind: "active", nodeId: result.pending[0] } },
    ]);
  });

  it("replaces a node that fails by another, never by one in use", async () => {
    const stored: NodeId[] = [];
    let failures = 0;
    const result = await write(members(Array(4).fill("receiving")), async (id) => {
      if (failures++ === 0) return unreachable();
      stored.push(id);
    });
    await result.settled;
    expect(new Set(stored).size).toBe(3);
    expect(stored).toHaveLength(3);
  });

  it("hands the third copy off to a member that is away", async () => {
    const nodes = members(["receiving", "receiving", "away", "other"]);
    const result = await write(nodes, () => Promise.resolve());
    expect(result.active).toHaveLength(2);
    expect(result.pending).toEqual(["node-2"]);
    expect(await result.settled).toEqual([{ intended: "node-2", outcome: { kind: "missing" } }]);
  });

  it("gives a copy up that takes too long after the acknowledgement, and blames the node", async () => {
    let calls = 0;
    let reason: unknown;
    const store: Store = (id, sent, signal) => {
      if (calls++ > 0) return Promise.resolve();
      signal.addEventListener("abort", () => (reason = signal.reason));
      return untilAborted(id, sent, signal);
    };
    const result = await write(members(Array(3).fill("receiving")), store, { lateCopyMsMax: 1 });
    expect(await result.settled).toEqual([{ intended: result.pending[0], outcome: { kind: "missing" } }]);
    expect(reason).toMatchObject({ code: "TIMEOUT" });
  });

  it("says how many nodes there are when they are too few", async () => {
    await expect(write(members(["receiving", "away"]), () => Promise.resolve())).rejects.toMatchObject({
      code: "NOT_ENOUGH_NODES",
      details: { reachable: 1, needed: 2 },
    });
    expect(hot).toEqual([]);
  });

  it("fails, and stops what is under way, when a quorum has become impossible", async () => {
    let aborted = false;
    let calls = 0;
    const store: Store = (id, sent, signal) => {
      if (calls++ > 0) return unreachable();
      signal.addEventListener("abort", () => {
        aborted = true;
      });
      return untilAborted(id, sent, signal);
    };
    await expect(write(members(Array(4).fill("receiving")), store)).rejects.toMatchObject({ code: "NOT_ENOUGH_NODES" });
    expect(aborted).toBe(true);
  });
});
