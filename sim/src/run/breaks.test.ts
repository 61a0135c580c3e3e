import { describe, expect, it } from "vitest";
import type { FailureKind } from "../checkers/simulation-failure.ts";
import { BREAKS, type BreakName } from "./breaks.ts";
import { runSeed } from "./run-seed.fixture.ts";

/** What each defect shows itself as. */
const SHOWN_AS: Readonly<Record<BreakName, readonly FailureKind[]>> = {
  "ignored-rot": ["loss", "divergence"],
  "unfenced-deletion": ["unsafe_deletion", "false_record", "loss"],
  "blind-detector": ["unsafe_deletion", "loss", "divergence"],
  "jumpy-detector": ["excess_work"],
  "careless-eviction": ["unsafe_deletion"],
  "imagined-copy": ["false_record"],
  "unsent-deletion": ["lingering"],
  "hasty-acknowledgement": ["false_record", "loss"],
};
/** A race that is seldom lost needs more tries. */
const SEEDS_MAX = 12;
const TEST_MS_MAX = 240_000;

async function kindFound(broken: BreakName): Promise<FailureKind | undefined> {
  for (let seed = 1; seed <= SEEDS_MAX; seed++) {
    const { failure } = await runSeed({ seed, days: 40, intensity: 1, broken });
    if (failure !== undefined) return failure.kind;
  }
  return undefined;
}

describe("the checkers find", () => {
  it.each(Object.keys(BREAKS) as BreakName[])("%s", { timeout: TEST_MS_MAX }, async (broken) => {
    expect(SHOWN_AS[broken]).toContain(await kindFound(broken));
  });
});
