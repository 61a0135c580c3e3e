import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DeclaredNodeState, NODE_STATUSES, offlineAfterMsOf, statusOf } from "./node-status.ts";

const terms = { heartbeatIntervalMs: 30_000, suspectPhi: 8, offlineAfterMs: 180_000 };
const DECLARED: readonly DeclaredNodeState[] = ["joining", "active", "draining", "drained", "banned"];

describe("statusOf", () => {
  it.each([
    ["active", 7.99, 179_999, "active"],
    ["active", 8, 0, "suspect"],
    ["active", Infinity, 179_999, "suspect"],
    ["active", 0, 180_000, "offline"],
    ["draining", 50, 179_999, "draining"],
    ["draining", 0, 180_000, "offline"],
    ["joining", 50, 1e9, "joining"],
    ["drained", 50, 1e9, "drained"],
    ["banned", 50, 1e9, "banned"],
  ] as const)("declared %s, phi %d, silent for %d ms: %s", (declared, phi, silenceMs, status) => {
    expect(statusOf({ declared, phi, silenceMs }, terms)).toBe(status);
  });

  it("gives a node three intervals at least before it is offline", () => {
    const slow = { ...terms, heartbeatIntervalMs: 90_000 };
    expect(offlineAfterMsOf(slow)).toBe(270_000);
    expect(statusOf({ declared: "active", phi: 0, silenceMs: 269_999 }, slow)).toBe("active");
    expect(statusOf({ declared: "active", phi: 0, silenceMs: 270_000 }, slow)).toBe("offline");
  });

  it("only ever goes from active or draining by suspect to offline while nothing is heard", () => {
    const order = ["active", "draining", "suspect", "offline"];
    fc.assert(
      fc.property(
        fc.constantFrom(...DECLARED),
        fc.double({ min: 0, max: 20, noNaN: true }),
        fc.nat(400_000),
        fc.double({ min: 0, max: 20, noNaN: true }),
        fc.nat(400_000),
        (declared, phi, silenceMs, morePhi, moreMs) => {
          const before = statusOf({ declared, phi, silenceMs }, terms);
          const after = statusOf({ declared, phi: phi + morePhi, silenceMs: silenceMs + moreMs }, terms);
          expect(NODE_STATUSES).toContain(after);
          expect(order.indexOf(after)).toBeGreaterThanOrEqual(order.indexOf(before));
        },
      ),
    );
  });
});
