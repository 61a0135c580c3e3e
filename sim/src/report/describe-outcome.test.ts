import { expect, it } from "vitest";
import type { RunCommand } from "../arguments.ts";
import { runSeed } from "../run/run-seed.fixture.ts";
import { describeOutcome } from "./describe-outcome.ts";

const COMMAND: RunCommand = {
  kind: "run",
  seed: 3,
  nodes: 12,
  days: 2,
  chunks: 80,
  pace: "slow",
  intensity: 0.5,
  broken: undefined,
};

it("tells what happened and what was checked", async () => {
  const outcome = await runSeed({ seed: 3, days: 2 });
  const text = describeOutcome(COMMAND, outcome).join("\n");
  expect(outcome.failure).toBeUndefined();
  for (const { name } of outcome.checkers) expect(text).toContain(`✓ ${name}`);
  expect(text).toContain(outcome.trace.digest());
});

it("tells what failed, the history of the chunk and how to see it again", async () => {
  const broken = "imagined-copy" as const;
  const outcome = await runSeed({ seed: 3, days: 2, broken });
  const lines = describeOutcome({ ...COMMAND, broken }, outcome);
  const text = lines.join("\n");
  expect(text).toContain("✗ false_record at day 0");
  expect(text).toContain(`chunk ${outcome.failure!.chunk}`);
  expect(text).toContain("acknowledged");
  expect(lines.at(-1)).toBe(
    "Again: npm run sim -- --seed 3 --nodes 12 --days 2 --chunks 80 --pace slow --intensity 0.5 --break imagined-copy",
  );
});
