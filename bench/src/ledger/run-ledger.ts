import { stat } from "node:fs/promises";
import { join } from "node:path";
import { styleText } from "node:util";
import { createCreditService, type CreditService } from "@commonhold/coordinator/credits/credit-service.ts";
import { createLedgerCheck } from "@commonhold/coordinator/economics/ledger-check.ts";
import type { CommandName, CommandPayload, CommandResult, Metadata } from "@commonhold/metadata/metadata.ts";
import { openSqliteMetadata } from "@commonhold/metadata/sqlite/open-sqlite-metadata.ts";
import { createLogger } from "@commonhold/runtime/logger.ts";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import { systemRandom } from "@commonhold/runtime/system-random.ts";
import type { LedgerOptions } from "../arguments.ts";
import { allHold, below, type Figure, formatFigures } from "../report/format-figures.ts";
import { sayMachine } from "../report/say-machine.ts";
import type { BenchDeps } from "../run/bench-deps.ts";
import { ENTRIES_A_TRANSACTION, fillLedger, ownerId, OWNERS } from "./fill-ledger.ts";

/** On the disk, with the log and the indexes; measured and rounded up. */
const BYTES_AN_ENTRY = 400;
const BALANCE_MS_MAX = 5;
const ASKED_OWNERS = 200;
const PAGE = 50;

/**
 * Measures balances, history and the daily check of a large ledger, in the production engine.
 * @returns whether the check found nothing wrong and, with `strict`, everything that is asked holds
 */
export async function runLedger({ folder, say, machine, signal }: BenchDeps, options: LedgerOptions): Promise<boolean> {
  const transactions = Math.ceil(options.entries / ENTRIES_A_TRANSACTION);
  await folder.requireRoom(options.entries * BYTES_AN_ENTRY);
  say(styleText("bold", "Commonhold's ledger"));
  say(`  ${options.entries} entries of ${OWNERS} owners in SQLite; medians of ${options.runs} runs`);
  sayMachine(say, machine);
  const file = join(folder.path, "ledger.db");
  const deps = { logger: createLogger({ level: "warn", name: "ledger" }), clock: systemClock };
  await (await openSqliteMetadata(deps, { file })).close();
  const filledAtMs = performance.now();
  fillLedger(file, { from: 0, transactions }, signal);
  const megabytes = (await stat(file)).size / 1e6;
  say(`  filled in ${((performance.now() - filledAtMs) / 1000).toFixed(0)} s, ${megabytes.toFixed(0)} MB`);
  const first = await withMetadata(file, (metadata) => measureFirst(metadata, options, signal));
  fillLedger(file, { from: transactions, transactions: OWNERS }, signal);
  const daily = await withMetadata(file, (metadata) => measureCheck(metadata, signal));
  const figures: readonly Figure[] = [
    ...first.figures,
    { what: `check of a day's ${OWNERS * ENTRIES_A_TRANSACTION} new entries`, unit: "ms", samples: [daily.ms] },
    { what: "the longest for which it holds up what is written", unit: "ms", samples: [daily.stepMs] },
  ];
  for (const line of formatFigures(figures)) say(line);
  const isSound = first.isSound && daily.isSound;
  if (!isSound) say("the ledger is not sound: an account is not the sum of its entries, or all are not nothing");
  return isSound && (!options.strict || allHold(figures));
}

async function withMetadata<Result>(file: string, use: (metadata: Metadata) => Promise<Result>): Promise<Result> {
  const deps = { logger: createLogger({ level: "warn", name: "ledger" }), clock: systemClock };
  const metadata = await openSqliteMetadata(deps, { file });
  try {
    return await use(metadata);
  } finally {
    await metadata.close();
  }
}

async function measureFirst(metadata: Metadata, { runs }: LedgerOptions, signal: AbortSignal) {
  const credits = creditsOf(metadata);
  const firstBalances = await eachOwner((id) => credits.userBalance(id));
  const inRuns = async (measure: () => Promise<number>): Promise<number[]> => {
    const samples: number[] = [];
    for (let run = 0; run < runs; run++) {
      signal.throwIfAborted();
      samples.push(await measure());
    }
    return samples;
  };
  const page = (before?: number) => (id: string) => credits.history(id, { limit: PAGE, before });
  const newest = await credits.history(ownerId(0), { limit: PAGE });
  const middle = Math.floor((newest.movements[0]?.entryId ?? 0) / 2);
  const figures: Figure[] = [
    {
      what: "a balance, of an owner not asked for before",
      unit: "ms",
      samples: [firstBalances],
      asked: below(BALANCE_MS_MAX),
    },
    {
      what: "a balance",
      unit: "ms",
      samples: await inRuns(() => eachOwner((id) => credits.userBalance(id))),
      asked: below(BALANCE_MS_MAX),
    },
    { what: `the newest ${PAGE} movements of an owner`, unit: "ms", samples: await inRuns(() => eachOwner(page())) },
    {
      what: `${PAGE} from the middle of the history`,
      unit: "ms",
      samples: await inRuns(() => eachOwner(page(middle))),
    },
  ];
  const whole = await measureCheck(metadata, signal);
  figures.push({ what: "the first check, of all entries", unit: "s", samples: [whole.ms / 1000] });
  return { figures, isSound: whole.isSound };
}

/** Milliseconds for each, in the mean. */
async function eachOwner(ask: (id: string) => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  for (let number = 0; number < ASKED_OWNERS; number++) await ask(ownerId((number * OWNERS) / ASKED_OWNERS));
  return (performance.now() - startedMs) / ASKED_OWNERS;
}

async function measureCheck(metadata: Metadata, signal: AbortSignal) {
  let stepMs = 0;
  const apply = async <Name extends CommandName>(
    name: Name,
    payload: CommandPayload<Name>,
  ): Promise<CommandResult<Name>> => {
    const beganMs = performance.now();
    const result = await metadata.apply(name, payload);
    stepMs = Math.max(stepMs, performance.now() - beganMs);
    return result;
  };
  const logger = createLogger({ level: "warn", name: "ledger" });
  const check = createLedgerCheck({ metadata: { apply }, clock: systemClock, logger });
  const startedMs = performance.now();
  await check.run(signal);
  const findings = check.findings();
  const isSound = findings?.mismatches === 0 && findings.total === 0n;
  return { ms: performance.now() - startedMs, stepMs, isSound };
}

/** Nothing is bought here. */
function creditsOf(metadata: Metadata): Pick<CreditService, "userBalance" | "history"> {
  const refuse = (): never => {
    throw new Error("nothing can be bought in a bench");
  };
  const provider = { name: "none", limitsUsdCents: { min: 0, max: 0 }, charge: refuse };
  return createCreditService({ metadata, provider, clock: systemClock, random: systemRandom }, { creditsPerUsd: 1 });
}
