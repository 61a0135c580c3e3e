/** Every bound and period of repair. */
export interface RepairOptions {
  /** Entries of the queue, those that wait for another try included; the rest is found again by a sweep. */
  readonly queuedMax: number;
  /** Of all copies together, and of those from or to one node. */
  readonly bytesPerSecond: number;
  readonly bytesPerSecondPerNode: number;
  readonly concurrent: number;
  /** As source, and as many again as target. */
  readonly concurrentPerNode: number;
  /** Entries put aside because their nodes are busy, before the queue stops being looked through. */
  readonly putAsideMax: number;
  /** Nodes and sources that one try asks before it is given up until later. */
  readonly attemptsPerTry: number;
  /** The wait after the first failed try; it doubles up to the greatest. */
  readonly retryMs: number;
  readonly retryMsMax: number;
  /** For how long a node that refused for want of room, or drains, is asked for nothing. */
  readonly refusalMs: number;
  /** How long a copy that the coordinator keeps may be on its way to a node that is here, before another is made. */
  readonly handoffMs: number;
  /** How long a copy may still be being sent that belongs to a chunk which was stored just now. */
  readonly sendingMs: number;
  /** How long a copy too many is kept, in case a node goes away again. */
  readonly surplusDelayMs: number;
  /** Copies too many that are remembered between sweeps. */
  readonly surplusMax: number;
  /** Names in one command to the catalog. */
  readonly batch: number;
  /** Chunks read at once. */
  readonly page: number;
  /** Work without a pause, at most. */
  readonly sliceMs: number;
  /** Chunks that cannot be repaired, kept with why. */
  readonly unrepairableMax: number;
  /** Nodes that went away within this time count as away at once. */
  readonly brakeWindowMs: number;
}

export const REPAIR_DEFAULTS: RepairOptions = {
  queuedMax: 100_000,
  bytesPerSecond: 256 * 1024 * 1024,
  bytesPerSecondPerNode: 32 * 1024 * 1024,
  concurrent: 32,
  concurrentPerNode: 2,
  putAsideMax: 64,
  attemptsPerTry: 4,
  retryMs: 5_000,
  retryMsMax: 600_000,
  refusalMs: 60_000,
  handoffMs: 120_000,
  sendingMs: 15_000,
  surplusDelayMs: 600_000,
  surplusMax: 100_000,
  batch: 500,
  page: 1_000,
  sliceMs: 8,
  unrepairableMax: 10_000,
  brakeWindowMs: 3_600_000,
};
