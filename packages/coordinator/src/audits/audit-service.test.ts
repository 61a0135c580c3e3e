import type { NodeId } from "@commonhold/core/ids.ts";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../http/api.fixture.ts";
import { createLogFixture } from "../http/http.fixture.ts";
import { TEST_AUDITS } from "./audit-network.fixture.ts";
import type { PlannedQuestion } from "./audit-planner.ts";
import { AuditService } from "./audit-service.ts";
import type { AuditedNode } from "./audited-node.ts";

const QUESTION: PlannedQuestion = {
  selectionId: undefined,
  selection: { day: "2026-01-31", window: 1, number: 1, leafCount: 1 },
  chunkNames: [],
  sealedBytes: 1_000,
  attempt: 1,
};

/** Nodes that are always due; each question waits until it is answered. */
function open(count: number, options: Partial<typeof TEST_AUDITS> = {}) {
  const clock = new ManualClock();
  const { logger, logLines } = createLogFixture();
  const asked: NodeId[] = [];
  const waiting: (() => void)[] = [];
  const nodes = Array.from({ length: count }, (_, index) => ({ id: `node-${index}` as NodeId, isPresent: true }));
  const parts = { failure: undefined as Error | undefined, isPlanned: true };
  const service = new AuditService(
    {
      planner: {
        next: async () => {
          if (parts.failure !== undefined) throw parts.failure;
          return parts.isPlanned ? QUESTION : undefined;
        },
      },
      auditor: {
        ask: (node: AuditedNode, { sealedBytes }, signal) => {
          node.takeBytes(sealedBytes);
          asked.push(node.id);
          return new Promise((resolve) => {
            waiting.push(resolve);
            signal.addEventListener("abort", () => resolve());
          });
        },
      },
      nodes: () => nodes,
      clock,
      logger,
    },
    { ...TEST_AUDITS, ...options },
  );
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const tick = async () => {
    service.tick();
    await settle();
  };
  const answerAll = async () => {
    for (const resolve of waiting.splice(0)) resolve();
    await settle();
  };
  return { service, clock, nodes, parts, asked, waiting, logLines, tick, answerAll };
}

describe("AuditService", () => {
  it("asks no node two things at once, and no more nodes at once than it may", async () => {
    const { service, asked, waiting, tick, answerAll } = open(20);
    await tick();
    await tick();
    expect(new Set(asked).size).toBe(8);
    expect(asked).toHaveLength(8);
    await answerAll();
    expect(waiting).toHaveLength(8);
    expect(new Set(asked).size).toBe(16);
    await service.stop();
  });

  it("has a node read no more bytes in a second than it may", async () => {
    const { service, clock, asked, tick, answerAll } = open(1, { bytesPerSecondPerNode: 1_000 });
    for (let second = 0; second < 20; second++) {
      await tick();
      while (asked.length < 100) {
        const before = asked.length;
        await answerAll();
        if (asked.length === before) break;
      }
      clock.advance(1_000);
    }
    // A second's worth is saved up at first.
    expect(asked.length).toBeGreaterThanOrEqual(20);
    expect(asked.length).toBeLessThanOrEqual(21);
    await service.stop();
  });

  it("is held to an operator's limits until they are lifted", async () => {
    const { service, clock, asked, tick, answerAll } = open(20);
    service.configure({ isPaused: false, throttle: { concurrent: 2 } });
    await tick();
    expect(asked).toHaveLength(2);
    service.configure({ isPaused: true });
    await answerAll();
    await tick();
    expect(asked).toHaveLength(2);
    service.configure({ isPaused: false, throttle: { bytesPerSecond: 1_000 } });
    await tick();
    expect(asked).toHaveLength(3);
    clock.advance(5_000);
    await tick();
    expect(asked).toHaveLength(4);
    service.configure({ isPaused: false });
    await tick();
    expect(asked).toHaveLength(10);
    await service.stop();
  });

  it("asks nobody who is away", async () => {
    const { service, nodes, asked, tick } = open(2);
    nodes[0]!.isPresent = false;
    await tick();
    expect(asked).toEqual(["node-1"]);
    nodes.length = 1;
    await tick();
    expect(asked).toEqual(["node-1"]);
    expect(service.status().nodes).toBe(2);
    await service.stop();
    await tick();
    expect(service.status()).toMatchObject({ underWay: 0, nodes: 1 });
  });

  it("leaves a node alone for a while when what it was to be asked cannot be found out", async () => {
    const { service, clock, parts, asked, logLines, tick } = open(1);
    parts.failure = new Error("the disk");
    await tick();
    await tick();
    expect(logLines.filter(({ msg }) => msg === "a node could not be audited")).toHaveLength(1);
    parts.failure = undefined;
    clock.advance(9_000);
    await tick();
    expect(asked).toEqual([]);
    clock.advance(2_000);
    await tick();
    expect(asked).toHaveLength(1);
    await service.stop();
  });

  it("gives up what is under way when it stops, and begins nothing more", async () => {
    const { service, asked, tick } = open(20);
    await tick();
    await service.stop();
    expect(service.status().underWay).toBe(0);
    await tick();
    expect(asked).toHaveLength(8);
  });
});
