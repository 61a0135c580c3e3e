import { AppError } from "@commonhold/core/app-error.ts";
import type { NodeId } from "@commonhold/core/ids.ts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createNodeGate } from "./node-gate.ts";

const never = new AbortController().signal;
const limits = { concurrentPerNodeMax: 2, queuedPerNodeMax: 1, restMs: 5_000 };
const unreachable = () => Promise.reject(new AppError("NODE_UNREACHABLE", "gone"));

function gate() {
  const clock = { nowMs: () => Date.now(), monotonicMs: () => Date.now() };
  return createNodeGate("node" as NodeId, limits, clock);
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("node gate", () => {
  it("rests after five failures in a row, and is open again after the rest, before any call", async () => {
    const node = gate();
    for (let i = 0; i < 5; i++) {
      expect(node.isOpenForCalls()).toBe(true);
      await expect(node.run(never, unreachable)).rejects.toMatchObject({ code: "NODE_UNREACHABLE" });
    }
    expect(node.isOpenForCalls()).toBe(false);
    const call = vi.fn(() => Promise.resolve("ok"));
    await expect(node.run(never, call)).rejects.toMatchObject({ code: "NODE_UNREACHABLE" });
    expect(call).not.toHaveBeenCalled();
    vi.advanceTimersByTime(limits.restMs);
    expect(node.isOpenForCalls()).toBe(true);
    expect(await node.run(never, call)).toBe("ok");
  });

  it("does not count a refusal with a reason as a failure of the node", async () => {
    const node = gate();
    const full = () => Promise.reject(new AppError("NO_SPACE", "full"));
    for (let i = 0; i < 10; i++) await expect(node.run(never, full)).rejects.toMatchObject({ code: "NO_SPACE" });
    expect(node.isOpenForCalls()).toBe(true);
  });

  it("lets a few through at once, a few wait, and refuses the rest", async () => {
    const node = gate();
    const finish: (() => void)[] = [];
    const slow = () => new Promise<void>((resolve) => finish.push(resolve));
    const calls = [node.run(never, slow), node.run(never, slow), node.run(never, slow)];
    await expect(node.run(never, slow)).rejects.toMatchObject({ code: "OVERLOADED" });
    expect(finish).toHaveLength(2);
    expect(node.load()).toBe(3);
    finish.forEach((end) => end());
    await Promise.all(calls.slice(0, 2));
    finish.forEach((end) => end());
    await calls[2];
    expect(node.load()).toBe(0);
  });

  it("tries three times where a node cannot be reached, and once where it refused", async () => {
    const node = gate();
    const gone = vi.fn(unreachable);
    const trying = node.retry(never, () => node.run(never, gone));
    trying.catch(() => undefined);
    await vi.runAllTimersAsync();
    await expect(trying).rejects.toMatchObject({ code: "NODE_UNREACHABLE" });
    expect(gone).toHaveBeenCalledTimes(3);
    const refused = vi.fn(() => Promise.reject(new AppError("NO_SPACE", "full")));
    await expect(node.retry(never, () => node.run(never, refused))).rejects.toMatchObject({ code: "NO_SPACE" });
    expect(refused).toHaveBeenCalledTimes(1);
  });

  it("does not try again while it rests", async () => {
    const node = gate();
    for (let i = 0; i < 5; i++) await expect(node.run(never, unreachable)).rejects.toThrow("gone");
    const run = vi.fn(() => node.run(never, unreachable));
    await expect(node.retry(never, run)).rejects.toMatchObject({ code: "NODE_UNREACHABLE" });
    expect(run).toHaveBeenCalledTimes(1);
  });

  it("rests after failures that it was only told of, if they are the node's", async () => {
    const node = gate();
    for (let i = 0; i < 5; i++) node.blame(new AppError("NO_SPACE", "full"));
    await vi.runAllTimersAsync();
    expect(node.isOpenForCalls()).toBe(true);
    for (let i = 0; i < 5; i++) node.blame(new AppError("TIMEOUT", "slow"));
    await vi.advanceTimersByTimeAsync(1);
    expect(node.isOpenForCalls()).toBe(false);
  });

  it("does not begin once its caller has given up", async () => {
    const gone = new AbortController();
    gone.abort(new Error("left"));
    const call = vi.fn(() => Promise.resolve());
    await expect(gate().run(gone.signal, call)).rejects.toThrow("left");
    expect(call).not.toHaveBeenCalled();
  });
});
