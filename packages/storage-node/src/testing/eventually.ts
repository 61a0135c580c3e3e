import { expect } from "vitest";

const DEADLINE_MS = 20_000;
const INTERVAL_MS = 10;

/** Asks again and again until the expectation holds; gives up after a deadline that a busy machine still meets. */
export function eventually<T>(read: () => T | Promise<T>) {
  return expect.poll(read, { timeout: DEADLINE_MS, interval: INTERVAL_MS });
}
