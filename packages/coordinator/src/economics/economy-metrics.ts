import { Counter, Gauge, type Registry } from "prom-client";
import type { LedgerFindings } from "./ledger-check.ts";

const MICRO_PER_CREDIT = 1e6;

export interface SettledDayFigures {
  /** Micro-credits, booked by this process. */
  readonly charged: bigint;
  readonly earned: bigint;
  readonly durationMs: number;
  /** The end of the day, milliseconds since 1970. */
  readonly untilMs: number;
}

export interface EconomyMetrics {
  daySettled(figures: SettledDayFigures): void;
  /** @param fromMs the beginning of the first day that is not settled, milliseconds since 1970 */
  setUnsettledSince(fromMs: number): void;
  /** Micro-credits. */
  paidOut(amount: bigint): void;
}

export function registerEconomyMetrics(registry: Registry, ledger: () => LedgerFindings | undefined): EconomyMetrics {
  const counter = (name: string, help: string) =>
    new Counter({ name: `commonhold_${name}`, help, registers: [registry] });
  const charged = counter("credits_charged_total", "Credits that owners were charged for storage");
  const earned = counter("credits_earned_total", "Credits that nodes earned");
  const paid = counter("credits_paid_out_total", "Credits that were paid out to operators");
  const gauge = (name: string, help: string) => new Gauge({ name: `commonhold_${name}`, help, registers: [registry] });
  const duration = gauge("settlement_duration_seconds", "How long the last settlement of a day took");
  const settledUntil = gauge("settled_until_timestamp_seconds", "Until when all days are settled");
  new Gauge({
    name: "commonhold_ledger_mismatches",
    help: "Accounts whose balance was not the sum of their entries at the last check, and one more where the accounts did not add up to nothing; -1 before the first",
    registers: [registry],
    collect() {
      const found = ledger();
      this.set(found === undefined ? -1 : found.mismatches + (found.total === 0n ? 0 : 1));
    },
  });
  return {
    daySettled: (figures) => {
      charged.inc(Number(figures.charged) / MICRO_PER_CREDIT);
      earned.inc(Number(figures.earned) / MICRO_PER_CREDIT);
      duration.set(figures.durationMs / 1000);
      settledUntil.set(figures.untilMs / 1000);
    },
    setUnsettledSince: (fromMs) => settledUntil.set(fromMs / 1000),
    paidOut: (amount) => paid.inc(Number(amount) / MICRO_PER_CREDIT),
  };
}
