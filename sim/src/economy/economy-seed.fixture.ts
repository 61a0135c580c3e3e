import type { EconomyCommand } from "../arguments.ts";
import { replayEconomy } from "../report/describe-economy.ts";
import { describeReplayed } from "../report/describe-outcome.ts";
import type { EconomyBreakName } from "./economy-breaks.ts";
import { SLOW_ECONOMY } from "./economy-pace.ts";
import { type EconomyOutcome, runEconomy } from "./run-economy.ts";

/** So small that a week takes some seconds. */
const NODES = 10;

export interface EconomySeed {
  readonly seed: number;
  readonly days: number;
  readonly broken?: EconomyBreakName;
}

export function runEconomySeed(options: EconomySeed): Promise<EconomyOutcome> {
  return runEconomy({ nodes: NODES, pace: SLOW_ECONOMY, ...options });
}

/** @throws Error with the report that `npm run sim` gives, where something did not hold */
export async function runEconomyUnharmed(options: EconomySeed): Promise<EconomyOutcome> {
  const outcome = await runEconomySeed(options);
  if (outcome.failure === undefined) return outcome;
  const command: EconomyCommand = { kind: "economy", nodes: NODES, pace: "slow", ...options, broken: options.broken };
  throw new Error(describeReplayed(replayEconomy(command), outcome.failure, outcome.trace).join("\n"));
}
