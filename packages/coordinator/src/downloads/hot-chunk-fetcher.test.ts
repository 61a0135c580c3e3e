import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import { BufferPool } from "@commonhold/runtime/buffer-pool.ts";
import { describe, expect, it } from "vitest";
import { createHotChunks } from "../transfers/hot-chunks.ts";
import type { ChunkFetcher } from "./chunk-fetcher.ts";
import { createHotChunkFetcher } from "./hot-chunk-fetcher.ts";

const buffers = new BufferPool({ bufferBytes: 1, idleMax: 0 });
const holders = ["a"] as NodeId[];
const never = new AbortController().signal;
const chunk = { name: "ab".repeat(32) as ChunkName, sealedLength: 5000 };
const sealed = new Uint8Array(chunk.sealedLength).fill(7);

/** A fetcher whose answers come when they are told to, and what was done with them. */
function slowFetcher(options: { readonly bytesMax?: number } = {}) {
  const asked: { readonly answer: () => void; readonly fail: (reason: Error) => void; readonly signal: AbortSignal }[] =
    [];
  const outcomes: string[] = [];
  let released = 0;
  const slow: ChunkFetcher = (_chunk, _holders, signal) =>
    new Promise((resolve, reject) => {
      const answer = (): void => resolve({ bytes: sealed, release: () => void released++ });
      signal.addEventListener("abort", () => reject(signal.reason as Error));
      asked.push({ answer, fail: reject, signal });
    });
  const hot = createHotChunks(buffers, { bytesMax: options.bytesMax ?? 100_000 });
  const fetch = createHotChunkFetcher({ fetch: slow, hot, metrics: { asked: (outcome) => outcomes.push(outcome) } });
  return { fetch, hot, asked, outcomes, released: () => released };
}

describe("a fetcher of hot chunks", () => {
  it("asks nodes for a chunk once, and then nobody", async () => {
    const { fetch, asked, outcomes, released } = slowFetcher();
    const first = fetch(chunk, holders, never);
    asked[0]!.answer();
    const lease = await first;
    expect(lease.bytes).toEqual(sealed);
    expect(released()).toBe(0);
    lease.release();
    lease.release();
    await expect.poll(released).toBe(1);
    expect((await fetch(chunk, holders, never)).bytes).toEqual(sealed);
    expect(asked).toHaveLength(1);
    expect(outcomes).toEqual(["miss", "hit"]);
  });

  it("lets those who want the same chunk at once share one fetch and its memory", async () => {
    const { fetch, asked, released } = slowFetcher();
    const fetching = Array.from({ length: 5 }, () => fetch(chunk, holders, never));
    expect(asked).toHaveLength(1);
    asked[0]!.answer();
    const leases = await Promise.all(fetching);
    for (const [index, { bytes, release }] of leases.entries()) {
      expect(bytes).toEqual(sealed);
      await new Promise(setImmediate);
      expect(released(), `after ${index} of 5 have read`).toBe(0);
      release();
    }
    await expect.poll(released).toBe(1);
  });

  it("goes on for those who stay when one leaves, and ends when the last has left", async () => {
    const { fetch, asked, hot, released } = slowFetcher();
    const leaving = [new AbortController(), new AbortController()];
    const fetching = leaving.map(({ signal }) => fetch(chunk, holders, signal));
    const [first, second] = fetching.map((each) => each.catch((error: Error) => error.message));
    leaving[0]!.abort(new Error("gone"));
    expect(await first).toBe("gone");
    expect(asked[0]!.signal.aborted).toBe(false);
    leaving[1]!.abort(new Error("gone too"));
    expect(await second).toBe("gone too");
    expect(asked[0]!.signal.aborted).toBe(true);
    // Whoever comes now is not to fail with it.
    const third = fetch(chunk, holders, never);
    expect(asked).toHaveLength(2);
    asked[1]!.answer();
    (await third).release();
    await expect.poll(released).toBe(1);
    expect(hot.read(chunk.name)?.bytes).toEqual(sealed);
  });

  it("gives memory back that comes when nobody wants it any more", async () => {
    const { fetch, asked, released } = slowFetcher();
    const leaving = new AbortController();
    const fetching = fetch(chunk, holders, leaving.signal).catch(() => "gone");
    asked[0]!.answer();
    leaving.abort(new Error("gone"));
    await fetching;
    await expect.poll(released).toBe(1);
  });

  it("fails for all who wait, keeps nothing, and tries anew for the next", async () => {
    const { fetch, asked, hot } = slowFetcher();
    const fetching = [fetch(chunk, holders, never), fetch(chunk, holders, never)];
    asked[0]!.fail(new Error("no holder answers"));
    for (const each of fetching) await expect(each).rejects.toThrow("no holder answers");
    expect(hot.usedBytes).toBe(0);
    const next = fetch(chunk, holders, never);
    asked[1]!.answer();
    expect((await next).bytes).toEqual(sealed);
  });

  it("passes long chunks on, each for itself", async () => {
    const { fetch, asked, outcomes } = slowFetcher({ bytesMax: 0 });
    const fetching = [fetch(chunk, holders, never), fetch(chunk, holders, never)];
    expect(asked).toHaveLength(2);
    for (const { answer } of asked) answer();
    await Promise.all(fetching);
    expect(outcomes).toEqual([]);
  });
});
