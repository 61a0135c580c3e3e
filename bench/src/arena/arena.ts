import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { RandomBodies } from "../data/random-body.ts";
import { startFloor } from "../floor/floor-process.ts";
import { createFileClient } from "../http/file-client.ts";
import { type BenchNetwork, startBenchNetwork } from "../network/bench-network.ts";
import type { NamedProcess } from "../processes/usage-meter.ts";
import { StoredFiles } from "./stored-files.ts";

/** Enough that code is compiled and every connection open. */
const WARM_UP_FILES = [...new Array<number>(4).fill(8_000_000), ...new Array<number>(40).fill(10_000)];

/** Where ours and the floor meet: both running, with empty folders on the same disk. */
export interface Arena {
  readonly network: BenchNetwork;
  readonly ours: StoredFiles;
  readonly floor: { readonly files: StoredFiles; readonly process: NamedProcess };
  /** The folder of the network's logs. */
  readonly logs: string;
  /** Stops everything and removes its files. */
  close(): Promise<void>;
}

export async function openArena(
  { bodies }: { readonly bodies: RandomBodies },
  { folder, signal }: { readonly folder: string; readonly signal: AbortSignal },
): Promise<Arena> {
  await mkdir(folder, { recursive: true });
  const closers: (() => Promise<void> | void)[] = [() => rm(folder, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const floor = await startFloor(join(folder, "floor"));
    closers.push(() => floor.stop());
    const floorClient = createFileClient({ baseUrl: floor.url, headers: () => ({}), signal });
    closers.push(() => floorClient.close());
    const network = await startBenchNetwork({ folder: join(folder, "network"), signal });
    closers.push(() => network.stop());
    const ours = new StoredFiles(network.files, bodies);
    const floorFiles = new StoredFiles(floorClient, bodies);
    for (const side of [floorFiles, ours]) await warmUp(side);
    await network.settle();
    return {
      network,
      ours,
      floor: { files: floorFiles, process: { name: "floor", pid: floor.pid } },
      logs: join(folder, "network", "logs"),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function warmUp(side: StoredFiles): Promise<void> {
  for (const sizeBytes of WARM_UP_FILES) await side.download(await side.upload(sizeBytes));
}
