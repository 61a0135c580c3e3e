import { expect, it } from "vitest";
import { networkHealthOf, type RepairState } from "./network-health.ts";

const WHOLE = {
  swept_at: "2026-01-01T00:00:00.000Z",
  below_promise: { chunks: 0 },
  queue: { by_urgency: { critical: 0, degraded: 0, relocating: 3, unreadable: 0 } },
  unrepairable: { by_reason: { no_readable_copy: 0 } },
};
const healthWith = (fields: object) => networkHealthOf({ ...WHOLE, ...fields } as RepairState);
const queued = (urgency: object) => ({ queue: { by_urgency: { ...WHOLE.queue.by_urgency, ...urgency } } });

it.each([
  [{}, "whole"],
  [{ swept_at: null }, "unknown"],
  [{ below_promise: { chunks: 2 } }, "repairing"],
  [queued({ degraded: 1 }), "repairing"],
  [queued({ degraded: 1, critical: 1 }), "risk"],
  [queued({ critical: 1, unreadable: 1 }), "lost"],
  [{ unrepairable: { by_reason: { no_readable_copy: 1 } } }, "lost"],
])("%j is %s", (fields, health) => expect(healthWith(fields)).toBe(health));
