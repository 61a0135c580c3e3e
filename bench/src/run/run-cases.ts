import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { styleText } from "node:util";
import { type Arena, openArena } from "../arena/arena.ts";
import { type CasesOptions, UsageError } from "../arguments.ts";
import { ALL_CASES } from "../cases/all-cases.ts";
import type { BenchCase } from "../cases/bench-case.ts";
import { describeError } from "../report/describe-error.ts";
import { formatMeasures, formatUsage } from "../report/format-measures.ts";
import { judgeMeasure } from "../report/judge-measure.ts";
import type { Measure } from "../report/measure.ts";
import { type BenchResult, measuresDocument } from "../report/measures-document.ts";
import { formatPeers } from "../report/peers.ts";
import { sayMachine } from "../report/say-machine.ts";
import type { BenchDeps } from "./bench-deps.ts";
import { planStages, type Stage } from "./plan-stages.ts";

/**
 * Runs cases stage by stage, each stage with a new network in an empty folder, and tells what came of them.
 * @returns whether everything worked and, with `strict`, everything that is asked holds
 * @throws UsageError where it would take more of the disk than it may
 */
export async function runCases(deps: BenchDeps, options: CasesOptions): Promise<boolean> {
  const stages = planStages(
    ALL_CASES.filter((each) => options.names.includes(each.name)),
    options.runs,
  );
  const diskBytes = Math.max(...stages.map((stage) => stage.diskBytes));
  requireBounded(diskBytes, options);
  await deps.folder.requireRoom(diskBytes);
  sayHead(deps, options);
  const result = { startedAt: new Date(), machine: deps.machine, runs: options.runs };
  const measures: Measure[] = [];
  const failures: { readonly name: string; readonly message: string }[] = [];
  for (const stage of stages) await runStage(deps, { stage, runs: options.runs, measures, failures });
  sayResult(deps, { ...result, measures, failures });
  if (options.jsonFile !== undefined) {
    await writeFile(
      options.jsonFile,
      `${JSON.stringify(measuresDocument({ ...result, measures, failures }), null, 2)}\n`,
    );
  }
  const holds = measures.every((measure) => judgeMeasure(measure).holds);
  return failures.length === 0 && (holds || !options.strict);
}

function requireBounded(diskBytes: number, { diskBytesMax, runs }: CasesOptions): void {
  if (diskBytes <= diskBytesMax) return;
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  throw new UsageError(
    `These cases take ${gigabytes(diskBytes)} of disk with ${runs} runs, more than ${gigabytes(diskBytesMax)}: ` +
      "give fewer --runs, or a larger --disk-max.",
  );
}

interface StageRun {
  readonly stage: Stage;
  readonly runs: number;
  readonly measures: Measure[];
  readonly failures: { readonly name: string; readonly message: string }[];
}

/** After a case that fails the next one gets another network: who knows what became of this one. */
async function runStage(deps: BenchDeps, run: StageRun): Promise<void> {
  let left = run.stage.cases;
  while (left.length > 0) {
    const arena = await openArena(deps, { folder: join(deps.folder.path, "arena"), signal: deps.signal });
    try {
      for (let failed = false; left.length > 0 && !failed; left = left.slice(1)) {
        failed = !(await runCase(deps, left[0]!, { ...run, arena }));
      }
    } finally {
      await arena.close();
    }
  }
}

async function runCase(
  { say, signal, folder }: BenchDeps,
  each: BenchCase,
  run: StageRun & { readonly arena: Arena },
): Promise<boolean> {
  say(styleText("bold", each.name));
  try {
    const context = { arena: run.arena, runs: run.runs, say: (line: string) => say(`  ${line}`) };
    run.measures.push(...(await each.run(context)));
    return true;
  } catch (error) {
    signal.throwIfAborted();
    const message = describeError(error);
    run.failures.push({ name: each.name, message });
    say(styleText("red", `  failed: ${message}`));
    say(`  the logs of the network are kept in ${await folder.keepLogs(run.arena.logs)}`);
    return false;
  }
}

function sayHead({ say, machine }: BenchDeps, { runs }: CasesOptions): void {
  say(styleText("bold", "Commonhold's benchmarks"));
  say(
    `  ${runs === 1 ? "one run" : `median of ${runs} runs`}, the floor's and ours in turn; 1 GB is 10⁹ bytes, random`,
  );
  say("  floor: one process that seals with the same code, writes three files a chunk with fsync, and answers");
  say("  ours: a coordinator and 4 nodes, a process each, 3 copies, acknowledged when 2 are on disk, as npm start");
  sayMachine(say, machine);
}

function sayResult({ say }: BenchDeps, { measures, failures }: BenchResult): void {
  const lines = [
    "",
    ...(measures.length === 0 ? [] : [...formatMeasures(measures), "", ...formatUsage(measures), ""]),
    ...formatPeers(),
    ...(failures.length === 0 ? [] : ["", ...failures.map(({ name, message }) => `${name} failed: ${message}`)]),
  ];
  for (const line of lines) say(line);
}
