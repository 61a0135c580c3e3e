import { setImmediate, setTimeout } from "node:timers/promises";
import type { Sleep } from "./sleep.ts";

/** The machine's timers. Nothing to wait for lets all that is ready go first. */
export const systemSleep: Sleep = async (ms, signal) => {
  try {
    if (ms <= 0) await setImmediate(undefined, { signal });
    else await setTimeout(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
};
