import { dividedDown } from "./money-rounding.ts";
import { grossEarnings } from "./storage-rates.ts";

/** A share below this many hundredths costs what is missing. */
export const FULL_PAY_PERCENT = 95n;

/** So many of so many: milliseconds online of those observed, audits passed of those that count. */
export interface Share {
  readonly good: number;
  readonly all: number;
}

export interface NodeDayFigures {
  readonly byteMs: bigint;
  /** Micro-credits for a GB and month. */
  readonly rate: bigint;
  /** Milliseconds. */
  readonly uptime: Share;
  readonly audits: Share;
}

/** Micro-credits. */
export interface NodeDayEarnings {
  readonly gross: bigint;
  readonly uptimePenalty: bigint;
  readonly auditPenalty: bigint;
  /** `max(0, gross − both penalties)`. */
  readonly net: bigint;
}

/** What a node has earned in a day. */
export function nodeDayEarnings({ byteMs, rate, uptime, audits }: NodeDayFigures): NodeDayEarnings {
  const gross = grossEarnings(byteMs, rate);
  const uptimePenalty = sharePenalty(gross, uptime);
  const auditPenalty = sharePenalty(gross, audits);
  const rest = gross - uptimePenalty - auditPenalty;
  return { gross, uptimePenalty, auditPenalty, net: rest > 0n ? rest : 0n };
}

/**
 * What a share below 95 % costs, in micro-credits: `⌊gross × (95·all − 100·good) ÷ (100·all)⌋`, that is gross times what
 * is missing to 95 %. Nothing where nothing was observed.
 */
export function sharePenalty(gross: bigint, share: Share): bigint {
  const [good, all] = [BigInt(share.good), BigInt(share.all)];
  const missing = FULL_PAY_PERCENT * all - 100n * good;
  return all === 0n || missing <= 0n ? 0n : dividedDown(gross * missing, 100n * all);
}
