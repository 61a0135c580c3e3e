import { expect, it } from "vitest";
import { COPIES_MAX, COPIES_OF_PRIORITY, isPriority, PRIORITIES, priorityRank } from "./priority.ts";

it("promises more copies the more a file matters, within what a file may ask for", () => {
  const copies = PRIORITIES.map((priority) => COPIES_OF_PRIORITY[priority]);
  expect(copies).toEqual(copies.toSorted((a, b) => a - b));
  expect(copies).toEqual([1, 1, 3, 3, 5]);
  expect(Math.max(...copies)).toBeLessThanOrEqual(COPIES_MAX);
});

it("ranks from the least important up", () => {
  expect(PRIORITIES.map(priorityRank)).toEqual([0, 1, 2, 3, 4]);
});

it.each(["expendable", "critical"])("knows the priority %j", (text) => expect(isPriority(text)).toBe(true));
it.each(["", "Critical", "urgent", "toString"])("knows no priority %j", (text) => expect(isPriority(text)).toBe(false));
