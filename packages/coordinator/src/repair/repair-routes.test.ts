import { setPrincipal } from "../http/principal.ts";
import type { ChunkName, NodeId, UserId } from "@commonhold/core/ids.ts";
import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createHttpFixture } from "../http/http.fixture.ts";
import type { Http } from "../http/http-server.ts";
import { registerRepairMetrics } from "./repair-metrics.ts";
import { registerRepairRoutes } from "./repair-routes.ts";
import type { RepairStatus } from "./repair-status.ts";

const CHUNK = "3a".repeat(32) as ChunkName;
const IDLE: RepairStatus = {
  isPaused: false,
  isRunning: false,
  brake: undefined,
  census: undefined,
  queue: { length: 0, byUrgency: { critical: 0, degraded: 0, relocating: 0, unreadable: 0 }, waiting: 0, bytes: 0 },
  underWay: [],
  repairedCopies: 0,
  repairedBytes: 0,
  bytesPerSecond: 0,
  bytesLeft: 0,
  secondsLeft: undefined,
  unrepairable: { no_readable_copy: 0, no_node_with_room: 0, pinned_node_takes_nothing: 0 },
  unrepairableFirst: [],
};
const BUSY: RepairStatus = {
  ...IDLE,
  isRunning: true,
  brake: { kind: "many_away", away: 3, nodes: 4 },
  census: {
    total: 100,
    below: 12,
    belowByMissing: new Map([
      [1, 10],
      [7, 2],
    ]),
    unreadable: 1,
    relocating: 4,
    oldestSinceMs: 1_000,
    missingBytes: 12,
    unreferenced: 0,
    atMs: 2_000,
  },
  queue: { length: 11, byUrgency: { critical: 1, degraded: 10, relocating: 0, unreadable: 0 }, waiting: 2, bytes: 11 },
  underWay: [
    { chunk: CHUNK, from: "n1" as NodeId, to: "n2" as NodeId, bytes: 7, sinceMs: 3_000 },
    { chunk: CHUNK, from: "kept", to: "n3" as NodeId, bytes: 7, sinceMs: 3_000 },
  ],
  repairedCopies: 5,
  repairedBytes: 35,
  bytesPerSecond: 5,
  bytesLeft: 25,
  secondsLeft: 5,
  unrepairable: { no_readable_copy: 1, no_node_with_room: 0, pinned_node_takes_nothing: 0 },
  unrepairableFirst: [{ name: CHUNK, reason: "no_readable_copy", sinceMs: 1_000 }],
};

let app: Http;
let status: RepairStatus;
let role: "user" | "admin";
beforeEach(async () => {
  ({ app } = await createHttpFixture());
  status = IDLE;
  role = "admin";
  registerRepairRoutes(app, {
    authentication: {
      requireUser: async (request) => setPrincipal(request, { kind: "user", userId: "u" as UserId, role }),
    },
    status: () => status,
  });
});
afterEach(() => app.close());

const ask = async () => (await app.inject({ method: "GET", url: "/api/v1/repair" })).json();

describe("GET /api/v1/repair", () => {
  it("shows that there is nothing to do", async () => {
    expect(await ask()).toMatchObject({
      state: "idle",
      brake: null,
      swept_at: null,
      below_promise: { chunks: 0, by_missing: [], oldest_since: null },
      in_flight: [],
      seconds_left: null,
      unrepairable: { chunks: 0, items: [] },
    });
  });

  it("shows what is missing, what is done about it, and what cannot be helped", async () => {
    status = BUSY;
    expect(await ask()).toEqual({
      state: "running",
      brake: { reason: "many_away", away: 3, nodes: 4 },
      swept_at: "1970-01-01T00:00:02.000Z",
      chunks: 100,
      below_promise: {
        chunks: 12,
        by_missing: [
          { missing: 1, chunks: 10 },
          { missing: 7, chunks: 2 },
        ],
        oldest_since: "1970-01-01T00:00:01.000Z",
      },
      relocating: 4,
      queue: { chunks: 11, by_urgency: BUSY.queue.byUrgency, waiting: 2 },
      in_flight_count: 2,
      in_flight: [
        { chunk: CHUNK, from: "n1", to: "n2", bytes: 7, since: "1970-01-01T00:00:03.000Z" },
        { chunk: CHUNK, from: null, to: "n3", bytes: 7, since: "1970-01-01T00:00:03.000Z" },
      ],
      repaired: { copies: 5, bytes: 35 },
      bytes_per_second: 5,
      bytes_left: 25,
      seconds_left: 5,
      unrepairable: {
        chunks: 1,
        by_reason: BUSY.unrepairable,
        items: [{ chunk: CHUNK, reason: "no_readable_copy", since: "1970-01-01T00:00:01.000Z" }],
      },
    });
    status = { ...BUSY, isPaused: true };
    expect((await ask()).state).toBe("paused");
  });

  it("is running between two copies too", async () => {
    status = { ...BUSY, underWay: [] };
    expect(await ask()).toMatchObject({ state: "running", in_flight_count: 0 });
  });

  it("names chunks and nodes to admins only", async () => {
    status = BUSY;
    role = "user";
    expect(await ask()).toMatchObject({ in_flight_count: 2, in_flight: [], unrepairable: { chunks: 1, items: [] } });
  });
});

it("has metrics that follow", async () => {
  const registry = new Registry();
  registerRepairMetrics(registry, () => status);
  expect(await registry.metrics()).toContain('commonhold_chunks_below_promise{missing="1"} 0');
  status = BUSY;
  for (let reading = 0; reading < 2; reading++) {
    const text = await registry.metrics();
    for (const line of [
      'commonhold_chunks_below_promise{missing="1"} 10',
      'commonhold_chunks_below_promise{missing="5"} 2',
      "commonhold_chunks_below_promise_oldest_timestamp_seconds 1",
      'commonhold_repair_queue_chunks{urgency="degraded"} 10',
      "commonhold_repair_copies_in_flight 2",
      "commonhold_repair_bytes_total 35",
      'commonhold_repair_unrepairable_chunks{reason="no_readable_copy"} 1',
      "commonhold_repair_braked 1",
    ]) {
      expect(text).toContain(line);
    }
  }
});
