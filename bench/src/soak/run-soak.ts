import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { styleText } from "node:util";
import type { SoakOptions } from "../arguments.ts";
import { COPIES } from "../data/copies.ts";
import { type BenchNetwork, startBenchNetwork } from "../network/bench-network.ts";
import type { BenchDeps } from "../run/bench-deps.ts";
import { sayMachine } from "../report/say-machine.ts";
import { formatSoak } from "./format-soak.ts";
import { judgeMemory } from "./judge-memory.ts";
import { MemorySampler } from "./memory-sampler.ts";
import { soakCsv } from "./soak-csv.ts";
import { downloadAll, uploadAll } from "./soak-transfers.ts";
import { startSlowReader, startStoppedReader, type TroublesomeReader } from "./troublesome-readers.ts";

/** Far more than sockets hold, so that a reader that stops is felt. */
const TROUBLE_BYTES = 100_000_000;

/**
 * Sends many gigabytes up and fetches them again, and watches the memory of every process meanwhile.
 * @returns whether everything came back as it was sent and, with `strict`, memory stayed under its limits
 */
export async function runSoak(deps: BenchDeps, options: SoakOptions): Promise<boolean> {
  const { say, folder, signal } = deps;
  await folder.requireRoom((options.bytes + TROUBLE_BYTES) * COPIES);
  say(styleText("bold", "Commonhold's memory under load"));
  say(`  ${gigabytes(options.bytes)} up and down by ${clientsOf(options)}, on a coordinator and 4 nodes as npm start`);
  sayMachine(say, deps.machine);
  const network = await startBenchNetwork({ folder: join(folder.path, "network"), signal });
  const names = network.processes.map(({ name }) => name);
  const sampler = new MemorySampler(network.processes);
  try {
    await transferAll(deps, options, { network, sampler });
  } catch (error) {
    if (!signal.aborted) {
      say(`  the logs of the network are kept in ${await folder.keepLogs(join(folder.path, "network", "logs"))}`);
    }
    throw error;
  } finally {
    // Also where it failed: the curve may say why.
    sampler.stop();
    if (options.csvFile !== undefined) await writeFile(options.csvFile, soakCsv(names, sampler.samples));
    const verdicts = judgeMemory(names, sampler.samples);
    if (!signal.aborted) for (const line of ["", ...formatSoak(verdicts, sampler.samples)]) say(line);
    await network.stop();
  }
  return !options.strict || judgeMemory(names, sampler.samples).every((verdict) => verdict.holds);
}

interface Soaked {
  readonly network: BenchNetwork;
  readonly sampler: MemorySampler;
}

async function transferAll(deps: BenchDeps, options: SoakOptions, { network, sampler }: Soaked): Promise<void> {
  const { files } = network;
  const sizesBytes = shares(options.bytes, options.clients);
  const readers = await startReaders(deps, options, network);
  try {
    const sent = await timed(deps, "up", {
      options,
      work: () => uploadAll({ files, bodies: deps.bodies }, sizesBytes),
    });
    await network.settle();
    sampler.phase = "down";
    await timed(deps, "down", { options, work: () => downloadAll(files, sent) });
  } finally {
    for (const reader of readers) deps.say(`  ${await reader.stop()}`);
  }
}

async function startReaders(
  { bodies }: BenchDeps,
  options: SoakOptions,
  { files }: BenchNetwork,
): Promise<readonly TroublesomeReader[]> {
  const starts = [
    ...(options.slowReader ? [startSlowReader] : []),
    ...(options.stoppedReader ? [startStoppedReader] : []),
  ];
  if (starts.length === 0) return [];
  const [file] = await uploadAll({ files, bodies }, [TROUBLE_BYTES]);
  return starts.map((start) => start(files, file!.id));
}

async function timed<T>(
  { say }: BenchDeps,
  way: "up" | "down",
  { options, work }: { readonly options: SoakOptions; readonly work: () => Promise<T> },
): Promise<T> {
  const startedMs = performance.now();
  const result = await work();
  const seconds = (performance.now() - startedMs) / 1000;
  const rate = `${(options.bytes / 1e6 / seconds).toFixed(0)} MB/s`;
  say(`  ${gigabytes(options.bytes)} ${way} by ${clientsOf(options)}: ${seconds.toFixed(1)} s, ${rate}`);
  return result;
}

/** So many parts of about the same size. */
function shares(bytes: number, count: number): readonly number[] {
  const part = Math.floor(bytes / count);
  return Array.from({ length: count }, (_, index) => (index === 0 ? bytes - part * (count - 1) : part));
}

function clientsOf({ clients }: SoakOptions): string {
  return clients === 1 ? "one client" : `${clients} clients at once`;
}

function gigabytes(bytes: number): string {
  return `${bytes / 1e9} GB`;
}
