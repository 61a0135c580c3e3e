import type { Machine } from "../machine/describe-machine.ts";

/** Of the cores: beyond it, what else runs is in every figure. */
const BUSY_SHARE = 0.25;

/** What the figures were measured on. */
export function sayMachine(say: (line: string) => void, machine: Machine): void {
  const memory = `${Math.round(machine.memoryBytes / 2 ** 30)} GiB`;
  const { cores, processor, nodeVersion, system, fileSystem, load } = machine;
  say(`  machine: ${cores} × ${processor}, ${memory}, ${system}, Node.js ${nodeVersion}, ${fileSystem}`);
  if (fileSystem === "tmpfs")
    say("  the folder is in memory, where fsync costs nothing: name one on a disk with --data");
  if (load > cores * BUSY_SHARE) say(`  other programs keep it busy (load ${load.toFixed(1)}): what follows is noisy`);
  say("");
}
