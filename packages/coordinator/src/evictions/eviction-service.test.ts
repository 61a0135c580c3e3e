import type { ChunkName, NodeId, UserId } from "@commonhold/core/ids.ts";
import { afterEach, describe, expect, it } from "vitest";
import {
  nameOf,
  namesOf,
  openReplicaNetwork,
  type ReplicaNetwork,
  SEALED_LENGTH,
} from "../anti-entropy/replica-network.fixture.ts";
import { createEvictionService } from "./eviction-service.ts";

const [a, b, c, d] = ["a", "b", "c", "d"] as [NodeId, NodeId, NodeId, NodeId];
let network: ReplicaNetwork;
afterEach(() => network.close());

async function openEvictions(options: { readonly hasRoom?: boolean; readonly operator?: string } = {}) {
  network = await openReplicaNetwork([a, b, c, d]);
  return createEvictionService({
    ...network,
    operatorOf: () => options.operator as UserId | undefined,
    hasRoomElsewhere: () => options.hasRoom ?? true,
  });
}

const strategy = "lru";

describe("evictions", () => {
  it("release copies that others hold as often as promised, in the node's order, no more than is wanted", async () => {
    const evictions = await openEvictions();
    const names = namesOf(5);
    await network.addFile("f", { names, nodes: [a, b, c, d] });
    const candidates = [...names].reverse();
    const answer = await evictions.evict(a, { wantedBytes: 2 * SEALED_LENGTH, candidates, strategy });
    expect(answer.release).toHaveLength(2);
    expect(new Set(answer.release)).toEqual(new Set(candidates.slice(0, 2)));
    expect(answer.leavingBytes).toBe(0);
    expect(await network.statesOf(candidates[0]!)).toEqual({ b: "active", c: "active", d: "active" });
    // The node deletes them itself: nothing is queued, but what was sent there before is refused.
    expect(await network.catalog.waitingDeletions()).toEqual(new Map());
    const stale = { name: candidates[0]!, nodeId: a, epoch: answer.epoch - 1, nowMs: 0 };
    await expect(network.catalog.recordReplica(stale)).rejects.toMatchObject({ code: "CONCURRENT_CHANGE" });
  });

  it("make needed copies leave, which stay until they are replaced; asking again takes no more", async () => {
    const evictions = await openEvictions();
    const names = namesOf(5);
    await network.addFile("f", { names, nodes: [a, b, c] });
    const request = { wantedBytes: 2 * SEALED_LENGTH, candidates: names, strategy } as const;
    const first = await evictions.evict(a, request);
    expect(first).toMatchObject({ release: [], leaving: names.slice(0, 2), leavingBytes: 2 * SEALED_LENGTH });
    expect(network.requested).toEqual(names.slice(0, 2));
    expect((await network.statesOf(names[0]!))["a"]).toBe("leaving");
    const second = await evictions.evict(a, request);
    expect(second.leaving).toEqual(first.leaving);
    expect((await network.statesOf(names[2]!))["a"]).toBe("active");
    await network.setReplica(names[0]!, d, "active");
    expect((await evictions.evict(a, request)).release).toEqual([names[0]]);
  });

  it("are taken back when the node has room again: what no other stands in for counts, rebalanced copies go", async () => {
    const evictions = await openEvictions();
    const [kept, replaced, moved] = namesOf(3) as [ChunkName, ChunkName, ChunkName];
    await network.addFile("f", { names: [kept, replaced, moved], nodes: [a, b, c] });
    const request = { wantedBytes: 2 * SEALED_LENGTH, candidates: [kept, replaced], strategy } as const;
    expect((await evictions.evict(a, request)).leaving).toEqual([kept, replaced]);
    await network.catalog.leaveReplicas(a, [moved], 1);
    await network.setReplica(replaced, d, "active");
    expect(await evictions.relieve(b)).toBe(0);
    expect(await evictions.relieve(a)).toBe(1);
    const stateAtA = async (name: ChunkName) => (await network.statesOf(name))["a"];
    expect(await Promise.all([kept, replaced, moved].map(stateAtA))).toEqual(["active", "leaving", "leaving"]);
    expect(await evictions.relieve(a)).toBe(0);
  });

  it("never touch a pinned chunk, the last promised copies, or what is being written", async () => {
    const evictions = await openEvictions({ hasRoom: false });
    const [pinned, needed, written] = [nameOf("pinned"), nameOf("needed"), nameOf("written")];
    await network.addFile("f", { names: [pinned], nodes: [a, b, c, d] });
    await network.addFile("g", { names: [needed], nodes: [a, b, c] });
    await network.addFile("h", { names: [written], nodes: [a, b, c, d] });
    await network.metadata.apply("file.pin", { file_id: "f", owner_id: "ada", node_id: a });
    network.writing.begin(written);
    const candidates = [pinned, needed, written, nameOf("unknown"), needed];
    const answer = await evictions.evict(a, { wantedBytes: 10_000, candidates, strategy });
    expect(answer).toMatchObject({ release: [], leaving: [] });
    expect((await network.statesOf(needed))["a"]).toBe("active");
  });

  it("count only nodes that are there", async () => {
    const evictions = await openEvictions({ hasRoom: false });
    const name = nameOf(1);
    await network.addFile("f", { names: [name], nodes: [a, b, c, d] });
    network.standings.set(d, "suspect");
    expect((await evictions.evict(a, { wantedBytes: 1, candidates: [name], strategy })).release).toEqual([]);
  });

  it("order by what the node cannot know, its operator's own chunks last", async () => {
    const evictions = await openEvictions();
    const [dear, cheap] = [nameOf("dear"), nameOf("cheap")];
    await network.addFile("f", { names: [dear], nodes: [a, b, c] });
    await network.addFile("g", { names: [cheap], nodes: [a, b, c] });
    await network.metadata.apply("file.set_redundancy", {
      file_id: "g",
      owner_id: "ada",
      copies: null,
      priority: "low",
      microcredits_per_gb_month: "0",
      transaction_id: "t",
      now_ms: 1,
    });
    const request = { wantedBytes: 1, candidates: [dear, cheap], strategy: "priority" } as const;
    expect((await evictions.evict(a, request)).leaving).toEqual([cheap]);
    await network.close();
    const own = await openEvictions({ operator: "ada" });
    await network.addFile("f", { names: [dear], nodes: [a, b, c] });
    expect((await own.evict(a, { wantedBytes: 1, candidates: [dear], strategy })).leaving).toEqual([dear]);
  });
});
