import { parseArgs } from "node:util";
import { AppError } from "@commonhold/core/app-error.ts";
import { parseByteSize } from "@commonhold/core/byte-size.ts";
import { nearestName } from "@commonhold/runtime/nearest-name.ts";
import { COPIES } from "./data/copies.ts";

const RUNS_MAX = 99;
const SOAK_GIGABYTES_MAX = 300;
const CLIENTS_MAX = 100;
const NODES_MAX = 64;
const LEDGER_ENTRIES_MAX = 100_000_000;
const DISK_MAX = "40GB";

/** The command was not used as it can be. */
export class UsageError extends Error {}

/** Where files go and what ends the run with an error, whatever is run. */
interface CommonOptions {
  /** The folder in which the temporary ones are made; the system's where it is not given. */
  readonly data: string | undefined;
  readonly strict: boolean;
}

export interface CasesOptions extends CommonOptions {
  readonly names: readonly string[];
  readonly runs: number;
  /** Bytes on the disk at once. */
  readonly diskBytesMax: number;
  readonly jsonFile: string | undefined;
}

export interface SoakOptions extends CommonOptions {
  readonly bytes: number;
  readonly clients: number;
  readonly slowReader: boolean;
  readonly stoppedReader: boolean;
  readonly csvFile: string | undefined;
}

export interface RepairOptions extends CommonOptions {
  readonly bytes: number;
  readonly nodes: number;
  /** Each with another node that dies. */
  readonly runs: number;
}

export interface AuditsOptions extends CommonOptions {
  readonly runs: number;
}

export interface LedgerOptions extends CommonOptions {
  readonly entries: number;
  readonly runs: number;
}

export interface TabOptions extends CommonOptions {
  readonly bytes: number;
}

export type BenchCommand =
  | { readonly kind: "help" }
  | { readonly kind: "list" }
  | { readonly kind: "cases"; readonly options: CasesOptions }
  | { readonly kind: "soak"; readonly options: SoakOptions }
  | { readonly kind: "repair"; readonly options: RepairOptions }
  | { readonly kind: "audits"; readonly options: AuditsOptions }
  | { readonly kind: "ledger"; readonly options: LedgerOptions }
  | { readonly kind: "tab"; readonly options: TabOptions };

const COMMON = {
  help: { type: "boolean", short: "h", default: false },
  data: { type: "string" },
  strict: { type: "boolean", default: false },
} as const;
const FOR_CASES = {
  list: { type: "boolean", default: false },
  runs: { type: "string", default: "5" },
  "disk-max": { type: "string", default: DISK_MAX },
  json: { type: "string" },
} as const;
const FOR_SOAK = {
  gb: { type: "string", default: "10" },
  clients: { type: "string", default: "1" },
  "slow-reader": { type: "boolean", default: false },
  "stopped-reader": { type: "boolean", default: false },
  csv: { type: "string" },
} as const;

const FOR_REPAIR = {
  gb: { type: "string", default: "2" },
  nodes: { type: "string", default: "6" },
  runs: { type: "string", default: "1" },
} as const;

const FOR_AUDITS = {
  runs: { type: "string", default: "3" },
} as const;

const FOR_LEDGER = {
  entries: { type: "string", default: "10000000" },
  runs: { type: "string", default: "5" },
} as const;

const FOR_TAB = {
  gb: { type: "string", default: "5" },
} as const;

/**
 * What is asked for on the command line.
 * @param caseNames all that there are
 * @throws UsageError that says what would be right
 */
export function parseArguments(args: readonly string[], caseNames: readonly string[]): BenchCommand {
  if (args.includes("soak")) return parseSoak(args);
  if (args.includes("repair")) return parseRepair(args);
  if (args.includes("audits")) return parseAudits(args);
  if (args.includes("tab")) return parseTab(args);
  return args.includes("ledger") ? parseLedger(args) : parseCases(args, caseNames);
}

function parseCases(args: readonly string[], caseNames: readonly string[]): BenchCommand {
  const { values, positionals } = asUsage(() =>
    parseArgs({ args: [...args], options: { ...COMMON, ...FOR_CASES }, allowPositionals: true }),
  );
  if (values.help) return { kind: "help" };
  if (values.list) return { kind: "list" };
  for (const name of positionals) {
    if (!caseNames.includes(name)) throw unknownCase(name, caseNames);
  }
  const names = positionals.length === 0 ? caseNames : caseNames.filter((name) => positionals.includes(name));
  return {
    kind: "cases",
    options: {
      names,
      runs: wholeNumber("--runs", values.runs, RUNS_MAX),
      diskBytesMax: byteSize("--disk-max", values["disk-max"]),
      jsonFile: values.json,
      data: values.data,
      strict: values.strict,
    },
  };
}

