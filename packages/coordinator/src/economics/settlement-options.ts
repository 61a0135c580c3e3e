/** Both in micro-credits for a GB (10⁹ bytes) and month (30 days). */
export interface DayRates {
  /** What owners pay. */
  readonly price: bigint;
  /** What nodes get: at most the price. */
  readonly rate: bigint;
}

export interface SettlementOptions extends DayRates {
  readonly heartbeatIntervalMs: number;
}

/** A day is settled when nodes were watched for so long after it: what is still to be heard of it has come by then. */
export function settlementDelayMs({ heartbeatIntervalMs }: Pick<SettlementOptions, "heartbeatIntervalMs">): number {
  return Math.max(DELAY_MS_MIN, 2 * heartbeatIntervalMs);
}

const DELAY_MS_MIN = 5 * 60_000;
