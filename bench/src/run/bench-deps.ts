import type { RandomBodies } from "../data/random-body.ts";
import type { BenchFolder } from "../machine/bench-folder.ts";
import type { Machine } from "../machine/describe-machine.ts";

/** What both kinds of run get. */
export interface BenchDeps {
  readonly bodies: RandomBodies;
  readonly folder: BenchFolder;
  readonly machine: Machine;
  readonly say: (line: string) => void;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}
