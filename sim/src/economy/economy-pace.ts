const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** Periods of the network. */
export interface EconomyPace {
  readonly heartbeatIntervalMs: number;
  /** In which every copy is asked for once. */
  readonly auditCycleMs: number;
  /** How often due audits are begun. */
  readonly auditTickMs: number;
  /** How often it is looked whether a day is to be settled. */
  readonly settlementIntervalMs: number;
  readonly repairIntervalMs: number;
  readonly sweepIntervalMs: number;
  /** A node that cheats from some day on is found out within so many more. */
  readonly detectionDaysMax: number;
}

/** Audits as in production; heartbeats every three minutes are enough for what is looked at here. */
export const REAL_ECONOMY: EconomyPace = {
  heartbeatIntervalMs: 3 * MINUTE_MS,
  auditCycleMs: 4 * HOUR_MS,
  auditTickMs: 20 * SECOND_MS,
  settlementIntervalMs: 5 * MINUTE_MS,
  repairIntervalMs: 20 * MINUTE_MS,
  sweepIntervalMs: 3 * HOUR_MS,
  detectionDaysMax: 4,
};

/** Half as often and less: for tests. */
export const SLOW_ECONOMY: EconomyPace = {
  ...REAL_ECONOMY,
  heartbeatIntervalMs: 6 * MINUTE_MS,
  auditCycleMs: 8 * HOUR_MS,
  auditTickMs: 2 * MINUTE_MS,
  settlementIntervalMs: 10 * MINUTE_MS,
  repairIntervalMs: HOUR_MS,
  sweepIntervalMs: 6 * HOUR_MS,
  detectionDaysMax: 1.5,
};
