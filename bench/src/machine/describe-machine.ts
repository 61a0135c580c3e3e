import { readFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { fileSystemOf } from "./file-system.ts";

export interface Machine {
  readonly cores: number;
  readonly processor: string;
  readonly memoryBytes: number;
  readonly system: string;
  readonly nodeVersion: string;
  /** "ext4"; "-" where the system does not tell. */
  readonly fileSystem: string;
  /** Processes that ran or waited to run in the last minute, on average, before the benchmarks began. */
  readonly load: number;
}

/** @param folder where the benchmarks write */
export async function describeMachine(folder: string): Promise<Machine> {
  const mounts = await readFile("/proc/self/mounts", "utf8").catch(() => "");
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model.trim() ?? "-",
    memoryBytes: totalmem(),
    system: `${process.platform} ${process.arch}`,
    nodeVersion: process.versions.node,
    fileSystem: fileSystemOf(folder, mounts) ?? "-",
    load: loadavg()[0] ?? 0,
  };
}
