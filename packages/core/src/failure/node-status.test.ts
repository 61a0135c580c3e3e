import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DeclaredNodeState, NODE_STATUSES, nodeStatus } from "./node-status.ts";

const terms = { heartbeatIntervalMs: 30_000, offlineAfterIntervals: 3 };

describe("nodeStatus", () => {
  it("is active until exactly three intervals of silence", () => {
    const sighting = { declared: "active", lastHeartbeatAtMs: 1_000_000 } as const;
    expect(nodeStatus(sighting, 1_000_000, terms)).toBe("active");
    expect(nodeStatus(sighting, 1_089_999, terms)).toBe("active");
    expect(nodeStatus(sighting, 1_090_000, terms)).toBe("offline");
  });

  it("takes a heartbeat from the future as fresh", () => {
    expect(nodeStatus({ declared: "active", lastHeartbeatAtMs: 5_000 }, 0, terms)).toBe("active");
  });

  it("keeps what was declared, however long the silence", () => {
    const others: readonly DeclaredNodeState[] = ["joining", "draining", "drained", "banned"];
    fc.assert(
      fc.property(fc.constantFrom(...others), fc.nat(), fc.nat(), (declared, lastHeartbeatAtMs, nowMs) => {
        expect(nodeStatus({ declared, lastHeartbeatAtMs }, nowMs, terms)).toBe(declared);
      }),
    );
  });

  it("never turns an offline node active by waiting", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.nat(), (lastHeartbeatAtMs, earlier, wait) => {
        const sighting = { declared: "active", lastHeartbeatAtMs } as const;
        const before = nodeStatus(sighting, earlier, terms);
        const after = nodeStatus(sighting, earlier + wait, terms);
        expect(NODE_STATUSES).toContain(after);
        if (before === "offline") expect(after).toBe("offline");
      }),
    );
  });
});
