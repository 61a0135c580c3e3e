const DEADLINE_MS = 10_000;
const POLL_MS = 5;

/** Resolves once `condition` holds; fails when it does not within 10 s. */
export async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`still not so after ${DEADLINE_MS} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Resolves once `value` has been the same for twenty polls. */
export async function untilSteady(value: () => number): Promise<void> {
  let last = value();
  let same = 0;
  await until(() => {
    same = value() === last ? same + 1 : 0;
    last = value();
    return same >= 20;
  });
}