function parseSoak(args: readonly string[]): BenchCommand {
  const { values, positionals } = asUsage(() =>
    parseArgs({ args: [...args], options: { ...COMMON, ...FOR_SOAK }, allowPositionals: true }),
  );
  if (values.help) return { kind: "help" };
  requireAlone("soak", positionals);
  return {
    kind: "soak",
    options: {
      bytes: gigabytes("--gb", values.gb),
      clients: wholeNumber("--clients", values.clients, CLIENTS_MAX),
      slowReader: values["slow-reader"],
      stoppedReader: values["stopped-reader"],
      csvFile: values.csv,
      data: values.data,
      strict: values.strict,
    },
  };
}

function parseRepair(args: readonly string[]): BenchCommand {
  const { values, positionals } = asUsage(() =>
    parseArgs({ args: [...args], options: { ...COMMON, ...FOR_REPAIR }, allowPositionals: true }),
  );
  if (values.help) return { kind: "help" };
  requireAlone("repair", positionals);
  const nodes = wholeNumber("--nodes", values.nodes, NODES_MAX);
  const runs = wholeNumber("--runs", values.runs, RUNS_MAX);
  if (nodes - runs < COPIES) {
    throw new UsageError(
      `--runs ${runs} with --nodes ${nodes} would leave fewer than ${COPIES} nodes: in each run one dies for good.`,
    );
  }
  const bytes = gigabytes("--gb", values.gb);
  return { kind: "repair", options: { bytes, nodes, runs, data: values.data, strict: values.strict } };
}

function parseAudits(args: readonly string[]): BenchCommand {
  const { values, positionals } = asUsage(() =>
    parseArgs({ args: [...args], options: { ...COMMON, ...FOR_AUDITS }, allowPositionals: true }),
  );
  if (values.help) return { kind: "help" };
  requireAlone("audits", positionals);
  const runs = wholeNumber("--runs", values.runs, RUNS_MAX);
  return { kind: "audits", options: { runs, data: values.data, strict: values.strict } };
}

function parseLedger(args: readonly string[]): BenchCommand {
  const { values, positionals } = asUsage(() =>
    parseArgs({ args: [...args], options: { ...COMMON, ...FOR_LEDGER }, allowPositionals: true }),
  );
  if (values.help) return { kind: "help" };
  requireAlone("ledger", positionals);
  const entries = wholeNumber("--entries", values.entries, LEDGER_ENTRIES_MAX);
  const runs = wholeNumber("--runs", values.runs, RUNS_MAX);
  return { kind: "ledger", options: { entries, runs, data: values.data, strict: values.strict } };
}

function parseTab(args: readonly string[]): BenchCommand {
  const { values, positionals } = asUsage(() =>
    parseArgs({ args: [...args], options: { ...COMMON, ...FOR_TAB }, allowPositionals: true }),
  );
  if (values.help) return { kind: "help" };
  requireAlone("tab", positionals);
  return { kind: "tab", options: { bytes: gigabytes("--gb", values.gb), data: values.data, strict: values.strict } };
}

function requireAlone(name: string, positionals: readonly string[]): void {
  if (positionals.length === 1) return;
  throw new UsageError(`${name} runs alone: leave ${positionals.filter((other) => other !== name).join(", ")} out.`);
}

function asUsage<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

function unknownCase(name: string, caseNames: readonly string[]): UsageError {
  const nearest = nearestName(name, [...caseNames, "soak", "repair", "audits", "ledger", "tab"]);
  const meant = nearest === undefined ? "" : ` Did you mean "${nearest}"?`;
  return new UsageError(
    `There is no case "${name}".${meant} The cases are ${caseNames.join(", ")}; and there are soak, repair, audits, ledger and tab.`,
  );
}

function wholeNumber(option: string, text: string, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= max) return value;
  throw new UsageError(`${option} is "${text}": give a whole number from 1 to ${max}.`);
}

function gigabytes(option: string, text: string): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value > 0 && value <= SOAK_GIGABYTES_MAX) return Math.round(value * 1e9);
  throw new UsageError(`${option} is "${text}": give gigabytes, more than 0 and at most ${SOAK_GIGABYTES_MAX}.`);
}

function byteSize(option: string, text: string): number {
  try {
    return parseByteSize(text);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new UsageError(`${option}: ${error.message}.`, { cause: error });
  }
}
