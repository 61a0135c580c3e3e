import type { Clock } from "@commonhold/core/clock.ts";
import { ByteMsTally } from "@commonhold/core/economics/byte-ms-tally.ts";
import { countedCopies } from "@commonhold/core/economics/count-byte-ms.ts";
import { type NodeDayEarnings, nodeDayEarnings, type Share } from "@commonhold/core/economics/node-earnings.ts";
import { ownerCharge } from "@commonhold/core/economics/storage-rates.ts";
import { utcDayInterval } from "@commonhold/core/economics/utc-day.ts";
import type { NodeId, UserId } from "@commonhold/core/ids.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import type { Sleep } from "@commonhold/runtime/sleep.ts";
import { auditShareOf } from "./audit-share.ts";
import { type DayPresence, readDayPresence } from "./day-presence.ts";
import { heldChunks } from "./held-chunks.ts";
import { ownersWithoutStorage } from "./owners-without-storage.ts";
import { ratesOfDay } from "./rates-of-day.ts";
import type { DayRates, SettlementOptions } from "./settlement-options.ts";

type Read = Metadata["read"];

/** How long it works before it lets others go first. */
const SLICE_MS = 5;
/** Chunks between looks at the clock. */
const CHUNKS_PER_LOOK = 16;
const LINES_PER_PAGE = 500;

export interface OwnerLine {
  readonly ownerId: UserId;
  readonly byteMs: bigint;
  /** Micro-credits. */
  readonly charge: bigint;
}

export interface NodeLine extends NodeDayEarnings {
  readonly nodeId: NodeId;
  readonly byteMs: bigint;
  readonly uptime: Share;
}

/** What a day costs every owner and pays every node, without what is booked already. */
export interface ReckonedDay extends DayRates {
  readonly owners: readonly OwnerLine[];
  readonly nodes: readonly NodeLine[];
  /** With those that are booked. */
  readonly ownerCount: number;
  readonly nodeCount: number;
  readonly byteMs: bigint;
}

export interface DayReckoningDeps {
  readonly clock: Clock;
  readonly sleep: Sleep;
}

export interface DayReckoningOptions extends SettlementOptions {
  readonly day: string;
  readonly signal: AbortSignal;
  /** Called with how many chunks were counted. */
  readonly tell: (chunks: number) => void;
}

/** Reckons a day from one state of the metadata, in slices that leave room for everything else. */
export async function reckonDay(
  deps: DayReckoningDeps,
  read: Read,
  options: DayReckoningOptions,
): Promise<ReckonedDay> {
  const { day, signal } = options;
  const pause = createPause(deps, signal);
  const interval = utcDayInterval(day);
  const nowMs = deps.clock.nowMs();
  const presence = await readDayPresence(read, { ...options, interval, nowMs, pause });
  const tally = new ByteMsTally();
  const counted = { day: interval, absencesOf: presence.absencesOf };
  let chunks = 0;
  for await (const page of heldChunks(read, interval)) {
    for (const chunk of page) {
      tally.add(chunk, countedCopies(chunk.copies, counted));
      if (++chunks % CHUNKS_PER_LOOK === 0) await pause();
    }
    options.tell(chunks);
    await pause();
  }
  const rates = await ratesOfDay(read, day, options);
  const owners = await ownerLines(read, { ...options, ...rates, tally, pause });
  return { ...rates, ...owners, ...(await nodeLines(read, { ...options, ...rates, tally, pause, presence })) };
}

function createPause({ clock, sleep }: DayReckoningDeps, signal: AbortSignal): () => Promise<void> {
  let sinceMs = clock.monotonicMs();
  return async () => {
    if (clock.monotonicMs() - sinceMs < SLICE_MS) return;
    await sleep(0, signal);
    signal.throwIfAborted();
    sinceMs = clock.monotonicMs();
  };
}

interface Counted extends DayReckoningOptions {
  readonly tally: ByteMsTally;
  readonly pause: () => Promise<void>;
}

async function ownerLines(
  read: Read,
  { tally, day, price, pause }: Counted,
): Promise<Pick<ReckonedDay, "owners" | "ownerCount" | "byteMs">> {
  const booked = await bookedOwners(read, { day, pause });
  const counted = tally.ofOwners();
  const idle = await ownersWithoutStorage(read, { isStoring: (id) => counted.has(id) || booked.has(id), pause });
  const reckoned = [...counted, ...idle.map((id) => [id, 0n] as const)].filter(([id]) => !booked.has(id));
  const owners = reckoned.map(([ownerId, byteMs]) => ({ ownerId, byteMs, charge: ownerCharge(byteMs, price) }));
  const byteMs = [...booked.values(), ...owners.map((line) => line.byteMs)].reduce((sum, value) => sum + value, 0n);
  return { owners, ownerCount: booked.size + owners.length, byteMs };
}

async function bookedOwners(
  read: Read,
  { day, pause }: Pick<Counted, "day" | "pause">,
): Promise<ReadonlyMap<UserId, bigint>> {
  const booked = new Map<UserId, bigint>();
  let after = "";
  for (;;) {
    const page = await read
      .selectFrom("owner_days")
      .select(["owner_id", "byte_ms"])
      .where("day", "=", day)
      .where("owner_id", ">", after)
      .orderBy("owner_id")
      .limit(LINES_PER_PAGE)
      .execute();
    for (const { owner_id, byte_ms } of page) booked.set(owner_id as UserId, BigInt(byte_ms));
    if (page.length < LINES_PER_PAGE) return booked;
    after = page.at(-1)!.owner_id;
    await pause();
  }
}

async function nodeLines(
  read: Read,
  { tally, day, rate, pause, presence }: Counted & { readonly presence: DayPresence },
): Promise<Pick<ReckonedDay, "nodes" | "nodeCount">> {
  const known = await auditedNodes(read, { day, pause });
  const byteMsOf = tally.ofNodes();
  const nodes: NodeLine[] = [];
  let booked = 0;
  for (const [nodeId, { uptime, hasLeft }] of presence.nodes) {
    const audited = known.get(nodeId);
    if (audited?.isBooked === true) {
      booked += 1;
      continue;
    }
    const byteMs = byteMsOf.get(nodeId) ?? 0n;
    const isIdle = byteMs === 0n && audited === undefined && (uptime.all === 0 || (hasLeft && uptime.good === 0));
    if (isIdle) continue;
    const audits = audited?.audits ?? { good: 0, all: 0 };
    nodes.push({ nodeId, byteMs, uptime, ...nodeDayEarnings({ byteMs, rate, uptime, audits }) });
  }
  return { nodes, nodeCount: booked + nodes.length };
}

interface AuditedNode {
  readonly isBooked: boolean;
  readonly audits: Share;
}

async function auditedNodes(
  read: Read,
  { day, pause }: Pick<Counted, "day" | "pause">,
): Promise<ReadonlyMap<NodeId, AuditedNode>> {
  const audited = new Map<NodeId, AuditedNode>();
  let after = "";
  for (;;) {
    const page = await read
      .selectFrom("node_days")
      .selectAll()
      .where("day", "=", day)
      .where("node_id", ">", after)
      .orderBy("node_id")
      .limit(LINES_PER_PAGE)
      .execute();
    for (const row of page) {
      audited.set(row.node_id as NodeId, { isBooked: row.settled_at_ms !== null, audits: auditShareOf(row) });
    }
    if (page.length < LINES_PER_PAGE) return audited;
    after = page.at(-1)!.node_id;
    await pause();
  }
}
