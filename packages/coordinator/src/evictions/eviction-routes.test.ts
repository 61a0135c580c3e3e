import type { NodeId, UserId } from "@commonhold/core/ids.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AdminLog } from "../admin/admin-log.ts";
import { createHttpFixture } from "../http/http.fixture.ts";
import type { Http } from "../http/http-server.ts";
import { setPrincipal } from "../http/principal.ts";
import { registerRebalancingRoutes } from "../rebalancing/rebalancing-routes.ts";
import { registerEvictionRoutes } from "./eviction-routes.ts";
import type { EvictionRequest } from "./eviction-service.ts";

let app: Http;
const asked: [NodeId, EvictionRequest][] = [];
let started = 0;
const noted: unknown[] = [];
const log: Pick<AdminLog, "note" | "record"> = {
  note: (by, action, details = {}) => ({
    actor_kind: by.kind,
    actor_id: by.kind === "node" ? by.nodeId : by.userId,
    action,
    details,
    at_ms: 1,
  }),
  record: async (...action) => void noted.push(action),
};
beforeAll(async () => {
  ({ app } = await createHttpFixture({ connectionsMax: 10 }));
  registerEvictionRoutes(app, {
    authentication: {
      requireNode: async (request) => setPrincipal(request, { kind: "node", nodeId: "attic" as NodeId }),
    },
    evictions: {
      evict: async (nodeId, request) => {
        asked.push([nodeId, request]);
        return { release: [name(1)] as never, epoch: 7, leaving: [name(2)] as never, leavingBytes: 42 };
      },
    },
    log,
  });
  registerRebalancingRoutes(app, {
    authentication: {
      requireRole: () => async (request) =>
        setPrincipal(request, { kind: "user", userId: "root" as UserId, role: "admin" }),
    },
    log,
    rebalancing: {
      plan: async () => ({ meanFill: 0.5, moves: [{ name: name(1), from: "a", to: "b", length: 9 }] as never }),
    },
    start: () => void (started += 1),
  });
  await app.ready();
});
afterAll(() => app.close());

const name = (seed: number) => seed.toString(16).padStart(64, "0");
const post = async (url: string, body: unknown) => {
  const answer = await app.inject({ method: "POST", url, payload: JSON.stringify(body) });
  return { status: answer.statusCode, body: answer.json() };
};

describe("POST /nodes/evictions", () => {
  const url = "/api/v1/nodes/evictions";

  it("answers the node that asks what it may delete, behind which fence, and what others take first", async () => {
    const { status, body } = await post(url, { wanted_bytes: 100, candidates: [name(1), name(2)], strategy: "hybrid" });
    expect([status, body]).toEqual([200, { release: [name(1)], epoch: 7, leaving_bytes: 42 }]);
    expect(asked).toEqual([["attic", { wantedBytes: 100, candidates: [name(1), name(2)], strategy: "hybrid" }]]);
    const details = { wanted_bytes: 100, released: 1, leaving: 1 };
    expect(noted).toEqual([
      [
        { actor_kind: "node", actor_id: "attic", action: "node.evict", details, at_ms: 1 },
        { kind: "node", id: "attic" },
      ],
    ]);
    await post(url, { wanted_bytes: 1, candidates: [] });
    expect(asked[1]?.[1].strategy).toBe("lru");
  });

  it.each([
    { wanted_bytes: 0, candidates: [] },
    { wanted_bytes: 1, candidates: ["x"] },
    { wanted_bytes: 1, candidates: Array.from({ length: 1_001 }, () => name(1).slice(0, 1)) },
    { wanted_bytes: 1, candidates: [], strategy: "random" },
    { candidates: [] },
  ])("refuses %j", async (body) => {
    expect((await post(url, body)).status).toBe(400);
  });
});

describe("POST /rebalance", () => {
  const plan = {
    mean_fill: 0.5,
    moves_count: 1,
    bytes: 9,
    moves: [{ chunk: name(1), from: "a", to: "b", bytes: 9 }],
  };

  it("says what would be moved, and moves it unless that was all that was asked", async () => {
    expect(await post("/api/v1/rebalance", { dry_run: true })).toEqual({
      status: 200,
      body: { dry_run: true, ...plan },
    });
    expect(started).toBe(0);
    noted.length = 0;
    expect(await post("/api/v1/rebalance", {})).toEqual({ status: 202, body: { dry_run: false, ...plan } });
    expect(started).toBe(1);
    expect(noted).toEqual([
      [
        expect.objectContaining({ actor_id: "root", action: "network.rebalance", details: { moves: 1, bytes: 9 } }),
        { kind: "network", id: "" },
      ],
    ]);
  });
});
