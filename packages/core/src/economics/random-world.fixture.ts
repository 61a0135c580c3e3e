import fc from "fast-check";
import type { NodeId, UserId } from "../ids.ts";
import type { ReferenceWorld } from "./reference-day.fixture.ts";
import type { TimeInterval } from "./time-interval.ts";
import { DAY_MS, utcDayInterval } from "./utc-day.ts";

const DAY = utcDayInterval("2026-03-15");
const STEP_MS = DAY_MS / 48;
const NODES = ["node-a", "node-b", "node-c", "node-d", "node-e"] as NodeId[];
const OWNERS = ["owner-a", "owner-b", "owner-c"] as UserId[];

/** From a day before the day to a day after it. */
const atMs = fc.integer({ min: -48, max: 96 }).map((step) => DAY.fromMs + step * STEP_MS);

const interval: fc.Arbitrary<TimeInterval> = fc
  .tuple(atMs, fc.integer({ min: 1, max: 40 }))
  .map(([fromMs, steps]) => ({ fromMs, toMs: fromMs + steps * STEP_MS }));

const copy = fc.record({
  nodeId: fc.constantFrom(...NODES),
  fromMs: atMs,
  steps: fc.oneof(fc.integer({ min: 1, max: 144 }), fc.constant(Number.POSITIVE_INFINITY)),
  promised: fc.integer({ min: 1, max: 4 }),
});

const chunk = fc
  .record({
    ownerId: fc.constantFrom(...OWNERS),
    sealedLength: fc.oneof(fc.integer({ min: 17, max: 4_259_840 }), fc.constant(4_194_320)),
    copies: fc.array(copy, { maxLength: 8 }),
    promisedByAll: fc.option(fc.integer({ min: 1, max: 4 })),
  })
  .map(({ copies, promisedByAll, ...chunk }) => ({
    ...chunk,
    copies: copies.map(({ steps, promised, ...held }) => ({
      ...held,
      toMs: held.fromMs + steps * STEP_MS,
      promised: promisedByAll ?? promised,
    })),
  }));

const audits = fc
  .tuple(fc.nat({ max: 480 }), fc.nat({ max: 60 }))
  .map(([auditsPassed, failed]) => ({ auditsPassed, auditsCounted: auditsPassed + failed }));

const node = (id: NodeId) =>
  fc
    .record({ joinedAtMs: atMs, absences: fc.array(interval, { maxLength: 4 }), audits })
    .map(({ audits, ...rest }) => ({ id, ...rest, ...audits }));

/** For tests: a day's random history of copies, absences, unwatched time, audits and promises. */
export const randomWorld: fc.Arbitrary<ReferenceWorld> = fc
  .record({
    day: fc.constant(DAY),
    stepMs: fc.constant(STEP_MS),
    chunks: fc.array(chunk, { maxLength: 8 }),
    nodes: fc.tuple(...NODES.map(node)),
    gaps: fc.array(interval, { maxLength: 2 }),
    price: fc.bigInt(0n, 10n ** 13n),
    percent: fc.bigInt(0n, 100n),
  })
  .map(({ percent, ...world }) => ({ ...world, rate: (world.price * percent) / 100n }));
