import type { RunCommand } from "../arguments.ts";
import { describeFailure } from "../report/describe-outcome.ts";
import type { BreakName } from "./breaks.ts";
import { runSimulation, type SimulationOutcome } from "./run-simulation.ts";
import { SLOW_PACE } from "./simulation-pace.ts";

/** So small that a hundred days take some seconds, and all kinds of faults still meet. */
const USUAL = { nodes: 12, days: 100, chunks: 80, intensity: 0.5 } as const;

export interface SeedOptions {
  readonly seed: number;
  readonly days?: number;
  readonly nodes?: number;
  readonly intensity?: number;
  readonly broken?: BreakName;
}

export function runSeed(options: SeedOptions): Promise<SimulationOutcome> {
  return runSimulation({ ...USUAL, ...options, pace: SLOW_PACE });
}

/** @throws Error with the report that `npm run sim` gives, where something did not hold */
export async function runUnharmed(options: SeedOptions): Promise<SimulationOutcome> {
  const outcome = await runSeed(options);
  if (outcome.failure === undefined) return outcome;
  const command: RunCommand = { kind: "run", ...USUAL, ...options, pace: "slow", broken: options.broken };
  throw new Error(describeFailure(command, outcome.failure, outcome.trace).join("\n"));
}
