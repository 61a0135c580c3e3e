import { totalMs, type TimeSpans, without } from "@commonhold/core/economics/time-interval.ts";
import { monthBefore, nextUtcDay, utcDayInterval, utcDayOf } from "@commonhold/core/economics/utc-day.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import { readGaps } from "./day-presence.ts";
import { type DayReckoningDeps, type NodeLine, type OwnerLine, reckonDay, type ReckonedDay } from "./day-reckoning.ts";
import type { EconomyMetrics } from "./economy-metrics.ts";
import { payOutMonth } from "./payouts.ts";
import { type SettlementOptions, settlementDelayMs } from "./settlement-options.ts";
import { readWatchedUntilMs } from "./uptime-watch.ts";

/** As many as a command takes. */
const LINES_PER_COMMAND = 200;

export interface SettlementDeps extends DayReckoningDeps {
  readonly metadata: Pick<Metadata, "read" | "apply" | "snapshot">;
  readonly logger: Pick<Logger, "info" | "warn">;
  readonly metrics: EconomyMetrics;
}

export interface Settlement {
  /**
   * Settles every day that is over and not settled yet, in their order, and pays out the months that end with them. It
   * may be cut off anywhere: the next run goes on there, and nothing is booked twice.
   * @param tell called with how many chunks of the day under way were counted
   * @returns the days that it settled
   */
  run(signal: AbortSignal, tell: (chunks: number) => void): Promise<readonly string[]>;
}

export function createSettlement(deps: SettlementDeps, options: SettlementOptions): Settlement {
  const { metadata, metrics } = deps;
  /** For which months all was paid out, as far as this process knows. */
  let paidOutUntil = "";

  const payOut = async (month: string, signal: AbortSignal): Promise<void> => {
    if (month <= paidOutUntil) return;
    await payOutMonth(deps, { month, signal });
    paidOutUntil = month;
  };

  return {
    run: async (signal, tell) => {
      const settled: string[] = [];
      for (;;) {
        const day = await nextDayToSettle(metadata.read);
        if (day === undefined) return settled;
        // A crash may have come between the last day of a month and its payouts.
        await payOut(monthBefore(day), signal);
        const isDue = await isOver(deps, day, settlementDelayMs(options));
        metrics.setUnsettledSince(utcDayInterval(day).fromMs);
        if (!isDue) return settled;
        signal.throwIfAborted();
        await settleDay(deps, { ...options, day, signal, tell });
        settled.push(day);
      }
    },
  };
}

/** The day after the last that was settled; at first the one in which a coordinator began to watch. */
export async function nextDayToSettle(read: Metadata["read"]): Promise<string | undefined> {
  const { last } = await read
    .selectFrom("settled_days")
    .select((eb) => eb.fn.max<string | null>("day").as("last"))
    .executeTakeFirstOrThrow();
  if (last !== null) return nextUtcDay(last);
  const beginning = await read.selectFrom("watch_gaps").select("to_ms").orderBy("from_ms").limit(1).executeTakeFirst();
  return beginning === undefined ? undefined : utcDayOf(beginning.to_ms);
}

/** Whether nodes were watched for long enough after a day that all is known of it. */
async function isOver({ metadata }: SettlementDeps, day: string, delayMs: number): Promise<boolean> {
  const { toMs } = utcDayInterval(day);
  const watchedUntilMs = (await readWatchedUntilMs(metadata)) ?? 0;
  if (watchedUntilMs < toMs + delayMs) return false;
  const gaps: TimeSpans = await readGaps(metadata.read, toMs);
  return totalMs(without({ fromMs: toMs, toMs: watchedUntilMs }, gaps)) >= delayMs;
}

interface DayToSettle extends SettlementOptions {
  readonly day: string;
  readonly signal: AbortSignal;
  readonly tell: (chunks: number) => void;
}

async function settleDay(deps: SettlementDeps, options: DayToSettle): Promise<void> {
  const { metadata, clock, logger, metrics } = deps;
  const { day } = options;
  const beganMs = clock.monotonicMs();
  const reckoned = await metadata.snapshot((read) => reckonDay(deps, read, options));
  const readMs = clock.monotonicMs() - beganMs;
  await book(deps, reckoned, options);
  const durationMs = clock.monotonicMs() - beganMs;
  const charged = reckoned.owners.reduce((sum, { charge }) => sum + charge, 0n);
  const earned = reckoned.nodes.reduce((sum, { net }) => sum + net, 0n);
  metrics.daySettled({ charged, earned, durationMs, untilMs: utcDayInterval(day).toMs });
  const { ownerCount: owners, nodeCount: nodes } = reckoned;
  logger.info({ day, owners, nodes, read_ms: Math.round(readMs), duration_ms: Math.round(durationMs) }, "Day settled");
}

/** Owners first: at no moment were nodes paid what nobody was charged. */
async function book({ metadata, clock, logger }: SettlementDeps, reckoned: ReckonedDay, options: DayToSettle) {
  const { day, signal } = options;
  for (const lines of batches(reckoned.owners)) {
    signal.throwIfAborted();
    const { arrears_began: indebted } = await metadata.apply("economics.charge_owners", {
      day,
      price_microcredits: reckoned.price.toString(),
      lines: lines.map(chargeLine),
      now_ms: clock.nowMs(),
    });
    if (indebted.length > 0)
      logger.warn({ day, owners: indebted }, "Owners ran out of credits: they have a time of grace");
  }
  for (const lines of batches(reckoned.nodes)) {
    signal.throwIfAborted();
    await metadata.apply("economics.pay_nodes", {
      day,
      rate_microcredits: reckoned.rate.toString(),
      lines: lines.map(earningLine),
      now_ms: clock.nowMs(),
    });
  }
  await metadata.apply("economics.close_day", {
    day,
    owners: reckoned.ownerCount,
    nodes: reckoned.nodeCount,
    byte_ms: reckoned.byteMs.toString(),
    now_ms: clock.nowMs(),
  });
}

function chargeLine({ ownerId, byteMs, charge }: OwnerLine) {
  return { owner_id: ownerId, byte_ms: byteMs.toString(), charged_microcredits: charge.toString() };
}

function earningLine({ nodeId, byteMs, uptime, gross, uptimePenalty, auditPenalty, net }: NodeLine) {
  return {
    node_id: nodeId,
    observed_ms: uptime.all,
    online_ms: uptime.good,
    byte_ms: byteMs.toString(),
    gross_microcredits: gross.toString(),
    uptime_penalty_microcredits: uptimePenalty.toString(),
    audit_penalty_microcredits: auditPenalty.toString(),
    net_microcredits: net.toString(),
  };
}

function* batches<Line>(lines: readonly Line[]): Generator<readonly Line[]> {
  for (let from = 0; from < lines.length; from += LINES_PER_COMMAND) yield lines.slice(from, from + LINES_PER_COMMAND);
}
