import type { UserId } from "@commonhold/core/ids.ts";
import { expect, it } from "vitest";
import { PersonalMemory } from "../downloads/personal-memory.ts";
import { ByteBudget } from "../transfers/byte-budget.ts";
import { type ArchivePlan, PLAN_BYTES_MAX } from "./archive-plan.ts";
import { holdPlan } from "./held-plan.ts";

const never = new AbortController().signal;
const plan: ArchivePlan = { entries: [], name: "files", memoryBytes: 1_000 };

it("a plan is made once there is room for the largest, and holds what it takes until it is given back", async () => {
  const common = new ByteBudget(PLAN_BYTES_MAX + 1_000, 10);
  const memory = new PersonalMemory(common, { bytesEachMax: PLAN_BYTES_MAX + 1_000, waitersEachMax: 10 });
  const ada = memory.of("ada" as UserId);
  const used = async (): Promise<ArchivePlan> => {
    expect(common.usedBytes).toBeGreaterThanOrEqual(PLAN_BYTES_MAX);
    return plan;
  };
  const first = await holdPlan(ada, used, never);
  expect([first.plan, common.usedBytes]).toEqual([plan, 1_000]);
  const second = await holdPlan(ada, used, never);
  let isMade = false;
  const third = holdPlan(ada, async () => ((isMade = true), plan), never);
  await expect(holdPlan(memory.of("bob" as UserId), used, AbortSignal.abort(new Error("gone")))).rejects.toThrow(
    "gone",
  );
  expect(isMade).toBe(false);
  first.release();
  (await third).release();
  second.release();
  await expect(holdPlan(ada, () => Promise.reject(new Error("no such folder")), never)).rejects.toThrow("no such");
  expect([common.usedBytes, memory.peopleCount]).toEqual([0, 0]);
});
