import type { HeldCopy } from "@commonhold/core/economics/count-byte-ms.ts";
import type { ReferenceWorld } from "@commonhold/core/economics/reference-day.fixture.ts";
import { spansOf } from "@commonhold/core/economics/time-interval.ts";
import { DAY_MS, utcDayOf } from "@commonhold/core/economics/utc-day.ts";
import { commands } from "@commonhold/metadata/commands/registry.ts";
import type { CommandName, Metadata } from "@commonhold/metadata/metadata.ts";
import { applyTo, openMemoryDatabase } from "@commonhold/metadata/sqlite/memory-database.fixture.ts";
import type { Tables } from "@commonhold/metadata/tables.ts";
import type { Insertable, Kysely } from "kysely";
import { Registry } from "prom-client";
import { createLogFixture } from "../http/http.fixture.ts";
import { registerEconomyMetrics } from "./economy-metrics.ts";
import { createSettlement, type Settlement, type SettlementDeps } from "./settlement.ts";
import type { DayRates } from "./settlement-options.ts";

/** For tests: the tables and commands of the economy in memory, over which a settlement runs. */
export interface EconomyFixture {
  readonly database: Kysely<Tables>;
  readonly metadata: Metadata;
  readonly logLines: readonly Record<string, unknown>[];
  /** What every command was that was applied. */
  readonly applied: CommandName[];
  nowMs: number;
  /** Called before and after each command; what it throws ends the run there, as a crash would. */
  interrupt: (moment: "before" | "after", count: number) => void;
  settlement(rates: DayRates): Settlement;
  /** Runs to the end. */
  settle(rates: DayRates): Promise<readonly string[]>;
  /** Notes that a coordinator has watched until now. */
  watch(): Promise<void>;
  close(): Promise<void>;
}

export const HEARTBEAT_INTERVAL_MS = 30_000;

export async function createEconomyFixture(nowMs: number): Promise<EconomyFixture> {
  const database = await openMemoryDatabase();
  const { logger, logLines } = createLogFixture();
  const metrics = registerEconomyMetrics(new Registry(), () => undefined);
  const applied: CommandName[] = [];
  const fixture: EconomyFixture = {
    database,
    logLines,
    applied,
    nowMs,
    interrupt: () => undefined,
    metadata: {
      read: database,
      snapshot: (use) => use(database),
      apply: async (name, payload) => {
        fixture.interrupt("before", applied.length);
        applied.push(name);
        const result: unknown = await applyTo(database, commands[name] as never, payload as never);
        fixture.interrupt("after", applied.length);
        return result as never;
      },
      close: () => database.destroy(),
    },
    settlement: (rates) => {
      const clock = { nowMs: () => fixture.nowMs, monotonicMs: () => 0 };
      const deps: SettlementDeps = { metadata: fixture.metadata, logger, metrics, clock, sleep: async () => undefined };
      return createSettlement(deps, { ...rates, heartbeatIntervalMs: HEARTBEAT_INTERVAL_MS });
    },
    settle: (rates) => fixture.settlement(rates).run(new AbortController().signal, () => undefined),
    watch: async () => {
      await fixture.metadata.apply("uptime.watch", { now_ms: fixture.nowMs, gap: null });
    },
    close: () => database.destroy(),
  };
  return fixture;
}

export async function insertUser(database: Kysely<Tables>, id: string): Promise<void> {
  await database
    .insertInto("users")
    .values({
      id,
      email: `${id}@example.org`,
      name: id,
      role: "operator",
      password_hash: "x",
      sealed_secret: new Uint8Array(1),
      created_at_ms: 0,
    })
    .execute();
}

export async function insertNode(
  database: Kysely<Tables>,
  node: Partial<Insertable<Tables["nodes"]>> & { readonly id: string; readonly operator_id: string },
): Promise<void> {
  await database
    .insertInto("nodes")
    .values({
      name: node.id,
      api_key_hash: node.id,
      declared_state: "active",
      addresses: "[]",
      labels: "{}",
      capacity_bytes: 1,
      used_bytes: 0,
      free_bytes: 1,
      chunk_count: 0,
      version: "0",
      joined_at_ms: 0,
      last_heartbeat_at_ms: 0,
      ...node,
    })
    .execute();
}

