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
