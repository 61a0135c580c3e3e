import type { NodeId } from "@commonhold/core/ids.ts";
import { beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../http/api.fixture.ts";
import type { StatusChange } from "../repair/repair-nodes.ts";
import { NodeDetector } from "./node-detector.ts";

const TERMS = { heartbeatIntervalMs: 30_000, suspectPhi: 8, offlineAfterMs: 180_000 };
const NODE = "node" as NodeId;
const HOUR_MS = 3_600_000;

let clock: ManualClock;
let detector: NodeDetector;
let told: StatusChange[];

/** A coordinator that starts now. */
function start(): void {
  detector = new NodeDetector(clock, TERMS);
  told = [];
  detector.onStatusChanged((change) => told.push(change));
}

beforeEach(() => {
  clock = new ManualClock();
  start();
});

const heard = () => detector.heard(NODE, { declared: "active", atMs: clock.nowMs() });
const attendance = () => detector.attendance()[0];

function beat(times: number, everyMs = TERMS.heartbeatIntervalMs): void {
  for (let i = 0; i < times; i++) {
    clock.advance(everyMs);
    heard();
  }
}

describe("a node that falls silent", () => {
  it("is suspect first, then offline, and active at its next heartbeat", () => {
    heard();
    beat(10);
    expect(detector.standingOf(NODE)).toBe("live");
    const lastMs = clock.nowMs();
    clock.advance(90_000);
    expect(detector.status(NODE)).toBe("suspect");
    expect(detector.awaySinceMs(NODE)).toBe(lastMs);
    expect(attendance()).toEqual({ nodeId: NODE, awayMs: 90_000, isAwaited: false });
    clock.advance(89_000);
    expect(detector.status(NODE)).toBe("suspect");
    clock.advance(1_000);
    expect(detector.status(NODE)).toBe("offline");
    expect(detector.standingOf(NODE)).toBe("offline");
    heard();
    expect(detector.status(NODE)).toBe("active");
    expect(detector.awaySinceMs(NODE)).toBeUndefined();
    expect(attendance()?.awayMs).toBeUndefined();
  });

  it("is not suspected for reports made early, nor for the time of day being set", () => {
    heard();
    beat(5);
    beat(50, 1_000);
    clock.jump(24 * HOUR_MS);
    clock.advance(60_000);
    expect(detector.status(NODE)).toBe("active");
    clock.jump(-48 * HOUR_MS);
    heard();
    clock.advance(60_000);
    expect(detector.status(NODE)).toBe("active");
  });

  it("is draining or banned, whatever else", () => {
    heard();
    detector.enrol(NODE, { declared: "draining", atMs: 0 });
    clock.advance(100_000);
    expect(detector.status(NODE)).toBe("draining");
    expect(detector.attendance()).toEqual([]);
    detector.enrol(NODE, { declared: "banned", atMs: 0 });
    clock.advance(HOUR_MS);
    expect(detector.standingOf(NODE)).toBe("gone");
  });

  it("that nobody knows is gone", () => {
    expect(detector.standingOf("stranger" as NodeId)).toBe("gone");
  });
});

describe("after a start of the coordinator", () => {
  const enrolled = (agoMs: number) => detector.enrol(NODE, { declared: "active", atMs: clock.nowMs() - agoMs });

  it("a node heard a moment before counts as seen then", () => {
    enrolled(50_000);
    expect(detector.status(NODE)).toBe("active");
    clock.advance(40_000);
    expect(detector.status(NODE)).toBe("suspect");
    expect(attendance()?.isAwaited).toBe(true);
    clock.advance(90_000);
    expect(detector.status(NODE)).toBe("offline");
    expect(attendance()?.isAwaited).toBe(false);
  });

  it("a node not heard for long is suspect, and given up only after the same silence anew", () => {
    enrolled(5 * HOUR_MS);
    expect(detector.status(NODE)).toBe("suspect");
    expect(attendance()).toEqual({ nodeId: NODE, awayMs: 0, isAwaited: true });
    clock.advance(179_000);
    expect(detector.status(NODE)).toBe("suspect");
    clock.advance(1_000);
    expect(detector.status(NODE)).toBe("offline");
  });

  it("is active with its first heartbeat", () => {
    enrolled(5 * HOUR_MS);
    heard();
    expect(detector.status(NODE)).toBe("active");
    expect(attendance()).toEqual({ nodeId: NODE, awayMs: undefined, isAwaited: false });
  });

  it("one whose heartbeat lies in the future counts as fresh", () => {
    enrolled(-HOUR_MS);
    expect(detector.status(NODE)).toBe("active");
  });
});

it("tells each change once, and gives a new version for it", () => {
  detector.enrol(NODE, { declared: "joining", atMs: clock.nowMs() });
  detector.check();
  heard();
  const { version } = detector;
  clock.advance(30_000);
  detector.check();
  expect(detector.version).toBe(version);
  clock.advance(60_000);
  detector.check();
  detector.check();
  expect(detector.version).toBeGreaterThan(version);
  expect(told.map(({ from, to }) => [from, to])).toEqual([
    [undefined, "joining"],
    ["joining", "active"],
    ["active", "suspect"],
  ]);
});
