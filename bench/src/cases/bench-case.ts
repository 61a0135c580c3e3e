import type { Arena } from "../arena/arena.ts";
import type { Measure } from "../report/measure.ts";

/** Files of one size that a case needs on each side. */
export interface FileNeeds {
  readonly sizeBytes: number;
  readonly ours: number;
  readonly floor: number;
}

/** One thing to measure. To add another: a file that exports one of these, and a line in `all-cases.ts`. */
export interface BenchCase {
  /** As it is called on the command line. */
  readonly name: string;
  readonly summary: string;
  /** Cases of one stage that follow each other share a network and the files in it. */
  readonly stage: string;
  /** Files that it uploads in so many runs, all of them new. */
  uploads(runs: number): FileNeeds;
  /** Files that it reads in so many runs; those that earlier cases of its stage uploaded will do. */
  reads(runs: number): FileNeeds;
  /** Everything that it measures. Fails where anything does not work, or content comes back changed. */
  run(context: CaseContext): Promise<readonly Measure[]>;
}

export interface CaseContext {
  readonly arena: Arena;
  readonly runs: number;
  /** For a line about a run. */
  readonly say: (line: string) => void;
}

export function noFiles(): FileNeeds {
  return { sizeBytes: 0, ours: 0, floor: 0 };
}
