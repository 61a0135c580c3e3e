import type { FileId, UserId } from "@commonhold/core/ids.ts";
import { systemRandom } from "@commonhold/runtime/system-random.ts";
import { beforeEach, expect, it } from "vitest";
import { ManualClock } from "../http/api.fixture.ts";
import { type ArchiveTickets, createArchiveTickets, IDS_KEPT_MAX } from "./archive-tickets.ts";

let clock: ManualClock;
let tickets: ArchiveTickets;
beforeEach(() => {
  clock = new ManualClock();
  tickets = createArchiveTickets({ clock, random: systemRandom }, { ttlS: 60 });
});

const issue = (owner: string, ids = 1) =>
  tickets.issue({
    ownerId: owner as UserId,
    fileIds: Array.from({ length: ids }, (_, index) => `${index}` as FileId),
    folderIds: [],
  }).ticket;

it("are good for what they were asked for, for a while", () => {
  const ticket = issue("ada", 2);
  expect(tickets.open(ticket)).toEqual({ ownerId: "ada", fileIds: ["0", "1"], folderIds: [] });
  expect(() => tickets.open(`${ticket}x`)).toThrow(/not, or no longer/);
  clock.advance(60_000);
  expect(() => tickets.open(ticket)).toThrow(expect.objectContaining({ code: "UNAUTHENTICATED" }));
});

it("are twenty of a person; the oldest of theirs gives way, and nobody else's", () => {
  const others = issue("bea");
  const own = Array.from({ length: 21 }, () => issue("ada"));
  expect(() => tickets.open(own[0]!)).toThrow();
  for (const ticket of [others, ...own.slice(1)]) expect(tickets.open(ticket).fileIds).toEqual(["0"]);
});

it("keep no more ids in memory than they may, of however many people", () => {
  const each = IDS_KEPT_MAX / 4;
  const made = ["ada", "bea", "cleo", "dan"].map((owner) => issue(owner, each));
  expect(tickets.open(made[0]!).fileIds).toHaveLength(each);
  issue("eve", each + 1);
  const kept = made.map((ticket) => {
    try {
      return tickets.open(ticket).fileIds.length;
    } catch {
      return 0;
    }
  });
  expect(kept).toEqual([0, 0, each, each]);
});
