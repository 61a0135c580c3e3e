import { expect, it } from "vitest";
import { SeededRandom } from "./seeded-random.ts";

const DRAWS = 20_000;

function draw(random: SeededRandom, count: number): number[] {
  return Array.from({ length: count }, () => random.uint32());
}

it("repeats itself for the same seed, and for no other", () => {
  expect(draw(new SeededRandom(7), 50)).toEqual(draw(new SeededRandom(7), 50));
  expect(draw(new SeededRandom(7), 50)).not.toEqual(draw(new SeededRandom(8), 50));
});

it("has streams that do not depend on what is drawn elsewhere", () => {
  const drawn = new SeededRandom(7);
  draw(drawn, 100);
  expect(draw(drawn.fork("a"), 20)).toEqual(draw(new SeededRandom(7).fork("a"), 20));
  expect(draw(drawn.fork("a"), 20)).not.toEqual(draw(drawn.fork("b"), 20));
});

it("is even over its range", () => {
  const random = new SeededRandom(1);
  const counts = new Array<number>(10).fill(0);
  for (let i = 0; i < DRAWS; i++) counts[random.integer(0, 9)]! += 1;
  for (const count of counts) expect(Math.abs(count - DRAWS / 10)).toBeLessThan(200);
  const mean = Array.from({ length: DRAWS }, () => random.exponential(3)).reduce((sum, value) => sum + value) / DRAWS;
  expect(mean).toBeGreaterThan(2.9);
  expect(mean).toBeLessThan(3.1);
});

it("takes samples without repeating an item", () => {
  const random = new SeededRandom(1);
  const sample = random.sample([1, 2, 3, 4, 5], 4);
  expect(new Set(sample).size).toBe(4);
  expect(random.sample([1, 2], 5).toSorted()).toEqual([1, 2]);
  expect(random.hex(64)).toMatch(/^[0-9a-f]{64}$/);
});
