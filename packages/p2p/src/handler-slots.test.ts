import { expect, it } from "vitest";
import { HandlerSlots } from "./handler-slots.ts";

it("handler slots are counted for each peer and in all, and come back", () => {
  const slots = new HandlerSlots({ timeoutMs: 1, concurrentPerPeerMax: 2, concurrentMax: 3 });
  expect([slots.enter("a"), slots.enter("a"), slots.enter("a")]).toEqual([true, true, false]);
  expect([slots.enter("b"), slots.enter("b")]).toEqual([true, false]);
  slots.leave("a");
  expect([slots.enter("b"), slots.enter("a")]).toEqual([true, false]);
  slots.leave("b");
  slots.leave("b");
  slots.leave("nobody");
  expect([slots.enter("a"), slots.enter("c"), slots.enter("c")]).toEqual([true, true, false]);
});
