/** `npm run sim`: the network in virtual time, with the production code of placement, detection, repair and deletion. */
import { type EconomyCommand, type RunCommand, parseArguments, type SimCommand, UsageError } from "./arguments.ts";
import { REAL_ECONOMY, SLOW_ECONOMY } from "./economy/economy-pace.ts";
import { runEconomy } from "./economy/run-economy.ts";
import { describeEconomy } from "./report/describe-economy.ts";
import { describeOutcome } from "./report/describe-outcome.ts";
import { runSimulation } from "./run/run-simulation.ts";
import { REAL_PACE, SLOW_PACE } from "./run/simulation-pace.ts";
import { measureSweep } from "./sweep/measure-sweep.ts";
import { helpText } from "./usage-text.ts";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function run(command: RunCommand): Promise<number> {
  const pace = command.pace === "real" ? REAL_PACE : SLOW_PACE;
  const startedAtMs = performance.now();
  const outcome = await runSimulation({ ...command, pace });
  for (const line of describeOutcome(command, outcome)) say(line);
  say(`took      ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s`);
  return outcome.failure === undefined ? 0 : EXIT_FAILED;
}

async function runMonth(command: EconomyCommand): Promise<number> {
  const pace = command.pace === "real" ? REAL_ECONOMY : SLOW_ECONOMY;
  const startedAtMs = performance.now();
  const outcome = await runEconomy({ ...command, pace });
  for (const line of describeEconomy(command, outcome)) say(line);
  say(`took      ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s`);
  return outcome.failure === undefined ? 0 : EXIT_FAILED;
}

async function obey(command: SimCommand): Promise<number> {
  if (command.kind === "run") return await run(command);
  if (command.kind === "sweep") return (await measureSweep(command, say)) ? 0 : EXIT_FAILED;
  if (command.kind === "economy") return await runMonth(command);
  for (const line of helpText()) say(line);
  return 0;
}

try {
  process.exitCode = await obey(parseArguments(process.argv.slice(2), Date.now() % 2 ** 32));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n"npm run sim -- --help" says more.\n`);
  process.exitCode = EXIT_USAGE;
}
