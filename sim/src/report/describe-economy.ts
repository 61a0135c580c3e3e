import type { EconomyCommand } from "../arguments.ts";
import type { EconomyOutcome } from "../economy/run-economy.ts";
import { describeReplayed, listCounts } from "./describe-outcome.ts";

/** The report at the end of a run of the economy, line by line. */
export function describeEconomy(command: EconomyCommand, outcome: EconomyOutcome): readonly string[] {
  const { trace, failure, checkers } = outcome;
  const lines = [
    `seed ${command.seed}: ${outcome.simulatedDays.toFixed(1)} days, ${command.nodes} nodes, ${outcome.chunks} chunks in all`,
    `nodes     ${listCounts([...outcome.kinds])}`,
    `faults    ${listCounts([...outcome.faults])}`,
    `events    ${listCounts([...trace.counts()])}`,
    `trace     ${trace.length} events, ${trace.digest()}`,
  ];
  if (failure !== undefined) {
    return [...lines, "", ...describeReplayed(replayEconomy(command), failure, trace)];
  }
  const verdicts = checkers.flatMap((checker) => {
    const [first = "", ...more] = checker.verdict();
    return [`✓ ${checker.name} — ${first}`, ...more.map((line) => `    ${line}`)];
  });
  return [...lines, ...verdicts];
}

export function replayEconomy({ seed, nodes, days, pace, broken }: EconomyCommand): string {
  const options = `--seed ${seed} --nodes ${nodes} --days ${days} --pace ${pace}`;
  return `npm run sim -- economy ${options}${broken === undefined ? "" : ` --break ${broken}`}`;
}
