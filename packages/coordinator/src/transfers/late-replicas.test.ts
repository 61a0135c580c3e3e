import { AppError } from "@commonhold/core/app-error.ts";
import type { ChunkName, NodeId, UserId } from "@commonhold/core/ids.ts";
import type { CommandPayload } from "@commonhold/metadata/metadata.ts";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import { describe, expect, it } from "vitest";
import { createLogFixture } from "../http/http.fixture.ts";
import type { HandoffSpool } from "./handoff-spool.ts";
import { createLateReplicas } from "./late-replicas.ts";
import type { LateReplica } from "./replica-writer.ts";

const chunk = { name: "ab".repeat(32) as ChunkName, sealed: new Uint8Array(10), epoch: 1, ownerId: "owner" as UserId };
const [a, b, c] = ["a", "b", "c"] as [NodeId, NodeId, NodeId];
const missing = (intended: NodeId): LateReplica => ({ intended, outcome: { kind: "missing" } });
const active = (intended: NodeId, nodeId: NodeId): LateReplica => ({ intended, outcome: { kind: "active", nodeId } });

function openLate(options: { readonly failing?: NodeId; readonly room?: boolean; readonly disk?: AppError } = {}) {
  const activated: unknown[] = [];
  const spooled: ChunkName[] = [];
  const repaired: ChunkName[] = [];
  const { logger, logLines } = createLogFixture();
  const spool: Pick<HandoffSpool, "put"> = {
    put: async (name: ChunkName) => {
      if (options.disk !== undefined) throw options.disk;
      if (options.room !== false) spooled.push(name);
      return options.room !== false;
    },
  };
  const late = createLateReplicas({
    metadata: {
      apply: async (_name, payload) => {
        const { node_id, instead_of } = payload as CommandPayload<"assignment.activate">;
        if (node_id === options.failing) throw new AppError("OVERLOADED", "too many changes");
        activated.push([node_id, instead_of]);
        return null as never;
      },
    },
    spool,
    requestRepair: (names) => void repaired.push(...names),
    clock: systemClock,
    logger,
  });
  return { late, activated, spooled, repaired, logLines };
}

describe("late replicas", () => {
  it("records what arrived, where it arrived, and spools what did not", async () => {
    const { late, activated, spooled } = openLate();
    const settled = Promise.resolve([active(a, a), active(b, c), missing(c)]);
    const released = late.follow(chunk, { active: [], pending: [a, b, c], settled });
    expect(late.isBeingSent(chunk.name)).toBe(true);
    await released;
    expect(activated).toEqual([
      [a, a],
      [c, b],
    ]);
    expect(spooled).toEqual([chunk.name]);
    expect(late.isBeingSent(chunk.name)).toBe(false);
  });

  it("spools a missing copy also where another could not be recorded", async () => {
    const { late, activated, spooled, logLines } = openLate({ failing: a });
    const settled = Promise.resolve([active(a, a), active(b, b), missing(c)]);
    await late.follow(chunk, { active: [], pending: [a, b, c], settled });
    expect(activated).toEqual([[b, b]]);
    expect(spooled).toEqual([chunk.name]);
    expect(logLines).toHaveLength(1);
  });

  it("leaves a missing copy to repair at once when the spool is full, and says so", async () => {
    const { late, repaired, logLines } = openLate({ room: false });
    await late.follow(chunk, { active: [a], pending: [c], settled: Promise.resolve([missing(c)]) });
    expect(repaired).toEqual([chunk.name]);
    expect(logLines[0]?.["msg"]).toMatch(/spool is full/);
  });

  it("leaves it to repair too when the spool's disk fails", async () => {
    const { late, repaired, logLines } = openLate({ disk: new AppError("STORAGE_FAILURE", "the disk is broken") });
    await late.follow(chunk, { active: [a], pending: [c], settled: Promise.resolve([missing(c)]) });
    expect(repaired).toEqual([chunk.name]);
    expect(logLines).toHaveLength(1);
  });

  it("asks repair for nothing that was spooled or arrived", async () => {
    const { late, repaired } = openLate();
    await late.follow(chunk, { active: [], pending: [a, c], settled: Promise.resolve([active(a, a), missing(c)]) });
    expect(repaired).toEqual([]);
  });

  it("is idle when the last of several writings of one chunk has ended", async () => {
    const { late } = openLate();
    const ends: (() => void)[] = [];
    const follow = () =>
      late.follow(chunk, {
        active: [],
        pending: [a],
        settled: new Promise((resolve) => ends.push(() => resolve([active(a, a)]))),
      });
    void follow();
    void follow();
    let isIdle = false;
    const idle = late.idle().then(() => (isIdle = true));
    ends[0]!();
    await Promise.resolve();
    expect(isIdle).toBe(false);
    ends[1]!();
    await idle;
    expect(late.isBeingSent(chunk.name)).toBe(false);
  });
});
