import type { Clock } from "@commonhold/core/clock.ts";
import { hasCode } from "@commonhold/core/app-error.ts";
import type { ChunkName, NodeId, UserId } from "@commonhold/core/ids.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import { createLoop, type Loop } from "../jobs/loop.ts";
import type { HandoffSpool } from "./handoff-spool.ts";
import type { NodeTransfers } from "./node-transfers.ts";
import type { PlacementView } from "./placement-view.ts";

const PAGE = 64;
/** Nodes at once, so that one that hangs does not hold up the others, and chunks at once for each. */
const CONCURRENT_NODES = 8;
const CONCURRENT_CHUNKS = 2;

export interface HandoffDeps {
  readonly metadata: Metadata;
  readonly spool: HandoffSpool;
  readonly transfers: NodeTransfers;
  readonly activeNodes: () => readonly NodeId[];
  /** Whether a node that is not active is worth waiting for: neither banned nor draining nor away for too long. */
  readonly mayReturn: (nodeId: NodeId) => boolean;
  readonly placement: Pick<PlacementView, "replace">;
  /** Chunks whose late copies are still being sent: not ours yet. */
  readonly isBeingSent: (name: ChunkName) => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Pending {
  readonly chunk_name: string;
  readonly sealed_length: number;
  readonly owner_id: string;
}

interface Handoff {
  /** Whom the copy was meant for, and who shall have it now. */
  readonly intended: NodeId;
  readonly nodeId: NodeId;
  readonly pending: Pending;
}

/**
 * Gives nodes that are back the chunks they should hold: out of the spool, or fetched by the node itself from
 * another holder where the spool had no room. What was meant for a node that will not return, or that has no room,
 * goes to another.
 */
export function createHandoffLoop(deps: HandoffDeps, intervalMs: number): Loop {
  return createLoop(deps, {
    name: "handoff",
    intervalMs,
    run: async (signal) => {
      const back = deps.activeNodes().filter((nodeId) => deps.transfers.isAvailable(nodeId));
      const nodes = [...new Set([...back, ...(await goneNodes(deps))])];
      await forEach(nodes, CONCURRENT_NODES, (nodeId) => drainNode(deps, nodeId, signal));
      await dropUnneeded(deps);
    },
  });
}

async function drainNode(deps: HandoffDeps, intended: NodeId, signal: AbortSignal): Promise<void> {
  let after = "";
  for (;;) {
    signal.throwIfAborted();
    const page = await pendingOf(deps.metadata, intended, after);
    const waiting = page.filter(({ chunk_name }) => !deps.isBeingSent(chunk_name as ChunkName));
    await forEach(waiting, CONCURRENT_CHUNKS, (pending) => handOff(deps, { intended, pending }, signal));
    const last = page.at(-1);
    if (page.length < PAGE || last === undefined || !deps.transfers.isAvailable(intended)) return;
    after = last.chunk_name;
  }
}

async function forEach<T>(items: readonly T[], concurrentMax: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await work(next);
  };
  await Promise.all(Array.from({ length: concurrentMax }, worker));
}

/** Nodes for which something waits in vain. */
async function goneNodes(deps: HandoffDeps): Promise<readonly NodeId[]> {
  const rows = await deps.metadata.read
    .selectFrom("assignments")
    .select("node_id")
    .distinct()
    .where("state", "=", "pending")
    .where("node_id", "in", deps.metadata.read.selectFrom("nodes").select("id"))
    .execute();
  return rows.map((row) => row.node_id as NodeId).filter((id) => !deps.mayReturn(id));
}

async function handOff(
  deps: HandoffDeps,
  task: { readonly intended: NodeId; readonly pending: Pending },
  signal: AbortSignal,
): Promise<void> {
  const { intended, pending } = task;
  try {
    if (deps.mayReturn(intended)) {
      try {
        await deliver(deps, { intended, nodeId: intended, pending }, signal);
        return;
      } catch (error) {
        if (!hasCode(error, "NO_SPACE", "NODE_DRAINING")) throw error;
      }
    }
    const nodeId = await anotherNode(deps, task);
    if (nodeId !== undefined) await deliver(deps, { intended, nodeId, pending }, signal);
  } catch (error) {
    signal.throwIfAborted();
    deps.logger.warn(
      { err: error, node: intended, chunk: pending.chunk_name },
      "a handed-off chunk did not arrive yet",
    );
  }
}

/** One that neither holds the chunk nor waits for it. */
async function anotherNode(
  deps: HandoffDeps,
  task: { readonly intended: NodeId; readonly pending: Pending },
): Promise<NodeId | undefined> {
  const { intended, pending } = task;
  const name = pending.chunk_name as ChunkName;
  const rows = await deps.metadata.read
    .selectFrom("assignments")
    .select("node_id")
    .where("chunk_name", "=", name)
    .where("node_id", "!=", intended)
    .execute();
  return deps.placement.replace(
    { name, sealedLength: pending.sealed_length },
    {
      ownerId: pending.owner_id as UserId,
      failed: new Set([intended]),
      others: new Set(rows.map((row) => row.node_id as NodeId)),
    },
  );
}

async function deliver(deps: HandoffDeps, { intended, nodeId, pending }: Handoff, signal: AbortSignal): Promise<void> {
  const name = pending.chunk_name as ChunkName;
  const sealed = await deps.spool.get(name);
  if (sealed !== undefined) await deps.transfers.store(nodeId, { name, sealed }, signal);
  else if (!(await replicateFromHolder(deps, { nodeId, name, sealedLength: pending.sealed_length }, signal))) return;
  await deps.metadata.apply("assignment.activate", {
    chunk_name: name,
    node_id: nodeId,
    instead_of: intended,
    now_ms: deps.clock.nowMs(),
  });
}

async function replicateFromHolder(
  deps: HandoffDeps,
  task: { readonly nodeId: NodeId; readonly name: ChunkName; readonly sealedLength: number },
  signal: AbortSignal,
): Promise<boolean> {
  const holders = await deps.metadata.read
    .selectFrom("assignments")
    .select("node_id")
    .where("chunk_name", "=", task.name)
    .where("state", "=", "active")
    .execute();
  const source = holders.map((row) => row.node_id as NodeId).find((id) => deps.transfers.isAvailable(id));
  if (source === undefined) return false;
  const chunk = { name: task.name, sealedLength: task.sealedLength };
  await deps.transfers.replicate(task.nodeId, { source, chunk }, signal);
  return true;
}

function pendingOf(metadata: Metadata, nodeId: NodeId, after: string): Promise<Pending[]> {
  return metadata.read
    .selectFrom("assignments")
    .innerJoin("chunks", "chunks.name", "assignments.chunk_name")
    .select(["assignments.chunk_name", "chunks.sealed_length", "chunks.owner_id"])
    .where("assignments.node_id", "=", nodeId)
    .where("assignments.state", "=", "pending")
    .where("assignments.chunk_name", ">", after)
    .orderBy("assignments.chunk_name")
    .limit(PAGE)
    .execute();
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
