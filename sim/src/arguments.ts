import { parseArgs } from "node:util";
import { ECONOMY_BREAKS, type EconomyBreakName, isEconomyBreakName } from "./economy/economy-breaks.ts";
import { BREAKS, type BreakName, isBreakName } from "./run/breaks.ts";

/** The command was not used as it can be. */
export class UsageError extends Error {}

export interface RunCommand {
  readonly kind: "run";
  readonly seed: number;
  readonly nodes: number;
  readonly days: number;
  readonly chunks: number;
  readonly pace: "real" | "slow";
  readonly intensity: number;
  readonly broken: BreakName | undefined;
}

export interface SweepCommand {
  readonly kind: "sweep";
  readonly nodes: number;
  readonly chunks: number;
  readonly catalog: "memory" | "sqlite";
}

export interface EconomyCommand {
  readonly kind: "economy";
  readonly seed: number;
  readonly nodes: number;
  readonly days: number;
  readonly pace: "real" | "slow";
  readonly broken: EconomyBreakName | undefined;
}

export type SimCommand = { readonly kind: "help" } | RunCommand | SweepCommand | EconomyCommand;

const NODES_MAX = 5_000;
const NODES_MIN = 6;
/** Of which some cheat. */
const ECONOMY_NODES = { min: 10, max: 500 };
const ECONOMY_DAYS_MAX = 365;
const DAYS_MAX = 10_000;
const CHUNKS_MAX = 10_000_000;
const CHUNKS_PER_NODE = 10;

const OPTIONS = {
  help: { type: "boolean", short: "h", default: false },
  seed: { type: "string" },
  nodes: { type: "string" },
  days: { type: "string" },
  chunks: { type: "string" },
  pace: { type: "string" },
  intensity: { type: "string" },
  catalog: { type: "string" },
  break: { type: "string" },
} as const;

/** @throws UsageError */
export function parseArguments(args: readonly string[], usualSeed: number): SimCommand {
  const { values, positionals } = parse(args);
  if (values.help) return { kind: "help" };
  const [verb, ...rest] = positionals;
  if (rest.length > 0 || (verb !== undefined && verb !== "sweep" && verb !== "economy")) {
    throw new UsageError(`"${positionals.join(" ")}" is nothing that can be run: only "sweep" and "economy" are`);
  }
  if (verb === "economy") return economyOf(values, usualSeed);
  if (verb === "sweep") {
    return {
      kind: "sweep",
      nodes: whole("nodes", values.nodes, { usual: 1_000, min: NODES_MIN, max: NODES_MAX }),
      chunks: whole("chunks", values.chunks, { usual: 1_000_000, min: 1, max: CHUNKS_MAX }),
      catalog: catalogOf(values.catalog ?? "sqlite"),
    };
  }
  const nodes = whole("nodes", values.nodes, { usual: 50, min: NODES_MIN, max: NODES_MAX });
  return {
    kind: "run",
    nodes,
    seed: whole("seed", values.seed, { usual: usualSeed, min: 0, max: 2 ** 32 - 1 }),
    days: whole("days", values.days, { usual: 30, min: 1, max: DAYS_MAX }),
    chunks: whole("chunks", values.chunks, { usual: CHUNKS_PER_NODE * nodes, min: 1, max: CHUNKS_MAX }),
    pace: paceOf(values.pace ?? "real"),
    intensity: intensityOf(values.intensity ?? "1"),
    broken: breakOf(values.break),
  };
}

function economyOf(values: ReturnType<typeof parse>["values"], usualSeed: number): EconomyCommand {
  return {
    kind: "economy",
    seed: whole("seed", values.seed, { usual: usualSeed, min: 0, max: 2 ** 32 - 1 }),
    nodes: whole("nodes", values.nodes, { usual: 50, ...ECONOMY_NODES }),
    days: whole("days", values.days, { usual: 30, min: 1, max: ECONOMY_DAYS_MAX }),
    pace: paceOf(values.pace ?? "real"),
    broken: economyBreakOf(values.break),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function whole(
  name: string,
  text: string | undefined,
  range: { readonly usual: number; readonly min: number; readonly max: number },
): number {
  const value = text === undefined ? range.usual : Number(text);
  if (Number.isInteger(value) && value >= range.min && value <= range.max) return value;
  throw new UsageError(`--${name} ${text} is no whole number from ${range.min} to ${range.max}`);
}

function intensityOf(text: string): number {
  const value = Number(text);
  if (value > 0 && value <= 10) return value;
  throw new UsageError(`--intensity ${text} is no number over 0 and up to 10`);
}

function paceOf(text: string): "real" | "slow" {
  if (text === "real" || text === "slow") return text;
  throw new UsageError(`--pace ${text} is neither real nor slow`);
}

function catalogOf(text: string): "memory" | "sqlite" {
  if (text === "memory" || text === "sqlite") return text;
  throw new UsageError(`--catalog ${text} is neither memory nor sqlite`);
}

function breakOf(text: string | undefined): BreakName | undefined {
  if (text === undefined || isBreakName(text)) return text;
  throw new UsageError(`--break ${text} is none of ${Object.keys(BREAKS).join(", ")}`);
}

function economyBreakOf(text: string | undefined): EconomyBreakName | undefined {
  if (text === undefined || isEconomyBreakName(text)) return text;
  throw new UsageError(`--break ${text} is none of ${Object.keys(ECONOMY_BREAKS).join(", ")}`);
}
