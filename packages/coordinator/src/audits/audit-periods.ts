import {
  auditPeriodCommitment,
  auditPeriodKey,
  auditSeed,
  type AuditSeedOf,
} from "@commonhold/core/audit/audit-seed.ts";
import { type KeyedWords, keyedWords } from "@commonhold/core/audit/audit-schedule.ts";
import type { HmacSha256, Sha256 } from "@commonhold/core/audit/hash-functions.ts";
import { nextUtcDay, utcDayStartMs } from "@commonhold/core/economics/utc-day.ts";
import type { AuditLedger } from "./audit-ledger.ts";

export interface AuditPeriodsDeps {
  readonly masterKey: Uint8Array;
  readonly sha256: Sha256;
  readonly hmacSha256: HmacSha256;
  readonly ledger: Pick<AuditLedger, "openPeriod" | "revealPeriod" | "hiddenPeriods">;
}

/** The keys of days: what nobody can foresee while a day lasts, and anybody can check when it is over. */
export interface AuditPeriods {
  /** Publishes the commitment of a day, before anything of it is asked. */
  open(day: string, nowMs: number): Promise<void>;
  /** Publishes the keys of days that are over. @returns these days */
  revealEnded(nowMs: number): Promise<readonly string[]>;
  seedOf(day: string, of: AuditSeedOf): Uint8Array;
  /** What orders the cycles that begin in a day. */
  wordsOf(day: string): KeyedWords;
}

/** @param options.cycleMs of the longest cycle: the order of one that began in a day is not told before it is over */
export function createAuditPeriods(deps: AuditPeriodsDeps, options: { readonly cycleMs: number }): AuditPeriods {
  const { ledger, sha256, hmacSha256 } = deps;
  let opened: string | undefined;
  let known: { readonly day: string; readonly key: Uint8Array } | undefined;
  const keyOf = (day: string): Uint8Array => {
    if (known?.day !== day) known = { day, key: auditPeriodKey(deps.masterKey, day, hmacSha256) };
    return known.key;
  };
  const isOver = (day: string, nowMs: number): boolean => {
    const endMs = utcDayStartMs(nextUtcDay(day));
    return nowMs >= Math.ceil(endMs / options.cycleMs) * options.cycleMs;
  };
  return {
    open: async (day, nowMs) => {
      if (opened === day) return;
      await ledger.openPeriod({ day, commitment: auditPeriodCommitment(keyOf(day), sha256), nowMs });
      opened = day;
    },
    revealEnded: async (nowMs) => {
      const ended = (await ledger.hiddenPeriods()).filter((day) => isOver(day, nowMs));
      for (const day of ended) await ledger.revealPeriod({ day, key: keyOf(day), nowMs });
      return ended;
    },
    seedOf: (day, of) => auditSeed(keyOf(day), of, hmacSha256),
    wordsOf: (day) => keyedWords(keyOf(day), { sha256, hmacSha256 }),
  };
}
