import type { TimeInterval } from "@commonhold/core/economics/time-interval.ts";
import type { NodeId, UserId } from "@commonhold/core/ids.ts";
import type { CopyLog, LoggedChunk } from "./copy-log.ts";
import type { PresenceLog } from "./presence-log.ts";

/** Audits of single copies in a day. */
export interface CountedAudits {
  passed: number;
  /** All but those that did not reach the node. */
  counted: number;
}

export interface ExpectedDayParts {
  readonly day: TimeInterval;
  /** By the coordinator's clock, when the day was reckoned. */
  readonly nowMs: number;
  readonly copies: CopyLog;
  readonly presence: PresenceLog;
  readonly nodeIds: readonly NodeId[];
  readonly auditsOf: (nodeId: NodeId) => CountedAudits;
  /** Micro-credits for a GB and month. */
  readonly price: bigint;
  readonly rate: bigint;
}

export interface ExpectedNodeDay {
  readonly byteMs: bigint;
  readonly observedMs: number;
  readonly onlineMs: number;
  readonly gross: bigint;
  readonly uptimePenalty: bigint;
  readonly auditPenalty: bigint;
  readonly net: bigint;
}

export interface ExpectedDay {
  readonly owners: ReadonlyMap<UserId, { readonly byteMs: bigint; readonly charge: bigint }>;
  readonly nodes: ReadonlyMap<NodeId, ExpectedNodeDay>;
}

/**
 * What a day should come to, reckoned from what really happened instead of from the tables, and on another way than the
 * production code: a chunk's day is cut wherever anything changes, and in each piece it is asked who is paid for it.
 */
export function expectedDay(parts: ExpectedDayParts): ExpectedDay {
  const { day, nowMs, presence, nodeIds } = parts;
  const gaps = presence.gaps;
  const blamed = new Map<NodeId, Stretches>();
  const nodes = new Map<NodeId, ExpectedNodeDay>();
  for (const nodeId of nodeIds) blamed.set(nodeId, stretches(day, presence.absencesOf(nodeId, nowMs), gaps));
  const byNode = new Map<NodeId, bigint>();
  const byOwner = new Map<UserId, bigint>();
  for (const chunk of parts.copies.chunks()) {
    for (const [nodeId, ms] of countedMs(chunk, day, blamed)) {
      const byteMs = BigInt(chunk.sealedLength) * BigInt(ms);
      byNode.set(nodeId, (byNode.get(nodeId) ?? 0n) + byteMs);
      byOwner.set(chunk.ownerId, (byOwner.get(chunk.ownerId) ?? 0n) + byteMs);
    }
  }
  for (const nodeId of nodeIds) {
    const joinedAtMs = presence.joinedAtMs(nodeId);
    const observedMs = lengthOf(stretches(day, [{ fromMs: joinedAtMs, toMs: day.toMs }], gaps));
    const absent = blamed.get(nodeId)!.map(({ fromMs, toMs }) => ({ fromMs: Math.max(fromMs, joinedAtMs), toMs }));
    const onlineMs = observedMs - lengthOf(absent.filter(({ fromMs, toMs }) => fromMs < toMs));
    nodes.set(nodeId, nodeDay(parts, { nodeId, observedMs, onlineMs, byteMs: byNode.get(nodeId) ?? 0n }));
  }
  const { price } = parts;
  const owners = [...byOwner].map(
    ([id, byteMs]) => [id, { byteMs, charge: -floorDiv(-byteMs * price, GB_MONTH) }] as const,
  );
  return { owners: new Map(owners), nodes };
}

/** Bytes and milliseconds in a GB kept for a month. */
const GB_MONTH = 10n ** 9n * 30n * 24n * 60n * 60n * 1000n;

function nodeDay(
  { rate, auditsOf }: ExpectedDayParts,
  of: { readonly nodeId: NodeId; readonly observedMs: number; readonly onlineMs: number; readonly byteMs: bigint },
): ExpectedNodeDay {
  const { observedMs, onlineMs, byteMs } = of;
  const audits = auditsOf(of.nodeId);
  const gross = floorDiv(byteMs * rate, GB_MONTH);
  const uptimePenalty = penalty(gross, onlineMs, observedMs);
  const auditPenalty = penalty(gross, audits.passed, audits.counted);
  const rest = gross - uptimePenalty - auditPenalty;
  return { byteMs, observedMs, onlineMs, gross, uptimePenalty, auditPenalty, net: rest < 0n ? 0n : rest };
}

/** gross × (95/100 − good/all), rounded down, where the share is less than 95 %. */
function penalty(gross: bigint, good: number, all: number): bigint {
  if (all === 0 || 100 * good >= 95 * all) return 0n;
  return floorDiv(gross * (95n * BigInt(all) - 100n * BigInt(good)), 100n * BigInt(all));
}

function floorDiv(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
}

type Stretches = readonly TimeInterval[];

/** For how long each node is paid for a chunk in a day. */
function countedMs(chunk: LoggedChunk, day: TimeInterval, blamed: ReadonlyMap<NodeId, Stretches>): Map<NodeId, number> {
  const counted = new Map<NodeId, number>();
  const there = chunk.copies.flatMap((copy) =>
    stretches(day, [copy], blamed.get(copy.nodeId)!).map(({ fromMs, toMs }) => ({ copy, fromMs, toMs })),
  );
  if (there.length === 0) return counted;
  const cuts = [...new Set(there.flatMap(({ fromMs, toMs }) => [fromMs, toMs]))].sort((a, b) => a - b);
  for (const [index, fromMs] of cuts.slice(0, -1).entries()) {
    const toMs = cuts[index + 1]!;
    const now = there.filter((one) => one.fromMs <= fromMs && toMs <= one.toMs).map(({ copy }) => copy);
    const order = now.toSorted((a, b) => a.fromMs - b.fromMs || (a.nodeId < b.nodeId ? -1 : 1));
    const paid = [...new Set(order.map(({ nodeId }) => nodeId))].slice(0, chunk.promised);
    for (const nodeId of paid) counted.set(nodeId, (counted.get(nodeId) ?? 0) + toMs - fromMs);
  }
  return counted;
}

/** What of the day lies in one of these spans and in none of those: once, in order. */
function stretches(day: TimeInterval, within: readonly TimeInterval[], without: readonly TimeInterval[]): Stretches {
  const inDay = (span: TimeInterval): TimeInterval => ({
    fromMs: Math.max(span.fromMs, day.fromMs),
    toMs: Math.min(span.toMs, day.toMs),
  });
  const some = within.map(inDay).filter(({ fromMs, toMs }) => fromMs < toMs);
  if (some.length === 0) return [];
  const none = without.map(inDay).filter(({ fromMs, toMs }) => fromMs < toMs);
  const cuts = [...new Set([...some, ...none].flatMap(({ fromMs, toMs }) => [fromMs, toMs]))].sort((a, b) => a - b);
  const covers = (span: TimeInterval, fromMs: number, toMs: number): boolean =>
    span.fromMs <= fromMs && toMs <= span.toMs;
  return cuts.slice(0, -1).flatMap((fromMs, index) => {
    const toMs = cuts[index + 1]!;
    const isIn = some.some((span) => covers(span, fromMs, toMs)) && !none.some((span) => covers(span, fromMs, toMs));
    return isIn ? [{ fromMs, toMs }] : [];
  });
}

function lengthOf(spans: Stretches): number {
  return spans.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
}
