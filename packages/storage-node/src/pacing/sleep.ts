import { setTimeout as delay } from "node:timers/promises";

/** Waits, handed in so that a test can drive it. Resolves after `ms`, or at once when `signal` is aborted. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

export const systemSleep: Sleep = async (ms, signal) => {
  try {
    await delay(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
};
