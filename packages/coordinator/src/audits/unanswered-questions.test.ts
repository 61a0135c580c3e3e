import type { ChunkName } from "@commonhold/core/ids.ts";
import { expect, it } from "vitest";
import { UNANSWERED_MAX } from "./audit-options.ts";
import { UnansweredQuestions } from "./unanswered-questions.ts";

const MINUTE_MS = 60_000;
const selection = { selectionId: new Uint8Array(16), day: "2026-01-31", window: 1, number: 2, leafCount: 1 };
const names = (count: number) => Array.from({ length: count }, (_, index) => `${index}` as ChunkName);

it("asks again after growing pauses", () => {
  const unanswered = new UnansweredQuestions();
  expect(unanswered.dueMs).toBe(Number.POSITIVE_INFINITY);
  unanswered.add({ selection, chunkNames: names(2) }, 1, 1_000);
  expect(unanswered.take(1_000 + MINUTE_MS - 1, 20)).toBeUndefined();
  expect(unanswered.dueMs).toBe(1_000 + MINUTE_MS);
  const again = unanswered.take(1_000 + MINUTE_MS, 20)!;
  expect(again).toMatchObject({ selection, attempt: 2, chunkNames: names(2) });
  unanswered.add(again, again.attempt, 0);
  expect(unanswered.dueMs).toBe(5 * MINUTE_MS);
  expect(unanswered.take(5 * MINUTE_MS, 20)?.attempt).toBe(3);
});

it("does not count a time when the node could not be reached", () => {
  const unanswered = new UnansweredQuestions();
  unanswered.add({ selection, chunkNames: names(1) }, 1, 0);
  unanswered.postpone(unanswered.take(MINUTE_MS, 20)!, MINUTE_MS);
  expect(unanswered.take(2 * MINUTE_MS, 20)?.attempt).toBe(2);
});

it("asks a long one in parts where the node is asked for less at once meanwhile", () => {
  const unanswered = new UnansweredQuestions();
  unanswered.add({ selection, chunkNames: names(5) }, 1, 0);
  const parts = [1, 2, 3].map(() => unanswered.take(MINUTE_MS, 2)?.chunkNames);
  expect(parts).toEqual([["0", "1"], ["2", "3"], ["4"]]);
  expect(unanswered.take(MINUTE_MS, 2)).toBeUndefined();
});

it("is full when the node shall first answer what it was asked", () => {
  const unanswered = new UnansweredQuestions();
  for (let question = 0; question < UNANSWERED_MAX; question++) {
    expect(unanswered.isFull).toBe(false);
    unanswered.add({ selection, chunkNames: names(1) }, 1, 0);
  }
  expect(unanswered.isFull).toBe(true);
});
