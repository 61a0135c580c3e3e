import { chunkNameOf } from "@commonhold/chunk/merkle.ts";
import { AppError } from "@commonhold/core/app-error.ts";
import type { NodeId } from "@commonhold/core/ids.ts";
import { BufferPool } from "@commonhold/runtime/buffer-pool.ts";
import { createLogger } from "@commonhold/runtime/logger.ts";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import { describe, expect, it, vi } from "vitest";
import { ByteBudget } from "../transfers/byte-budget.ts";
import { createChunkFetcher } from "./chunk-fetcher.ts";
import { createReplicaSelector } from "./replica-selector.ts";

const sealed = new TextEncoder().encode("sealed bytes");
const chunk = { name: chunkNameOf(sealed), sealedLength: sealed.byteLength };
const holders = ["a", "b", "c"] as NodeId[];
const never = new AbortController().signal;

type Retrieve = (nodeId: NodeId, chunk: unknown, options: { readonly signal: AbortSignal }) => Promise<Uint8Array>;

interface FetcherOptions {
  readonly spooled?: Uint8Array;
  readonly down?: readonly string[];
  readonly budget?: ByteBudget;
}

function fetcherOver(retrieve: Retrieve, options: FetcherOptions = {}) {
  const faults: string[] = [];
  const slow: NodeId[] = [];
  const doubtful: NodeId[] = [];
  const fetch = createChunkFetcher({
    transfers: { retrieve, isAvailable: (id) => options.down?.includes(id) !== true },
    selector: {
      order: (ids) => [...ids],
      succeeded: () => undefined,
      failed: () => undefined,
      slow: (id) => void slow.push(id),
    },
    spooled: () => Promise.resolve(options.spooled),
    doubtful: { add: (_name, nodeId) => void doubtful.push(nodeId) },
    buffers: { sealed: new BufferPool({ bufferBytes: 1, idleMax: 0 }) },
    budget: options.budget ?? new ByteBudget(1_000, 1),
    clock: systemClock,
    metrics: {
      measure: (_kind, call) => call(),
      badReplica: (reason) => faults.push(reason),
      chunksStored: () => undefined,
    },
    logger: createLogger({ level: "silent", name: "test" }),
  });
  const fetchBytes: (...question: Parameters<typeof fetch>) => Promise<Uint8Array> = async (...question) =>
    (await fetch(...question)).bytes;
  return { fetch: fetchBytes, faults, slow, doubtful };
}

describe("chunk fetcher", () => {
  it("takes the first holder's answer and asks no other", async () => {
    const asked: NodeId[] = [];
    const { fetch } = fetcherOver(async (id) => {
      asked.push(id);
      return sealed;
    });
    expect(await fetch(chunk, holders, never)).toBe(sealed);
    expect(asked).toEqual(["a"]);
  });

  it("falls back when a holder is gone, has lost the chunk, or sends other bytes, and tells them apart", async () => {
    const { fetch, faults, doubtful } = fetcherOver((id) => {
      if (id === "a") return Promise.reject(new AppError("NODE_UNREACHABLE", "gone"));
      if (id === "b") return Promise.resolve(new TextEncoder().encode("forged bytes"));
      return Promise.resolve(sealed);
    });
    expect(await fetch(chunk, holders, never)).toBe(sealed);
    expect(faults).toEqual(["unreachable", "wrong"]);
    expect(doubtful).toEqual(["b"]);
    const lost = fetcherOver((id) =>
      id === "a" ? Promise.reject(new AppError("CHUNK_NOT_FOUND", "lost")) : Promise.resolve(sealed),
    );
    await lost.fetch(chunk, holders, never);
    expect(lost.faults).toEqual(["missing"]);
    expect(lost.doubtful).toEqual(["a"]);
  });

  it("asks a second holder when the first is silent, ends the first request and remembers", async () => {
    let ended = false;
    const asked: NodeId[] = [];
    const { fetch, slow } = fetcherOver((id, _chunk, { signal }) => {
      asked.push(id);
      if (id !== "a") return Promise.resolve(sealed);
      return new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          ended = true;
          reject(signal.reason as Error);
        });
      });
    });
    expect(await fetch(chunk, holders, never)).toBe(sealed);
    expect(ended).toBe(true);
    await expect.poll(() => slow).toEqual(["a"]);
    expect(asked).toEqual(["a", "b"]);
  });

  it("asks a second holder only once there is memory for a second answer", async () => {
    vi.useFakeTimers();
    try {
      const budget = new ByteBudget(sealed.length, 1);
      const release = budget.tryAcquire(sealed.length)!;
      const asked: NodeId[] = [];
      const { fetch } = fetcherOver(
        (id, _chunk, { signal }) => {
          asked.push(id);
          if (id !== "a") return Promise.resolve(sealed);
          return new Promise((_resolve, reject) =>
            signal.addEventListener("abort", () => reject(signal.reason as Error)),
          );
        },
        { budget },
      );
      const fetching = fetch(chunk, holders, never);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(asked).toEqual(["a"]);
      release();
      await vi.advanceTimersByTimeAsync(2_000);
      expect(await fetching).toBe(sealed);
      expect(asked).toEqual(["a", "b"]);
      expect(budget.usedBytes).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it("leaves out nodes whose breaker is open, unless there is no other", async () => {
    const asked: NodeId[] = [];
    const retrieve: Retrieve = async (id) => {
      asked.push(id);
      return sealed;
    };
    await fetcherOver(retrieve, { down: ["a"] }).fetch(chunk, holders, never);
    await fetcherOver(retrieve, { down: ["a", "b", "c"] }).fetch(chunk, holders, never);
    expect(asked).toEqual(["b", "a"]);
  });

  it("reads the coordinator's own spooled copy when no holder answers", async () => {
    const { fetch } = fetcherOver(() => Promise.reject(new AppError("NODE_UNREACHABLE", "gone")), { spooled: sealed });
    expect(await fetch(chunk, [], never)).toBe(sealed);
    expect(await fetch(chunk, holders, never)).toBe(sealed);
  });

  it("says so when nobody has the chunk", async () => {
    const { fetch } = fetcherOver(() => Promise.reject(new AppError("NODE_UNREACHABLE", "gone")));
    await expect(fetch(chunk, holders, never)).rejects.toMatchObject({ code: "CHUNK_UNAVAILABLE" });
    await expect(fetch(chunk, [], never)).rejects.toMatchObject({ code: "CHUNK_UNAVAILABLE" });
  });

  it("ends when its caller gives up", async () => {
    const gone = new AbortController();
    const { fetch } = fetcherOver(
      (_id, _chunk, { signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error))),
    );
    const fetching = fetch(chunk, holders, gone.signal);
    gone.abort(new Error("the reader left"));
    await expect(fetching).rejects.toThrow("the reader left");
  });
});

describe("replica selector", () => {
  it("prefers the node that answered faster, and one with less to do", () => {
    let load = 0;
    const selector = createReplicaSelector({
      load: (id) => (id === "b" ? load : 0),
      random: { bytes: () => new Uint8Array(), fraction: () => 0.5 },
    });
    for (let i = 0; i < 20; i++) {
      selector.succeeded("a" as NodeId, 90);
      selector.succeeded("b" as NodeId, 10);
    }
    expect(selector.order(["a", "b"] as NodeId[])).toEqual(["b", "a"]);
    load = 40;
    expect(selector.order(["a", "b"] as NodeId[])).toEqual(["a", "b"]);
    load = 0;
    selector.failed("b" as NodeId);
    expect(selector.order(["a", "b"] as NodeId[])).toEqual(["a", "b"]);
  });
});
