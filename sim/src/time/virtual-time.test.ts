import { describe, expect, it } from "vitest";
import { EPOCH_MS, VirtualTime } from "./virtual-time.ts";

describe("virtual time", () => {
  it("lets things happen in the order of their times, and equal ones as they were planned", async () => {
    const time = new VirtualTime();
    const seen: string[] = [];
    for (const [name, atMs] of [
      ["c", 30],
      ["a", 10],
      ["b", 10],
      ["d", 31],
    ] as const) {
      time.after(atMs, () => seen.push(`${name} ${time.elapsedMs}`));
    }
    await time.run(30);
    expect(seen).toEqual(["a 10", "b 10", "c 30"]);
    await time.run(40);
    expect(seen.at(-1)).toBe("d 31");
    expect(time.elapsedMs).toBe(40);
  });

  it("lets every promise settle before the next thing happens", async () => {
    const time = new VirtualTime();
    const seen: string[] = [];
    time.after(1, () => {
      void (async () => {
        for (let i = 0; i < 100; i++) await Promise.resolve();
        seen.push("settled");
      })();
    });
    time.after(1, () => seen.push("next"));
    await time.run(1);
    expect(seen).toEqual(["settled", "next"]);
  });

  it("wakes a sleeper in time, or as soon as it is called", async () => {
    const time = new VirtualTime();
    const calling = new AbortController();
    const seen: number[] = [];
    void time.sleep(50, new AbortController().signal).then(() => seen.push(time.elapsedMs));
    void time.sleep(1_000, calling.signal).then(() => seen.push(time.elapsedMs));
    time.after(70, () => calling.abort());
    await time.run(2_000);
    expect(seen).toEqual([50, 70]);
    expect(time.clock(() => -5).nowMs()).toBe(EPOCH_MS + 1_995);
    expect(time.clock(() => -5).monotonicMs()).toBe(2_000);
  });

  it("ends with what it is stopped with, or with what an event throws", async () => {
    const time = new VirtualTime();
    time.every(10, 0, () => time.elapsedMs === 30 && time.stop(new Error("enough")));
    await expect(time.run(100)).rejects.toThrow("enough");
    expect(time.elapsedMs).toBe(30);
    const other = new VirtualTime();
    other.after(1, () => {
      throw new Error("broken");
    });
    await expect(other.run(100)).rejects.toThrow("broken");
  });
});
