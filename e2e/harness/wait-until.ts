import { setTimeout as sleep } from "node:timers/promises";

/** Asks again until the answer is not undefined or false; fails with the last state when the deadline passes. */
export async function waitUntil<T>(
  what: string,
  ask: () => Promise<T | undefined | false>,
  deadlineMs = 60_000,
): Promise<T> {
  const ends = Date.now() + deadlineMs;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
      last = answer;
    } catch (error) {
      last = error;
    }
    if (Date.now() >= ends) throw new Error(`time ran out waiting for ${what}`, { cause: last });
    await sleep(100);
  }
}
