import { expect, it } from "vitest";
import { standingOf } from "./node-standing.ts";
import { NODE_STATUSES } from "./node-status.ts";

it("says of every status what the node's copies are worth", () => {
  expect(Object.fromEntries(NODE_STATUSES.map((status) => [status, standingOf(status)]))).toEqual({
    joining: "gone",
    active: "live",
    suspect: "suspect",
    offline: "offline",
    draining: "draining",
    drained: "gone",
    banned: "gone",
  });
});

it("takes a node that nobody knows as gone", () => {
  expect(standingOf(undefined)).toBe("gone");
});
