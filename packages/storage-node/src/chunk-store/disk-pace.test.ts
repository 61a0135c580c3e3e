import { describe, expect, it } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { DiskPace } from "./disk-pace.ts";

describe("the pace of the disk", () => {
  it("makes calls at once while they are quick, on another thread for a while after a slow one", async () => {
    const clock = new ManualClock();
    const pace = new DiskPace(clock);
    const run = (tookMs: number): Promise<string> =>
      pace.run(
        () => {
          clock.advance(tookMs);
          return "now";
        },
        async () => "later",
      );
    expect([await run(0), await run(9), await run(1)]).toEqual(["now", "now", "now"]);
    expect(await run(50)).toBe("now");
    expect([await run(0), await run(0)]).toEqual(["later", "later"]);
    clock.advance(10_000);
    expect(await run(0)).toBe("now");
  });

  it("makes no row of quick calls that is slow as a whole before anything else has its turn", async () => {
    const clock = new ManualClock();
    const pace = new DiskPace(clock);
    const row = (): Promise<readonly string[]> =>
      Promise.all(
        Array.from({ length: 64 }, () =>
          pace.run(
            () => {
              clock.advance(4);
              return "now";
            },
            async () => "later",
          ),
        ),
      );
    for (let turn = 0; turn < 2; turn++) {
      const made = await row();
      expect(made.filter((how) => how === "now").length).toBe(3);
      expect(made.slice(0, 3)).toEqual(["now", "now", "now"]);
      await new Promise(setImmediate);
    }
  });

  it("passes failures on and counts their time too", async () => {
    const clock = new ManualClock();
    const pace = new DiskPace(clock);
    const fail = pace.run(
      () => {
        clock.advance(50);
        throw new Error("EIO");
      },
      async () => "later",
    );
    await expect(fail).rejects.toThrow("EIO");
    expect(
      await pace.run(
        () => "now",
        async () => "later",
      ),
    ).toBe("later");
  });
});
