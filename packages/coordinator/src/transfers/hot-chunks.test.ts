import type { ChunkName } from "@commonhold/core/ids.ts";
import { BufferPool } from "@commonhold/runtime/buffer-pool.ts";
import { Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import { createHotChunkMetrics } from "./hot-chunk-metrics.ts";
import { createHotChunks } from "./hot-chunks.ts";

const KIB = 1024;
const buffers = new BufferPool({ bufferBytes: 1, idleMax: 0 });
const nameOf = (number: number) => String(number).padStart(64, "0") as ChunkName;
const chunkOf = (number: number, length = 10_000) => new Uint8Array(length).fill(number);

describe("chunks in memory", () => {
  it("are given as they came, and as copies that change nothing", () => {
    const hot = createHotChunks(buffers, { bytesMax: 64 * KIB });
    const given = chunkOf(1);
    hot.add(nameOf(1), given);
    given.fill(0);
    const first = hot.read(nameOf(1))!;
    expect(first.bytes).toEqual(chunkOf(1));
    first.bytes.fill(0);
    first.release();
    expect(hot.read(nameOf(1))!.bytes).toEqual(chunkOf(1));
    expect(hot.read(nameOf(2))).toBeUndefined();
  });

  it("take no more memory than they may; those go first that were of no use for longest", () => {
    const bytesMax = 100 * KIB;
    const hot = createHotChunks(buffers, { bytesMax });
    hot.add(nameOf(0), chunkOf(0));
    for (let number = 1; number <= 200; number++) {
      hot.add(nameOf(number), chunkOf(number % 256));
      expect(hot.usedBytes).toBeLessThanOrEqual(bytesMax);
      // In use all the time.
      expect(hot.read(nameOf(0))?.bytes).toEqual(chunkOf(0));
    }
    const kept = Array.from({ length: 201 }, (_, number) => number).filter((number) => hot.read(nameOf(number)));
    expect(kept).toEqual([0, ...Array.from({ length: kept.length - 1 }, (_, at) => 202 - kept.length + at)]);
    expect(kept.length).toBe(9);
    for (const number of kept) expect(hot.read(nameOf(number))!.bytes).toEqual(chunkOf(number % 256));
  });

  it("are small: a long one drives none of them out", () => {
    const hot = createHotChunks(buffers, { bytesMax: 16 * KIB });
    hot.add(nameOf(1), chunkOf(1));
    for (const length of [16 * KIB, 65 * KIB, 2 * KIB * KIB]) {
      expect(hot.keeps(length)).toBe(false);
      hot.add(nameOf(2), chunkOf(2, length));
    }
    expect(hot.read(nameOf(2))).toBeUndefined();
    expect(hot.read(nameOf(1))?.bytes).toEqual(chunkOf(1));
    expect(createHotChunks(buffers, { bytesMax: 16 * KIB * KIB }).keeps(64 * KIB + 1)).toBe(false);
    expect(createHotChunks(buffers, { bytesMax: 16 * KIB * KIB }).keeps(64 * KIB)).toBe(true);
  });

  it("are none where no memory is given to them", () => {
    const hot = createHotChunks(buffers, { bytesMax: 0 });
    hot.add(nameOf(1), chunkOf(1));
    expect([hot.keeps(1), hot.read(nameOf(1)), hot.usedBytes]).toEqual([false, undefined, 0]);
  });

  it("are measured", async () => {
    const hot = createHotChunks(buffers, { bytesMax: 64 * KIB });
    const registry = new Registry();
    const metrics = createHotChunkMetrics(registry, hot);
    hot.add(nameOf(1), chunkOf(1));
    metrics.asked("hit");
    metrics.asked("hit");
    metrics.asked("miss");
    const text = await registry.metrics();
    expect(text).toContain('commonhold_hot_chunk_requests_total{outcome="hit"} 2');
    expect(text).toContain('commonhold_hot_chunk_requests_total{outcome="miss"} 1');
    expect(text).toContain(`commonhold_hot_chunk_bytes ${hot.usedBytes}`);
    expect(hot.usedBytes).toBeGreaterThan(10_000);
  });
});