/** When all of a world is past. */
export function afterwardsOf(world: ReferenceWorld): number {
  return world.day.toMs + 4 * DAY_MS;
}

/** What the tables can hold: of a node one copy at a time that is held still, and one promise for all of these. */
export function storable(world: ReferenceWorld): ReferenceWorld {
  const chunks = world.chunks.map((chunk) => {
    const live = chunk.copies.filter((copy, index) => isHeldStill(copy) && !hasEarlier(chunk.copies, index));
    const promised = Math.max(1, ...live.map((copy) => copy.promised));
    const ended = chunk.copies.filter((copy) => !isHeldStill(copy));
    return { ...chunk, copies: [...live.map((copy) => ({ ...copy, promised })), ...ended] };
  });
  return { ...world, chunks };
}

function hasEarlier(copies: readonly HeldCopy[], index: number): boolean {
  return copies.slice(0, index).some((copy) => isHeldStill(copy) && copy.nodeId === copies[index]!.nodeId);
}

function isHeldStill({ toMs }: HeldCopy): boolean {
  return toMs === Number.POSITIVE_INFINITY;
}

/** Writes a world down as if it had happened; the days before its day are settled. */
export async function writeWorld({ database, nowMs }: EconomyFixture, world: ReferenceWorld): Promise<void> {
  await insertUser(database, "operator");
  for (const owner of new Set(world.chunks.map(({ ownerId }) => ownerId))) await insertUser(database, owner);
  for (const node of world.nodes) {
    await insertNode(database, {
      id: node.id,
      operator_id: "operator",
      joined_at_ms: node.joinedAtMs,
      last_heartbeat_at_ms: nowMs,
    });
    for (const { fromMs, toMs } of spansOf(node.absences)) {
      const absence = { node_id: node.id, from_ms: fromMs, to_ms: toMs };
      await database.insertInto("node_absences").values(absence).execute();
    }
    const audits = { audits_passed: node.auditsPassed, audits_wrong: node.auditsCounted - node.auditsPassed };
    const day = utcDayOf(world.day.fromMs);
    // These count only where there are no others.
    const unreached = { audits_offline: node.auditsCounted > 0 ? 3 : 0 };
    await database
      .insertInto("node_days")
      .values({ node_id: node.id, day, ...audits, ...unreached })
      .execute();
  }
  for (const { fromMs, toMs } of spansOf(world.gaps)) {
    await database.insertInto("watch_gaps").values({ from_ms: fromMs, to_ms: toMs }).execute();
  }
  for (const [index, chunk] of world.chunks.entries()) await writeChunk(database, index, chunk);
  await database
    .insertInto("settled_days")
    .values({
      day: utcDayOf(world.day.fromMs - DAY_MS),
      owners: 0,
      nodes: 0,
      byte_ms: "0",
      charged_microcredits: 0n,
      net_microcredits: 0n,
      settled_at_ms: 0,
    })
    .execute();
}

async function writeChunk(
  database: Kysely<Tables>,
  index: number,
  { ownerId, sealedLength, copies }: ReferenceWorld["chunks"][number],
): Promise<void> {
  const name = index.toString(16).padStart(64, "0");
  const live = copies.filter(isHeldStill);
  // Of a chunk that is known no more, only copies that ended are left.
  if (live.length > 0) {
    await database
      .insertInto("chunks")
      .values({ name, owner_id: ownerId, sealed_length: sealedLength, copies: live[0]!.promised, created_at_ms: 0 })
      .execute();
  }
  for (const copy of copies) {
    const row = { chunk_name: name, node_id: copy.nodeId };
    if (isHeldStill(copy)) {
      await database
        .insertInto("assignments")
        .values({ ...row, state: "active", updated_at_ms: copy.fromMs, held_since_ms: copy.fromMs })
        .execute();
    } else {
      const ended = { from_ms: copy.fromMs, to_ms: copy.toMs, ended_at_ms: copy.toMs, promised: copy.promised };
      await database
        .insertInto("ended_copies")
        .values({ ...row, ...ended, owner_id: ownerId, sealed_length: sealedLength })
        .execute();
    }
  }
}
