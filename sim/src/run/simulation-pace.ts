import type { RepairOptions } from "@commonhold/coordinator/repair/repair-options.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const MIB = 1024 ** 2;

/** Periods of the network, and what the checkers allow. */
export interface SimulationPace {
  readonly heartbeatIntervalMs: number;
  readonly offlineAfterMs: number;
  /** How often the coordinator looks which nodes have fallen silent. */
  readonly detectorIntervalMs: number;
  readonly sweepIntervalMs: number;
  readonly antiEntropyIntervalMs: number;
  readonly antiEntropySoonMs: number;
  readonly deletionIntervalMs: number;
  readonly housekeepingIntervalMs: number;
  readonly rebalancingIntervalMs: number;
  readonly drainIntervalMs: number;
  /** Where it departs from the usual. */
  readonly repair: Partial<RepairOptions>;
  readonly graceMs: number;
  /** Each node rereads everything within this time. */
  readonly scrubIntervalMs: number;
  readonly checkIntervalMs: number;
  /** After this long a node that is away is known to be away. */
  readonly detectionMsMax: number;
  /** A copy that was acknowledged is recorded within this time, or not at all. */
  readonly recordingMsMax: number;
  /** After this long without disturbance nothing of what was deleted is left. */
  readonly deletionMsMax: number;
  /** After this long all that was destroyed stands elsewhere again, rot included. */
  readonly repairPeriodMs: number;
  /** How long it is calm at the end, before everything must be as promised. */
  readonly calmMs: number;
  /** Copied without reason, at most: what was on its way when it came to be needless. */
  readonly copiedBytesFree: number;
}

/** As in production. */
export const REAL_PACE: SimulationPace = {
  heartbeatIntervalMs: 30 * SECOND_MS,
  offlineAfterMs: 180 * SECOND_MS,
  detectorIntervalMs: SECOND_MS,
  sweepIntervalMs: 5 * MINUTE_MS,
  antiEntropyIntervalMs: HOUR_MS,
  antiEntropySoonMs: MINUTE_MS,
  deletionIntervalMs: MINUTE_MS,
  housekeepingIntervalMs: 10 * MINUTE_MS,
  rebalancingIntervalMs: 6 * HOUR_MS,
  drainIntervalMs: MINUTE_MS,
  repair: {},
  graceMs: DAY_MS,
  scrubIntervalMs: 2 * DAY_MS,
  checkIntervalMs: HOUR_MS,
  detectionMsMax: 5 * MINUTE_MS,
  recordingMsMax: 10 * MINUTE_MS,
  deletionMsMax: 6 * HOUR_MS,
  repairPeriodMs: 3 * DAY_MS,
  calmMs: 4 * DAY_MS,
  copiedBytesFree: 200 * MIB,
};

/** Slower by a factor of about ten, so that far fewer things happen in a day: thousands of days in a minute. */
export const SLOW_PACE: SimulationPace = {
  heartbeatIntervalMs: 10 * MINUTE_MS,
  offlineAfterMs: 40 * MINUTE_MS,
  detectorIntervalMs: 5 * MINUTE_MS,
  sweepIntervalMs: HOUR_MS,
  antiEntropyIntervalMs: 8 * HOUR_MS,
  antiEntropySoonMs: 20 * MINUTE_MS,
  deletionIntervalMs: 30 * MINUTE_MS,
  housekeepingIntervalMs: HOUR_MS,
  rebalancingIntervalMs: 12 * HOUR_MS,
  drainIntervalMs: 20 * MINUTE_MS,
  repair: {
    retryMs: MINUTE_MS,
    retryMsMax: 2 * HOUR_MS,
    refusalMs: 15 * MINUTE_MS,
    handoffMs: 20 * MINUTE_MS,
    sendingMs: 5 * MINUTE_MS,
    surplusDelayMs: 2 * HOUR_MS,
    brakeWindowMs: 6 * HOUR_MS,
  },
  graceMs: DAY_MS,
  scrubIntervalMs: 2 * DAY_MS,
  checkIntervalMs: 6 * HOUR_MS,
  detectionMsMax: HOUR_MS,
  recordingMsMax: 10 * MINUTE_MS,
  deletionMsMax: 20 * HOUR_MS,
  repairPeriodMs: 4 * DAY_MS,
  calmMs: 5 * DAY_MS,
  copiedBytesFree: 200 * MIB,
};
