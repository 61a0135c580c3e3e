import { styleText } from "node:util";
import type { AuditsOptions } from "../arguments.ts";
import { allHold, atLeast, below, type Figure, formatFigures } from "../report/format-figures.ts";
import { sayMachine } from "../report/say-machine.ts";
import type { BenchDeps } from "../run/bench-deps.ts";
import { sampleAudit, sampleChunks } from "./audit-samples.ts";
import { answerBytes, planningMs, provingMs, verifiedPerCoreSecond } from "./measure-audits.ts";

const BATCH = 20;
/** Answers that are verified in turn: with one, the processor would have it all in its cache. */
const BATCHES = 25;
const NODES = 50;
const REPLICAS = 1_000_000;
/** What a node is asked about at once of chunks of this size. */
const PROVEN = 3;

/**
 * Measures what audits cost the coordinator, the nodes and the line.
 * @returns whether every answer was taken for what it is and, with `strict`, everything that is asked holds
 */
export async function runAudits({ say, machine, signal }: BenchDeps, options: AuditsOptions): Promise<boolean> {
  say(styleText("bold", "Commonhold's audits"));
  say(`  ${options.runs === 1 ? "one run" : `median of ${options.runs} runs`}; chunks of 4 MiB, one leaf of each`);
  sayMachine(say, machine);
  const chunks = sampleChunks(BATCH);
  const batches = Array.from({ length: BATCHES }, () => sampleAudit(chunks));
  const singles = Array.from({ length: BATCHES * 4 }, (_, i) => sampleAudit([chunks[i % BATCH]!]));
  const inRuns = (measure: () => number): readonly number[] =>
    Array.from({ length: options.runs }, () => {
      signal.throwIfAborted();
      return measure();
    });
  const figures: readonly Figure[] = [
    {
      what: `verified, in batches of ${BATCH}`,
      unit: "a second and core",
      samples: inRuns(() => verifiedPerCoreSecond(batches)),
      asked: atLeast(10_000),
    },
    { what: "verified, one by one", unit: "a second and core", samples: inRuns(() => verifiedPerCoreSecond(singles)) },
    {
      what: "answer for one leaf of 4 MiB",
      unit: "bytes",
      samples: [await answerBytes(singles[0]!)],
      asked: below(18_000),
    },
    { what: `answer for ${BATCH} of them`, unit: "bytes", samples: [await answerBytes(batches[0]!)] },
    {
      what: `answer made by a node for ${PROVEN} chunks of 4 MiB, without its disk`,
      unit: "ms",
      samples: inRuns(() => provingMs(chunks.slice(0, PROVEN))),
    },
    {
      what: `day of ${NODES} nodes with ${REPLICAS / 1e6} million copies planned`,
      unit: "ms",
      samples: inRuns(() => planningMs(NODES, REPLICAS)),
      asked: below(1000),
    },
  ];
  for (const line of formatFigures(figures)) say(line);
  return !options.strict || allHold(figures);
}
