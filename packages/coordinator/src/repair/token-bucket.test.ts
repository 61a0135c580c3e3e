import { expect, it } from "vitest";
import { TokenBucket } from "./token-bucket.ts";

function bucketOf(bytesPerSecond: number) {
  const clock = { nowMs: 0, monotonicMs: () => clock.nowMs };
  return { clock, bucket: new TokenBucket(clock, bytesPerSecond) };
}

it("lets a second's worth pass at once, then as much as the rate allows", () => {
  const { clock, bucket } = bucketOf(1_000);
  bucket.take(1_000);
  expect(bucket.waitMs()).toBeGreaterThan(0);
  clock.nowMs += bucket.waitMs();
  expect(bucket.waitMs()).toBe(0);
});

it("lets more than that pass too, and makes the next wait for it", () => {
  const { clock, bucket } = bucketOf(1_000);
  bucket.take(5_000);
  const waitMs = bucket.waitMs();
  expect(waitMs).toBeGreaterThan(4_000);
  expect(waitMs).toBeLessThan(4_010);
  clock.nowMs += waitMs - 2;
  expect(bucket.waitMs()).toBeGreaterThan(0);
  clock.nowMs += 2;
  expect(bucket.waitMs()).toBe(0);
});

it("saves up no more than a second's worth", () => {
  const { clock, bucket } = bucketOf(1_000);
  clock.nowMs += 1_000_000;
  bucket.take(1_001);
  expect(bucket.waitMs()).toBeGreaterThan(0);
});

it("takes over a new rate at once", () => {
  const { bucket } = bucketOf(1_000);
  bucket.take(2_000);
  bucket.setRate(1_000_000);
  expect(bucket.waitMs()).toBeLessThan(5);
});
