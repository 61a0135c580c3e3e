/** `npm run bench`: what Commonhold takes, compared with the least that this machine needs. */
import { setMaxListeners } from "node:events";
import { resolve } from "node:path";
import { type BenchCommand, parseArguments, UsageError } from "./arguments.ts";
import { runAudits } from "./audits/run-audits.ts";
import { ALL_CASES } from "./cases/all-cases.ts";
import { createRandomBodies } from "./data/random-body.ts";
import { runLedger } from "./ledger/run-ledger.ts";
import { abortOnInterrupt, Interrupted } from "./interruption.ts";
import { openBenchFolder } from "./machine/bench-folder.ts";
import { describeMachine } from "./machine/describe-machine.ts";
import { describeError } from "./report/describe-error.ts";
import { runRepair } from "./repair/run-repair.ts";
import type { BenchDeps } from "./run/bench-deps.ts";
import { runCases } from "./run/run-cases.ts";
import { runSoak } from "./soak/run-soak.ts";
import { runTab } from "./tab/run-tab.ts";
import { helpText, listText } from "./usage-text.ts";

type MeasuringCommand = Exclude<BenchCommand, { readonly kind: "help" | "list" }>;

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const complain = (line: string): void => void process.stderr.write(`${line}\n`);

/** @returns the exit code */
async function run(command: BenchCommand): Promise<number> {
  if (command.kind === "help" || command.kind === "list") {
    for (const line of command.kind === "help" ? helpText(ALL_CASES) : listText(ALL_CASES)) say(line);
    return 0;
  }
  const signal = abortOnInterrupt();
  // Every request under way listens to it.
  setMaxListeners(0, signal);
  signal.addEventListener("abort", () => complain("Stopping, and removing what was written…"));
  const { data } = command.options;
  const folder = await openBenchFolder(data === undefined ? undefined : resolve(data));
  try {
    const machine = await describeMachine(folder.path);
    return (await measure(command, { bodies: createRandomBodies(), folder, machine, say, signal })) ? 0 : EXIT_FAILED;
  } catch (error) {
    // On the way out, what fails because of it is no news.
    if (signal.reason instanceof Interrupted) return signal.reason.exitCode;
    throw error;
  } finally {
    await folder.remove();
  }
}

function measure(command: MeasuringCommand, deps: BenchDeps): Promise<boolean> {
  switch (command.kind) {
    case "cases":
      return runCases(deps, command.options);
    case "soak":
      return runSoak(deps, command.options);
    case "repair":
      return runRepair(deps, command.options);
    case "audits":
      return runAudits(deps, command.options);
    case "ledger":
      return runLedger(deps, command.options);
    case "tab":
      return runTab(deps, command.options);
  }
}

try {
  const caseNames = ALL_CASES.map((each) => each.name);
  process.exitCode = await run(parseArguments(process.argv.slice(2), caseNames));
} catch (error) {
  const isUsage = error instanceof UsageError;
  complain(isUsage ? `${error.message}\n"npm run bench -- --help" says more.` : describeError(error));
  process.exitCode = isUsage ? EXIT_USAGE : EXIT_FAILED;
}
