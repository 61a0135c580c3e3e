import type { RepairStatus } from "@commonhold/client/repair.ts";
import { FAKE_REPAIR } from "@commonhold/client/testing/fake-facts.ts";
import { expect, test } from "vitest";
import { describeRepair } from "./describe-repair.ts";

const queue = (chunks: number, waiting: number) => ({ ...FAKE_REPAIR.queue, chunks, waiting });
const unrepairable = (chunks: number) => ({ ...FAKE_REPAIR.unrepairable, chunks });
const below = (chunks: number) => ({ ...FAKE_REPAIR.below_promise, chunks });
const moving = { state: "running", bytes_left: 960_000_000 };
const many = { reason: "many_away", away: 3, nodes: 5 };

const CASES: readonly [string, Partial<RepairStatus>][] = [
  ["nothing to do", {}],
  ["has not looked through the chunks yet", { swept_at: null }],
  ['paused: "commonhold jobs resume repair" lets it go on', { state: "paused", queue: queue(3, 0) }],
  ["running, 960 MB left at 2 MB/s, about 8 min to go", { ...moving, bytes_per_second: 2e6, seconds_left: 480 }],
  ["running, 960 MB left", { ...moving, seconds_left: null }],
  // Next to nothing has moved within the last minute.
  ["running, 960 MB left", { ...moving, bytes_per_second: 1.3, seconds_left: 757_900_000 }],
  // Between two copies at a slow pace.
  ["running, 960 MB left", { ...moving, state: "idle", queue: queue(3, 2) }],
  ["1 chunk waits for another try", { queue: queue(1, 1) }],
  ["3 chunks wait for another try", { queue: queue(3, 3), below_promise: below(3) }],
  ["1 chunk is to be looked at again", { below_promise: below(1) }],
  [
    '2 chunks cannot be repaired now: "commonhold repair status" says why',
    { unrepairable: unrepairable(2), queue: queue(1, 1) },
  ],
  [
    "running, 960 MB left; held back, as 3 of 5 nodes went away within an hour: only what is critical is repaired",
    { ...moving, bytes_per_second: 10, seconds_left: 500, brake: many },
  ],
  [
    "nothing to do; held back, awaiting 1 of 4 nodes since the coordinator's start",
    { brake: { reason: "starting", away: 1, nodes: 4 } },
  ],
];

test.each(CASES)("%s", (says, status) => {
  expect(describeRepair({ ...FAKE_REPAIR, ...status })).toBe(says);
});
