import { createHash } from "node:crypto";
import type { JobObject } from "../jobs.ts";
import type { NodeObject } from "../nodes.ts";
import type { RepairStatus } from "../repair.ts";
import { FAKE_REPUTATION } from "./fake-audits.ts";

const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** An active node, with an id as long as a real one, made from its name. */
export function fakeNode(name: string): NodeObject {
  const digest = [...createHash("sha512").update(name).digest().subarray(0, 44)];
  return {
    id: `12D3KooW${digest.map((byte) => BASE58[byte % BASE58.length]).join("")}`,
    name,
    status: "active",
    addresses: ["/ip4/127.0.0.1/tcp/4001"],
    labels: { site: "home" },
    capacity_bytes: 10_000_000_000,
    used_bytes: 2_500_000_000,
    free_bytes: 7_500_000_000,
    chunk_count: 625,
    last_heartbeat_at: "2026-01-01T00:00:00.000Z",
    joined_at: "2026-01-01T00:00:00.000Z",
    operator_id: "00000000-0000-7000-8000-000000000000",
    version: "0.1.0",
    reputation: FAKE_REPUTATION,
  };
}

/** With nothing to do. */
export const FAKE_REPAIR: RepairStatus = {
  state: "idle",
  brake: null,
  swept_at: "2026-01-01T00:05:00.000Z",
  chunks: 625,
  below_promise: { chunks: 0, by_missing: [], oldest_since: null },
  relocating: 0,
  queue: { chunks: 0, by_urgency: { critical: 0, degraded: 0, relocating: 0, unreadable: 0 }, waiting: 0 },
  in_flight_count: 0,
  in_flight: [],
  repaired: { copies: 0, bytes: 0 },
  bytes_per_second: 0,
  bytes_left: 0,
  seconds_left: null,
  unrepairable: {
    chunks: 0,
    by_reason: { no_readable_copy: 0, no_node_with_room: 0, pinned_node_takes_nothing: 0 },
    items: [],
  },
};

const JOB = { state: "idle", next_run_at: "2026-01-01T00:10:00.000Z", last_run: null, progress: null, throttle: null };

/** One that can be throttled, and one that has nothing to throttle. */
export const FAKE_JOBS: readonly JobObject[] = [
  { ...JOB, name: "purge", description: "Ends deleted files for good.", interval_ms: 60_000 },
  {
    ...JOB,
    name: "repair",
    description: "Makes the copies that are missing.",
    interval_ms: 300_000,
    last_run: { started_at: "2026-01-01T00:05:00.000Z", ended_at: "2026-01-01T00:05:07.000Z", failure: null },
    throttle: { bytes_per_second: undefined, concurrent: undefined },
  },
];
