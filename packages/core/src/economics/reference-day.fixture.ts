import type { NodeId, UserId } from "../ids.ts";
import type { HeldCopy } from "./count-byte-ms.ts";
import type { TimeInterval } from "./time-interval.ts";

/**
 * For tests: a day reckoned a second time, by other means. Time goes in steps, at each of which every copy is looked at;
 * money is an exact fraction until the very end. All times must be whole steps.
 */
export interface ReferenceWorld {
  readonly day: TimeInterval;
  readonly stepMs: number;
  readonly chunks: readonly ReferenceChunk[];
  readonly nodes: readonly ReferenceNode[];
  /** When no coordinator watched. */
  readonly gaps: readonly TimeInterval[];
  /** Micro-credits for a GB and month. */
  readonly price: bigint;
  readonly rate: bigint;
}

export interface ReferenceChunk {
  readonly ownerId: UserId;
  readonly sealedLength: number;
  readonly copies: readonly HeldCopy[];
}

export interface ReferenceNode {
  readonly id: NodeId;
  readonly joinedAtMs: number;
  readonly absences: readonly TimeInterval[];
  readonly auditsPassed: number;
  readonly auditsCounted: number;
}

export interface ReferenceNodeDay {
  readonly byteMs: bigint;
  readonly observedMs: number;
  readonly onlineMs: number;
  readonly gross: bigint;
  readonly uptimePenalty: bigint;
  readonly auditPenalty: bigint;
  readonly net: bigint;
}

export interface ReferenceDay {
  readonly owners: ReadonlyMap<UserId, { readonly byteMs: bigint; readonly charge: bigint }>;
  readonly nodes: ReadonlyMap<NodeId, ReferenceNodeDay>;
}

export function referenceDay(world: ReferenceWorld): ReferenceDay {
  const byNode = new Map<NodeId, Fraction>();
  const byOwner = new Map<UserId, Fraction>();
  for (const atMs of stepsOf(world.day, world.stepMs)) {
    for (const chunk of world.chunks) {
      for (const nodeId of payingNodes(world, chunk, atMs)) {
        const bytes = fraction(BigInt(chunk.sealedLength) * BigInt(world.stepMs));
        byNode.set(nodeId, plus(byNode.get(nodeId) ?? ZERO, bytes));
        byOwner.set(chunk.ownerId, plus(byOwner.get(chunk.ownerId) ?? ZERO, bytes));
      }
    }
  }
  return {
    owners: new Map(
      [...byOwner].map(([id, bytes]) => [id, { byteMs: floor(bytes), charge: ceil(worth(bytes, world.price)) }]),
    ),
    nodes: new Map(world.nodes.map((node) => [node.id, nodeDay(world, node, byNode.get(node.id) ?? ZERO)])),
  };
}

function payingNodes(world: ReferenceWorld, { copies }: ReferenceChunk, atMs: number): readonly NodeId[] {
  const there = copies.filter((copy) => holds(copy, atMs) && !isBlamed(world, copy.nodeId, atMs));
  const promise = Math.max(0, ...there.map(({ promised }) => promised));
  const order = there.map(({ fromMs, nodeId }) => ({ fromMs, nodeId }));
  order.sort((a, b) => (a.fromMs === b.fromMs ? (a.nodeId < b.nodeId ? -1 : 1) : a.fromMs < b.fromMs ? -1 : 1));
  return [...new Set(order.map(({ nodeId }) => nodeId))].slice(0, promise);
}

function nodeDay(world: ReferenceWorld, node: ReferenceNode, bytes: Fraction): ReferenceNodeDay {
  let [observedMs, onlineMs] = [0, 0];
  for (const atMs of stepsOf(world.day, world.stepMs)) {
    if (atMs < node.joinedAtMs || world.gaps.some((gap) => holds(gap, atMs))) continue;
    observedMs += world.stepMs;
    if (!isBlamed(world, node.id, atMs)) onlineMs += world.stepMs;
  }
  const gross = floor(worth(bytes, world.rate));
  const uptimePenalty = penalty(gross, onlineMs, observedMs);
  const auditPenalty = penalty(gross, node.auditsPassed, node.auditsCounted);
  const rest = gross - uptimePenalty - auditPenalty;
  const net = rest < 0n ? 0n : rest;
  return { byteMs: floor(bytes), observedMs, onlineMs, gross, uptimePenalty, auditPenalty, net };
}

/** A GB is 10⁹ bytes, a month 30 days. */
function worth(byteMs: Fraction, perGbMonth: bigint): Fraction {
  const gb = times(byteMs, fraction(1n, 10n ** 9n));
  const gbMonths = times(gb, fraction(1n, 30n * 24n * 60n * 60n * 1000n));
  return times(gbMonths, fraction(perGbMonth));
}

function penalty(gross: bigint, good: number, all: number): bigint {
  if (all === 0) return 0n;
  const missing = plus(fraction(95n, 100n), fraction(-BigInt(good), BigInt(all)));
  return missing.over <= 0n ? 0n : floor(times(fraction(gross), missing));
}

function isBlamed(world: ReferenceWorld, nodeId: NodeId, atMs: number): boolean {
  const absences = world.nodes.find(({ id }) => id === nodeId)?.absences ?? [];
  return absences.some((absence) => holds(absence, atMs)) && !world.gaps.some((gap) => holds(gap, atMs));
}

function holds({ fromMs, toMs }: TimeInterval, atMs: number): boolean {
  return fromMs <= atMs && atMs < toMs;
}

function stepsOf({ fromMs, toMs }: TimeInterval, stepMs: number): readonly number[] {
  return Array.from({ length: (toMs - fromMs) / stepMs }, (_, index) => fromMs + index * stepMs);
}

/** `over ÷ under`, `under` above 0. */
interface Fraction {
  readonly over: bigint;
  readonly under: bigint;
}

const fraction = (over: bigint, under = 1n): Fraction => ({ over, under });
const ZERO = fraction(0n);
const times = (a: Fraction, b: Fraction): Fraction => reduced(a.over * b.over, a.under * b.under);
const plus = (a: Fraction, b: Fraction): Fraction => reduced(a.over * b.under + b.over * a.under, a.under * b.under);

function reduced(over: bigint, under: bigint): Fraction {
  let [a, b] = [over < 0n ? -over : over, under];
  while (b !== 0n) [a, b] = [b, a % b];
  return fraction(over / a, under / a);
}

function floor({ over, under }: Fraction): bigint {
  const quotient = over / under;
  return over % under < 0n ? quotient - 1n : quotient;
}

function ceil({ over, under }: Fraction): bigint {
  return -floor({ over: -over, under });
}
