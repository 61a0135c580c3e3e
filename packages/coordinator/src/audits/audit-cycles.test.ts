import type { ChunkName } from "@commonhold/core/ids.ts";
import { afterEach, describe, expect, it } from "vitest";
import { type AuditNetwork, CYCLE_MS, honestAnswer, openAuditNetwork } from "./audit-network.fixture.ts";

const HOUR_MS = 3_600_000;

let network: AuditNetwork;
afterEach(() => network.close());

const askedOf = (node: AuditNetwork["nodes"][number]) => node.asked.flatMap(({ chunkNames }) => chunkNames);
const outcomes = () => network.settled.flatMap((settled) => settled.outcomes);

async function storeMany(count: number, length?: number): Promise<ChunkName[]> {
  const names = [];
  for (let chunk = 0; chunk < count; chunk++) {
    names.push(await network.store(network.nodes, length === undefined ? {} : { length }));
  }
  return names;
}

describe("a cycle", () => {
  it("asks every node once about each copy that it holds, in another order each time", async () => {
    network = await openAuditNetwork({ nodes: 3 });
    const { nodes } = network;
    for (let chunk = 0; chunk < 12; chunk++) await network.store(nodes.slice(chunk % 2));
    await network.pass(CYCLE_MS);
    const first = nodes.map(askedOf);
    for (const [index, node] of nodes.entries()) {
      expect(first[index]!.toSorted()).toEqual([...node.chunks.keys()].sort());
    }
    expect(new Set(outcomes())).toEqual(new Set(["passed"]));
    expect(first[1]).not.toEqual(first[2]);
    await network.pass(CYCLE_MS);
    const second = askedOf(nodes[1]!).slice(12);
    expect(second).not.toEqual(first[1]);
    expect(second.toSorted()).toEqual(first[1]!.toSorted());
  });

  it("is four times shorter for a node that is looked at more closely", async () => {
    network = await openAuditNetwork();
    await storeMany(5);
    const nowMs = network.api.clock.nowMs();
    const saved = { closer_look_until_ms: nowMs + 10 * CYCLE_MS, passed_total: 0, first_passed_at_ms: null };
    const never = { vetted_at_ms: null, suspended_at_ms: null, disqualified_at_ms: null };
    const scores = { audit_alpha: 1000, audit_beta: 0, error_alpha: 20, error_beta: 0 };
    await (network.api.metadata.read as never as WritableTables)
      .insertInto("node_reputations")
      .values({ node_id: network.nodes[0]!.id, ...scores, ...never, ...saved })
      .execute();
    await network.api.directory.refreshReputations();
    await network.pass(CYCLE_MS);
    expect(askedOf(network.nodes[0]!)).toHaveLength(20);
  });

  it("does not ask a second time about what was asked, when the coordinator is started anew in its middle", async () => {
    network = await openAuditNetwork();
    const names = await storeMany(20);
    await network.pass(CYCLE_MS / 2);
    const before = askedOf(network.nodes[0]!);
    await network.service.stop();
    const again = network.restarted();
    for (let passedMs = 0; passedMs < CYCLE_MS / 2; passedMs += 1_000) {
      again.tick();
      await again.idle();
      network.api.clock.advance(1_000);
    }
    const asked = askedOf(network.nodes[0]!);
    expect(new Set(asked).size).toBe(asked.length);
    expect(asked.length).toBeGreaterThan(before.length);
    // At most the slot that was due just then is left to the next cycle.
    expect(names.length - asked.length).toBeLessThanOrEqual(2);
  });
});

type WritableTables = { insertInto(table: string): { values(row: object): { execute(): Promise<unknown> } } };

describe("an answer that is late", () => {
  it("has the node asked about fewer chunks at once", async () => {
    network = await openAuditNetwork({ options: { cycleMs: 4 * HOUR_MS } });
    const [node] = network.nodes as [AuditNetwork["nodes"][number]];
    // Enough that one slot in two has several.
    await storeMany(500, 200);
    await network.pass(HOUR_MS, 30_000);
    const most = () => Math.max(...node.asked.map(({ chunkNames }) => chunkNames.length));
    expect(most()).toBeGreaterThan(3);
    node.answer = async (challenge) => {
      if (challenge.chunkNames.length > 1) network.api.clock.advance(2_500);
      return honestAnswer(challenge, node);
    };
    await network.pass(HOUR_MS / 2, 30_000);
    node.asked.length = 0;
    await network.pass(HOUR_MS / 2, 30_000);
    expect(most()).toBeLessThanOrEqual(2);
    expect(outcomes()).toContain("late");
    expect(network.repairs).toEqual([]);
  });
});

describe("a coordinator that slept", () => {
  it("does not ask at once for all that it missed", async () => {
    network = await openAuditNetwork();
    await storeMany(60);
    await network.pass(2_000);
    network.api.clock.advance(CYCLE_MS / 2);
    const before = askedOf(network.nodes[0]!).length;
    await network.pass(1_000);
    expect(askedOf(network.nodes[0]!).length - before).toBeLessThan(60 / 4);
    expect(network.service.status().missedSlots).toBeGreaterThan(90);
  });
});

describe("a copy that the node need no longer hold", () => {
  it("counts nothing when it says that it is lost", async () => {
    network = await openAuditNetwork();
    const [node] = network.nodes as [AuditNetwork["nodes"][number]];
    const name = await network.store([node]);
    node.answer = async (challenge) => {
      await network.api.metadata.apply("node.forget", {
        node_id: node.id,
        limit: 10,
        now_ms: network.api.clock.nowMs(),
      });
      node.chunks.delete(name);
      return honestAnswer(challenge, node);
    };
    await network.pass(CYCLE_MS);
    expect(outcomes()).toEqual([null]);
    expect(network.repairs).toEqual([]);
  });
});

describe("a node", () => {
  it("is vetted after enough audits and days", async () => {
    network = await openAuditNetwork({ terms: { vettingCount: 6, vettingMs: 2 * CYCLE_MS } });
    await storeMany(3);
    await network.pass(2 * CYCLE_MS);
    expect(network.standings.at(-1)?.standing).toBe("vetting");
    await network.pass(2 * CYCLE_MS);
    expect(network.standings.at(-1)?.standing).toBe("trusted");
    expect(network.standings.flatMap(({ changes }) => changes)).toEqual([expect.stringContaining("6 over")]);
  });
});
