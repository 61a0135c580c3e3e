import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { tempFolder } from "../testing/temp-folder.ts";
import { DrainState } from "./drain-state.ts";

describe("the drain state", () => {
  it("outlives restarts until it is cancelled", async () => {
    const folder = tempFolder();
    const clock = new ManualClock();
    const first = await DrainState.open(folder, clock);
    expect(first.isDraining).toBe(false);
    await first.begin();
    const beganMs = clock.nowMs();
    clock.advance(1000);
    await first.begin();
    const second = await DrainState.open(folder, clock);
    expect(second.sinceMs).toBe(beganMs);
    await second.cancel();
    await second.cancel();
    expect(second.isDraining).toBe(false);
    expect((await DrainState.open(folder, clock)).isDraining).toBe(false);
  });

  it("holds even where its file is damaged", async () => {
    const folder = tempFolder();
    for (const text of ["", "null", '{"draining_since":"yesterday"}']) {
      writeFileSync(join(folder, "drain.json"), text);
      expect((await DrainState.open(folder, new ManualClock())).isDraining).toBe(true);
    }
  });

  it("stays as it was when it cannot be kept", async () => {
    const folder = join(tempFolder(), "data");
    mkdirSync(folder);
    const state = await DrainState.open(folder, new ManualClock());
    rmSync(folder, { recursive: true });
    await expect(state.begin()).rejects.toMatchObject({ code: "STORAGE_FAILURE" });
    expect(state.isDraining).toBe(false);
  });
});
