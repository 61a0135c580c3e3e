import { expect, it } from "vitest";
import { isMoving, secondsLeft, shareDone, type UploadItem } from "./upload-item.ts";

const item = (fields: Partial<UploadItem>): UploadItem => ({
  id: "1",
  name: "a",
  sizeBytes: 1000,
  state: "sending",
  doneBytes: 0,
  canContinueAlone: true,
  ...fields,
});

it("what waits or is sent moves, the rest does not", () => {
  const states = ["waiting", "sending", "paused", "interrupted", "done", "failed"] as const;
  expect(states.filter((state) => isMoving(item({ state })))).toEqual(["waiting", "sending"]);
});

it("the time left is that of all that moves, at the speed of all", () => {
  const moving = [item({ doneBytes: 500, rate: 100 }), item({ state: "waiting" }), item({ state: "paused" })];
  expect(secondsLeft(moving)).toBe(15);
  expect(secondsLeft([item({})])).toBeUndefined();
});

it("the share that is done counts bytes, and nothing is all done", () => {
  expect(shareDone([item({ doneBytes: 250 }), item({ sizeBytes: 0 })])).toBe(0.25);
  expect(shareDone([item({ sizeBytes: 0 })])).toBe(1);
});
