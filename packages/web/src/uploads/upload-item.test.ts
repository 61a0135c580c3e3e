import { expect, it } from "vitest";
import { firstItems, isMoving, totalsOf, type UploadItem } from "./upload-item.ts";

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

it("what is left is that of all that moves", () => {
  const items = [item({ doneBytes: 500 }), item({ state: "waiting" }), item({ state: "paused" })];
  expect(totalsOf(items)).toMatchObject({ leftBytes: 1500, inState: { sending: 1, waiting: 1, paused: 1 } });
});

it("the share that is done counts bytes, and nothing is all done", () => {
  expect(totalsOf([item({ doneBytes: 250 }), item({ sizeBytes: 0 })]).shareDone).toBe(0.25);
  expect(totalsOf([item({ sizeBytes: 0 })]).shareDone).toBe(1);
});

it("new versions are counted", () => {
  const done = { state: "done" } as const;
  expect(totalsOf([item(done), item({ ...done, version: 1 }), item({ ...done, version: 4 })]).newVersions).toBe(1);
});

it("of many those come first that want somebody", () => {
  const items = (["done", "waiting", "failed", "sending", "interrupted", "waiting"] as const).map((state, at) =>
    item({ state, id: String(at) }),
  );
  expect(firstItems(items, 4).map(({ id }) => id)).toEqual(["2", "4", "3", "1"]);
  expect(firstItems(items, 60)).toHaveLength(6);
});
