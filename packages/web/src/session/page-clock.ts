import type { Clock } from "@commonhold/core/clock.ts";
import type { Random } from "@commonhold/core/random.ts";

export const pageClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};

export const pageRandom: Random = {
  bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  fraction: () => crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32,
};
