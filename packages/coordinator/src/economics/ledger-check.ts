import type { Clock } from "@commonhold/core/clock.ts";
import { formatCredits } from "@commonhold/core/credits.ts";
import type { CommandResult, Metadata } from "@commonhold/metadata/metadata.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";

/** A step takes a few milliseconds of the one who writes. */
const ACCOUNTS_PER_STEP = 200;
const ENTRIES_PER_STEP = 2_000;

export interface LedgerCheckDeps {
  readonly metadata: Pick<Metadata, "apply">;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "error">;
}

/** What the last whole check found. */
export interface LedgerFindings {
  readonly checkedAtMs: number;
  readonly accounts: number;
  /** Accounts whose balance is not the sum of their entries. */
  readonly mismatches: number;
  /** Micro-credits: of all accounts together, 0 where all is well. */
  readonly total: bigint;
}

export interface LedgerCheck {
  /**
   * Compares every account's balance with the sum of its entries, and all accounts together with nothing. What does not
   * fit is told, and never mended in silence.
   */
  run(signal: AbortSignal): Promise<void>;
  /** undefined before the first check has ended. */
  readonly findings: () => LedgerFindings | undefined;
}

export function createLedgerCheck({ metadata, clock, logger }: LedgerCheckDeps): LedgerCheck {
  let findings: LedgerFindings | undefined;
  return {
    findings: () => findings,
    run: async (signal) => {
      let [accounts, mismatches] = [0, 0];
      let after: string | null = null;
      for (;;) {
        signal.throwIfAborted();
        const step: LedgerStep = await metadata.apply("ledger.check", {
          after,
          account_limit: ACCOUNTS_PER_STEP,
          entry_limit: ENTRIES_PER_STEP,
        });
        for (const mismatch of step.mismatches) {
          logger.error({ ...mismatch }, "The balance of an account is not the sum of its entries");
        }
        accounts += step.checked;
        mismatches += step.mismatches.length;
        after = step.next;
        if (!step.is_done) continue;
        const total = BigInt(step.total_microcredits ?? "0");
        if (total !== 0n)
          logger.error({ credits: formatCredits(total) }, "All accounts together do not add up to nothing");
        findings = { checkedAtMs: clock.nowMs(), accounts, mismatches, total };
        return;
      }
    },
  };
}

type LedgerStep = CommandResult<"ledger.check">;
