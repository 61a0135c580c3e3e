/** What goes on while memory is sampled. */
export type SoakPhase = "up" | "down";

/** Resident memory of every process at one moment, in bytes; in the order of the processes. */
export interface MemorySample {
  readonly seconds: number;
  readonly phase: SoakPhase;
  /** Undefined where the system does not tell. */
  readonly rssBytes: readonly (number | undefined)[];
}
