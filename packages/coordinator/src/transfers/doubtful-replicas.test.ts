import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import { describe, expect, it } from "vitest";
import { createLogFixture } from "../http/http.fixture.ts";
import { createDoubtfulReplicas } from "./doubtful-replicas.ts";

const [a, b] = ["a", "b"] as [NodeId, NodeId];
const nameOf = (seed: number) => seed.toString(16).padStart(64, "0") as ChunkName;

function openDoubtful(options: { readonly fails?: boolean; readonly hold?: Promise<void> } = {}) {
  const written: [NodeId, number][] = [];
  const repaired: ChunkName[] = [];
  const { logger, logLines } = createLogFixture();
  const doubtful = createDoubtfulReplicas({
    catalog: {
      doubtReplicas: async (nodeId, names) => {
        await options.hold;
        if (options.fails === true) throw new Error("the disk is full");
        written.push([nodeId, names.length]);
        return names.length;
      },
    },
    requestRepair: (names) => void repaired.push(...names),
    clock: systemClock,
    logger,
  });
  return { doubtful, written, repaired, logLines };
}

describe("doubtful replicas", () => {
  it("are written down together, then repaired, and known here until then", async () => {
    const { doubtful, written, repaired } = openDoubtful();
    for (let seed = 0; seed < 700; seed++) doubtful.add(nameOf(seed), a);
    doubtful.add(nameOf(1), b);
    doubtful.add(nameOf(1), b);
    expect(doubtful.has(nameOf(1), b)).toBe(true);
    await doubtful.idle();
    expect(written).toEqual([
      [a, 500],
      [a, 200],
      [b, 1],
    ]);
    expect(repaired).toHaveLength(701);
    expect(doubtful.has(nameOf(1), b)).toBe(false);
    doubtful.add(nameOf(2), b);
    await doubtful.idle();
    expect(written.at(-1)).toEqual([b, 1]);
  });

  it("are in doubt no more when the node took the chunk anew", async () => {
    const { doubtful, written } = openDoubtful();
    doubtful.add(nameOf(1), a);
    doubtful.clear(nameOf(1), a);
    expect(doubtful.has(nameOf(1), a)).toBe(false);
    await doubtful.idle();
    expect(written).toEqual([]);
  });

  it("are bounded while the catalog does not keep up", async () => {
    const held = Promise.withResolvers<void>();
    const { doubtful, repaired } = openDoubtful({ hold: held.promise });
    for (let seed = 0; seed < 10_100; seed++) doubtful.add(nameOf(seed), a);
    expect(doubtful.has(nameOf(9_999), a)).toBe(true);
    expect(doubtful.has(nameOf(10_001), a)).toBe(false);
    held.resolve();
    await doubtful.idle();
    expect(repaired).toHaveLength(10_000);
  });

  it("are found again later where they could not be written down", async () => {
    const { doubtful, repaired, logLines } = openDoubtful({ fails: true });
    doubtful.add(nameOf(1), a);
    await doubtful.idle();
    expect(repaired).toEqual([]);
    expect(logLines).toHaveLength(1);
    expect(doubtful.has(nameOf(1), a)).toBe(false);
  });
});
