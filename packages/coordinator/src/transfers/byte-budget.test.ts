import { describe, expect, it } from "vitest";
import { ByteBudget } from "./byte-budget.ts";

const never = new AbortController().signal;

describe("ByteBudget", () => {
  it("lets tasks in while they fit and the next one when bytes come back, first come first served", async () => {
    const budget = new ByteBudget(100, 10);
    const first = await budget.acquire(60, never);
    const order: string[] = [];
    const second = budget.acquire(60, never).then((release) => {
      order.push("second");
      return release;
    });
    const third = budget.acquire(10, never).then((release) => {
      order.push("third");
      return release;
    });
    await Promise.resolve();
    expect(order).toEqual([]);
    first();
    (await second)();
    (await third)();
    expect(order).toEqual(["second", "third"]);
    expect(budget.usedBytes).toBe(0);
  });

  it("lets a task that is larger than the whole run alone", async () => {
    const budget = new ByteBudget(10, 10);
    const release = await budget.acquire(1000, never);
    expect(budget.tryAcquire(1)).toBeUndefined();
    release();
    expect(budget.tryAcquire(1)).toBeDefined();
  });

  it("counts a release once", async () => {
    const budget = new ByteBudget(10, 10);
    const release = await budget.acquire(10, never);
    const other = budget.acquire(10, never);
    release();
    release();
    await other;
    expect(budget.usedBytes).toBe(10);
  });

  it("forgets a waiter that gave up, and serves those behind it", async () => {
    const budget = new ByteBudget(10, 10);
    const release = await budget.acquire(6, never);
    const gone = new AbortController();
    const large = budget.acquire(10, gone.signal);
    const small = budget.acquire(4, never);
    gone.abort(new Error("gone"));
    await expect(large).rejects.toThrow("gone");
    (await small)();
    release();
    expect(budget.usedBytes).toBe(0);
  });

  it("refuses when too many wait", async () => {
    const budget = new ByteBudget(1, 1);
    await budget.acquire(1, never);
    void budget.acquire(1, never);
    await expect(budget.acquire(1, never)).rejects.toMatchObject({ code: "OVERLOADED" });
  });

  it("waits no longer than it was told to", async () => {
    const budget = new ByteBudget(1, 10);
    const release = await budget.acquireWithin(1, never, 1);
    await expect(budget.acquireWithin(1, never, 1)).rejects.toMatchObject({ code: "OVERLOADED" });
    const gone = new AbortController();
    const waiting = budget.acquireWithin(1, gone.signal, 60_000);
    gone.abort(new Error("gone"));
    await expect(waiting).rejects.toThrow("gone");
    release();
    (await budget.acquireWithin(1, never, 1))();
    expect(budget.usedBytes).toBe(0);
  });
});
