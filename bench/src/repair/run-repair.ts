import { rm } from "node:fs/promises";
import { join } from "node:path";
import { styleText } from "node:util";
import type { RepairOptions } from "../arguments.ts";
import { COPIES } from "../data/copies.ts";
import { type BenchNetwork, type NodePlace, startBenchNetwork } from "../network/bench-network.ts";
import { formatColumns } from "../report/format-columns.ts";
import { sayMachine } from "../report/say-machine.ts";
import type { BenchDeps } from "../run/bench-deps.ts";
import { copyRate } from "./copy-floor.ts";
import { type RepairTimes, repairedSoFar, watchRepair } from "./repair-watch.ts";

const LARGE_FILES = 8;
const SMALL_FILES = 200;
const SMALL_BYTES = 10_000;
/** "A dead node's chunks are whole again within 10 minutes." */
const WHOLE_S_MAX = 600;

interface Round extends RepairTimes {
  readonly node: string;
  /** Bytes a second of plain copying, just before. */
  readonly floor: number;
}

/**
 * Lets nodes die for good, one after the other, and measures how soon every chunk is whole again.
 * @returns whether all that was stored came back unchanged and, with `strict`, each was whole within ten minutes
 */
export async function runRepair(deps: BenchDeps, options: RepairOptions): Promise<boolean> {
  const { say, folder, signal } = deps;
  await folder.requireRoom(options.bytes * (COPIES + 1));
  say(styleText("bold", "Commonhold's repair"));
  say(
    `  ${options.bytes / 1e9} GB in ${COPIES} copies on ${options.nodes} nodes, as npm start; then a node dies with its disk`,
  );
  say("  floor: the same chunk files copied from one folder to another, each with fsync");
  sayMachine(say, deps.machine);
  const network = await startBenchNetwork({ folder: join(folder.path, "network"), signal, nodes: options.nodes });
  try {
    const files = await fill(deps, network, options.bytes);
    const rounds: Round[] = [];
    for (const node of network.nodes.slice(0, options.runs)) rounds.push(await die(deps, network, node));
    await verify(network, files);
    for (const line of ["", ...format(rounds)]) say(line);
    return !options.strict || rounds.every(({ wholeS }) => wholeS <= WHOLE_S_MAX);
  } finally {
    await network.stop();
  }
}

interface Stored {
  readonly id: string;
  readonly digest: string;
}

async function fill(deps: BenchDeps, network: BenchNetwork, bytes: number): Promise<readonly Stored[]> {
  const sizes = [
    ...new Array<number>(LARGE_FILES).fill(Math.floor(bytes / LARGE_FILES)),
    ...new Array<number>(SMALL_FILES).fill(SMALL_BYTES),
  ];
  const stored: Stored[] = [];
  for (const size of sizes) {
    const body = deps.bodies.next(size);
    stored.push({ id: await network.files.upload(`repair-${stored.length}.bin`, body), digest: body.digest() });
  }
  await network.settle();
  return stored;
}

async function die(deps: BenchDeps, network: BenchNetwork, node: NodePlace): Promise<Round> {
  const floor = await copyRate(join(node.folder, "chunks"), join(deps.folder.path, "floor"));
  const before = await repairedSoFar(network.session);
  const atMs = performance.now();
  process.kill(node.pid, "SIGKILL");
  // Without its disk it cannot be started again.
  await rm(node.folder, { recursive: true, force: true });
  deps.say(`  ${node.name} died`);
  const times = await watchRepair(network.session, { node: node.name, atMs, before }, deps.signal);
  return { ...times, node: node.name, floor };
}

async function verify(network: BenchNetwork, files: readonly Stored[]): Promise<void> {
  for (const { id, digest } of files) {
    const came = await network.files.download(id, { hash: true });
    if (came.digest !== digest) throw new Error(`file ${id} came back changed`);
  }
}

function format(rounds: readonly Round[]): readonly string[] {
  const seconds = (value: number): string => `${value.toFixed(1)} s`;
  const rate = (value: number): string => `${(value / 1e6).toFixed(0)} MB/s`;
  const titles = ["", "suspect", "offline", "begun", "whole", "asked", "copies", "bytes", "rate", "floor", "ratio"];
  const rows = rounds.map((round) => {
    const repaired = round.bytes / (round.wholeS - round.begunS);
    return [
      round.node,
      seconds(round.suspectS),
      seconds(round.offlineS),
      seconds(round.begunS),
      seconds(round.wholeS),
      `< ${WHOLE_S_MAX} s`,
      String(round.copies),
      `${(round.bytes / 1e6).toFixed(0)} MB`,
      rate(repaired),
      rate(round.floor),
      (repaired / round.floor).toFixed(2),
    ];
  });
  return formatColumns([titles, ...rows], "lrrrrrrrrrr");
}
