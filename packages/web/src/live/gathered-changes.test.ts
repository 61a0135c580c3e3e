import { expect, it } from "vitest";
import type { Query } from "@tanstack/react-query";
import { isConcerned, isOfPerson } from "./concerned-queries.ts";
import { GatheredChanges } from "./gathered-changes.ts";

it("the first change is told at once, those that follow together, and then again at once", () => {
  const told: string[][] = [];
  const later: (() => void)[] = [];
  let isHeld = false;
  const changes = new GatheredChanges({
    tell: (topics) => told.push([...topics]),
    isHeld: () => isHeld,
    later: (action) => later.push(action),
  });
  changes.add("files");
  expect(told).toEqual([["files"]]);
  for (const topic of ["files", "credits", "files"]) changes.add(topic);
  expect(told).toHaveLength(1);
  later.shift()!();
  expect(told).toEqual([["files"], ["files", "credits"]]);
  later.shift()!();
  expect([told.length, later.length]).toEqual([2, 0]);
  changes.add("nodes");
  expect(told.at(-1)).toEqual(["nodes"]);

  isHeld = true;
  changes.add("jobs");
  later.shift()!();
  expect(told.at(-1)).toEqual(["nodes"]);
  isHeld = false;
  later.shift()!();
  expect(told.at(-1)).toEqual(["jobs"]);
});

const query = (...queryKey: string[]) => ({ queryKey }) as unknown as Query;

it("a topic concerns what shows it, and nothing else", () => {
  const files = new Set(["files"]);
  expect(isConcerned(query("files", "root"), files)).toBe(true);
  expect(isConcerned(query("shares", "all"), files)).toBe(true);
  expect(isConcerned(query("jobs"), files)).toBe(false);
  expect(isConcerned(query("files"), new Set(["a topic of a newer coordinator"]))).toBe(false);
});

it("a film that plays keeps its address, whatever has changed; a link's page outlives a person", () => {
  expect(["jobs", "files", "ticket", "link-ticket", "sealed-link"].map((root) => isConcerned(query(root)))).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
  expect([isOfPerson(query("link", "t")), isOfPerson(query("files"))]).toEqual([false, true]);
});
