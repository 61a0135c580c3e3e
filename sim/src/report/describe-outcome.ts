import type { RunCommand } from "../arguments.ts";
import type { SimulationFailure } from "../checkers/simulation-failure.ts";
import type { SimulationOutcome } from "../run/run-simulation.ts";
import { formatEvent, formatVirtualTime } from "../trace/format-trace.ts";
import type { Trace } from "../trace/trace.ts";

const MIB = 1024 ** 2;
const MINUTE_MS = 60_000;
const EVENTS_SHOWN = 40;

/** Events that people understand, in the order in which they are told. */
const EVENTS_TOLD = [
  "acknowledged",
  "file_deleted",
  "file_restored",
  "stored",
  "destroyed",
  "doubted",
  "leaving",
  "copy_arrived",
  "recorded",
  "dropped",
  "stray",
  "deleted",
] as const;

/** The report at the end of a run, line by line. */
export function describeOutcome(command: RunCommand, outcome: SimulationOutcome): readonly string[] {
  const { trace, failure } = outcome;
  const lines = [
    `seed ${command.seed}: ${outcome.simulatedDays.toFixed(1)} days, ${command.nodes} nodes, ` +
      `${outcome.chunks} chunks in ${outcome.files} files at the end`,
    `faults    ${listCounts([...outcome.faults])}`,
    `events    ${listCounts(EVENTS_TOLD.map((kind) => [kind, trace.count(kind)]))}`,
    `repaired  ${(outcome.copiedBytes / MIB).toFixed(0)} MiB`,
    `whole     ${describeTimes(outcome.timesToWholeMs)}`,
    `trace     ${trace.length} events, ${trace.digest()}`,
  ];
  if (failure !== undefined) return [...lines, "", ...describeFailure(command, failure, trace)];
  return [...lines, ...outcome.checkers.map((checker) => `✓ ${checker.name} — ${checker.verdict()}`)];
}

/** What went wrong, the last that happened to the chunk, and the command that shows it again. */
export function describeFailure(command: RunCommand, failure: SimulationFailure, trace: Trace): readonly string[] {
  return describeReplayed(replayCommand(command), failure, trace);
}

/** @param again the command that shows it again */
export function describeReplayed(again: string, failure: SimulationFailure, trace: Trace): readonly string[] {
  const { chunk, nodeId } = failure;
  const events = chunk === undefined ? trace.recent(EVENTS_SHOWN) : trace.recentOf(chunk).slice(-EVENTS_SHOWN);
  return [
    `✗ ${failure.kind} at ${formatVirtualTime(failure.atMs)}: ${failure.message}`,
    ...(chunk === undefined ? [] : [`  chunk ${chunk}`]),
    ...(nodeId === undefined ? [] : [`  node  ${nodeId}`]),
    ...(failure.cause === undefined ? [] : [`  because: ${describeCause(failure.cause)}`]),
    chunk === undefined ? "The last events:" : "The last events of this chunk:",
    ...events.map((event) => `  ${formatEvent(event)}`),
    `Again: ${again}`,
  ];
}

export function replayCommand(command: RunCommand): string {
  const { seed, nodes, days, chunks, pace, intensity, broken } = command;
  const options = `--seed ${seed} --nodes ${nodes} --days ${days} --chunks ${chunks} --pace ${pace}`;
  const more = `${intensity === 1 ? "" : ` --intensity ${intensity}`}${broken === undefined ? "" : ` --break ${broken}`}`;
  return `npm run sim -- ${options}${more}`;
}

export function listCounts(counts: readonly (readonly [string, number])[]): string {
  return counts.map(([name, count]) => `${name} ${count}`).join(" · ");
}

function describeTimes(timesMs: readonly number[]): string {
  if (timesMs.length === 0) return "never short of copies";
  const sorted = timesMs.toSorted((a, b) => a - b);
  const minutes = (ms: number): string => `${(ms / MINUTE_MS).toFixed(1)} min`;
  const median = sorted[Math.floor(sorted.length / 2)]!;
  return `again after ${minutes(median)} in the median, ${minutes(sorted.at(-1)!)} at most (${sorted.length} times)`;
}

function describeCause(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}
