import { hasCode } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { ChunkName, NodeId, UserId } from "@commonhold/core/ids.ts";
import type { Sleep } from "@commonhold/runtime/sleep.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import { forEachConcurrently } from "../for-each-concurrently.ts";
import { createJob, type Job } from "../jobs/job.ts";
import type { DeleteEpochs } from "./delete-epochs.ts";
import type { HandoffSpool } from "./handoff-spool.ts";
import type { NodeTransfers } from "./node-transfers.ts";

const PAGE = 64;
/** Nodes at once, so that one that hangs does not hold up the others, and chunks at once for each. */
const CONCURRENT_NODES = 8;
const CONCURRENT_CHUNKS = 2;

export interface HandoffDeps {
  readonly metadata: Metadata;
  readonly spool: HandoffSpool;
  readonly transfers: NodeTransfers;
  readonly activeNodes: () => readonly NodeId[];
  readonly epochs: Pick<DeleteEpochs, "current">;
  /** Chunks whose late copies are still being sent: not ours yet. */
  readonly isBeingSent: (name: ChunkName) => boolean;
  /** A copy that cannot be handed off is repair's: `refusedBy` has no room for it or drains, or else the bytes are spoiled. */
  readonly onUndeliverable: (name: ChunkName, refusedBy: NodeId | undefined) => void;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly logger: Logger;
}

interface PendingChunk {
  readonly name: ChunkName;
  readonly ownerId: UserId;
}

interface Handoff extends PendingChunk {
  readonly nodeId: NodeId;
}

/**
 * Gives nodes that are back the chunks which they should hold and which lie in the spool. What lies there no more, and
 * what was meant for nodes that do not come back, is repaired like any other missing copy.
 */
export function createHandoffJob(deps: HandoffDeps, intervalMs: number): Job {
  return createJob(deps, {
    name: "handoff",
    description: "Gives nodes that are back the copies that are kept here for them.",
    intervalMs,
    run: async ({ signal }) => {
      const back = deps.activeNodes().filter((nodeId) => deps.transfers.isAvailable(nodeId));
      const limits = { concurrentMax: CONCURRENT_NODES, signal };
      if (deps.spool.names().length > 0) await forEachConcurrently(back, limits, (id) => serveNode(deps, id, signal));
      await dropUnneeded(deps);
    },
  });
}

async function serveNode(deps: HandoffDeps, nodeId: NodeId, signal: AbortSignal): Promise<void> {
  let after = "";
  for (;;) {
    const page = await pendingOf(deps.metadata, nodeId, after);
    const spooled = page.filter(({ name }) => deps.spool.has(name) && !deps.isBeingSent(name));
    const limits = { concurrentMax: CONCURRENT_CHUNKS, signal };
    await forEachConcurrently(spooled, limits, (chunk) => handOff(deps, { ...chunk, nodeId }, signal));
    const last = page.at(-1);
    if (page.length < PAGE || last === undefined || !deps.transfers.isAvailable(nodeId)) return;
    after = last.name;
  }
}

async function handOff(deps: HandoffDeps, handoff: Handoff, signal: AbortSignal): Promise<void> {
  const { nodeId, name } = handoff;
  try {
    await deliver(deps, handoff, signal);
  } catch (error) {
    signal.throwIfAborted();
    deps.logger.warn({ err: error, node: nodeId, chunk: name }, "a handed-off chunk did not arrive yet");
    if (hasCode(error, "NO_SPACE", "NODE_DRAINING")) deps.onUndeliverable(name, nodeId);
  }
}

async function deliver(deps: HandoffDeps, { nodeId, name, ownerId }: Handoff, signal: AbortSignal): Promise<void> {
  const epoch = deps.epochs.current();
  const sealed = await deps.spool.get(name);
  if (sealed === undefined) {
    deps.onUndeliverable(name, undefined);
    return;
  }
  await deps.transfers.store(nodeId, { name, sealed, epoch, ownerId }, signal);
  await deps.metadata.apply("assignment.activate", {
    chunk_name: name,
    node_id: nodeId,
    instead_of: null,
    epoch,
    now_ms: deps.clock.nowMs(),
  });
}

async function pendingOf(metadata: Metadata, nodeId: NodeId, after: string): Promise<PendingChunk[]> {
  const rows = await metadata.read
    .selectFrom("assignments")
    .innerJoin("chunks", "chunks.name", "chunk_name")
    .select(["chunk_name", "owner_id"])
    .where("node_id", "=", nodeId)
    .where("state", "=", "pending")
    .where("chunk_name", ">", after)
    .orderBy("chunk_name")
    .limit(PAGE)
    .execute();
  return rows.map((row) => ({ name: row.chunk_name as ChunkName, ownerId: row.owner_id as UserId }));
}

/** A spooled chunk that nobody waits for any more is removed. */
async function dropUnneeded(deps: HandoffDeps): Promise<void> {
  for (const name of deps.spool.names()) {
    if (deps.isBeingSent(name)) continue;
    const waiting = await deps.metadata.read
      .selectFrom("assignments")
      .select("node_id")
      .where("chunk_name", "=", name)
      .where("state", "=", "pending")
      .executeTakeFirst();
    if (waiting === undefined) await deps.spool.remove(name);
  }
}
