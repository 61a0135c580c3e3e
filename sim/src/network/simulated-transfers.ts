import { AppError } from "@commonhold/core/app-error.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import { type InventorySummary, summariseInventory } from "@commonhold/core/repair/inventory-summary.ts";
import type { CopyCheck } from "@commonhold/coordinator/anti-entropy/copy-check.ts";
import type { ReplicaTransfers } from "@commonhold/coordinator/repair/replica-transfers.ts";
import type { SimulatedNode } from "../nodes/simulated-node.ts";
import type { BreakName } from "../run/breaks.ts";
import { quickHash } from "./quick-hash.ts";
import type { SimulatedNetwork } from "./simulated-network.ts";

const TIMEOUT_MS = { store: 60_000, replicate: 90_000, retrieve: 30_000, delete: 10_000, inventory: 30_000 } as const;

interface ChunkRef {
  readonly name: ChunkName;
  readonly sealedLength: number;
}

export interface SimulatedTransfersDeps {
  readonly network: SimulatedNetwork;
  readonly node: (nodeId: NodeId) => SimulatedNode | undefined;
  readonly broken: BreakName | undefined;
  /** Told of every copy from node to node, when it begins and when the bytes are there. */
  readonly onCopy: (
    step: "began" | "arrived",
    copy: { readonly source: NodeId; readonly target: NodeId; readonly chunk: ChunkRef },
  ) => void;
}

/** What the coordinator asks of nodes. */
export interface SimulatedTransfers extends ReplicaTransfers {
  store(nodeId: NodeId, copy: { readonly chunk: ChunkRef; readonly epoch: number }, signal: AbortSignal): Promise<void>;
  /** Reads a copy; resolves to whether it is there and right. */
  readonly check: CopyCheck;
}

export function createSimulatedTransfers(deps: SimulatedTransfersDeps): SimulatedTransfers {
  const { network } = deps;
  return {
    store: async (nodeId, { chunk, epoch }, signal) => {
      if (deps.broken === "hasty-acknowledgement") return;
      await network.exchange(
        {
          to: nodeId,
          durationMs: durationMs(chunk.sealedLength, [deps.node(nodeId)]),
          timeoutMs: TIMEOUT_MS.store,
          act: (node) => node.store(chunk.name, { length: chunk.sealedLength, epoch }),
        },
        signal,
      );
    },
    replicate: (target, from, signal) => replicate(deps, { target, ...from }, signal),
    check: (nodeId, chunk, signal) =>
      network.exchange(
        {
          to: nodeId,
          durationMs: durationMs(chunk.sealedLength, [deps.node(nodeId)]),
          timeoutMs: TIMEOUT_MS.retrieve,
          act: (node) => {
            const held = node.hidden.has(chunk.name) ? undefined : node.get(chunk.name);
            return held !== undefined && (!held.isRotten || deps.broken === "ignored-rot");
          },
        },
        signal,
      ),
    delete: (nodeId, { name, epoch }, signal) =>
      network.exchange({ to: nodeId, timeoutMs: TIMEOUT_MS.delete, act: (node) => node.delete(name, epoch) }, signal),
    inventorySummary: (nodeId, signal) =>
      network.exchange({ to: nodeId, timeoutMs: TIMEOUT_MS.inventory, act: summaryOf }, signal),
    inventory: (nodeId, { after, limit }, signal) =>
      network.exchange(
        {
          to: nodeId,
          timeoutMs: TIMEOUT_MS.inventory,
          act: (node) => {
            const all = node.inventory();
            const rest = after === undefined ? all : all.slice(firstAfter(all, after));
            return { names: rest.slice(0, limit), more: rest.length > limit };
          },
        },
        signal,
      ),
  };
}

interface Replication {
  readonly target: NodeId;
  readonly source: NodeId;
  readonly chunk: ChunkRef;
  readonly epoch: number;
}

/** The target fetches from the source: both are busy meanwhile, and either may fail half-way. */
async function replicate(deps: SimulatedTransfersDeps, task: Replication, signal: AbortSignal): Promise<void> {
  if (deps.broken === "imagined-copy") return;
  const ends = [deps.node(task.source), deps.node(task.target)];
  const sourceIncarnation = ends[0]?.incarnation;
  deps.onCopy("began", task);
  for (const end of ends) if (end !== undefined) end.transfers++;
  try {
    await deps.network.exchange(
      {
        to: task.target,
        durationMs: durationMs(task.chunk.sealedLength, ends),
        timeoutMs: TIMEOUT_MS.replicate,
        act: (target) => {
          const { name, sealedLength } = task.chunk;
          // It reads all of its own copy, and fetches another where that is wrong.
          if (deps.broken !== "ignored-rot") target.discardRotten(name);
          const isHeld = target.get(name) !== undefined;
          const isRotten = isHeld ? false : fetch(deps, target, { ...task, sourceIncarnation });
          target.store(name, { length: sealedLength, epoch: task.epoch, isRotten });
        },
      },
      signal,
    );
  } finally {
    for (const end of ends) if (end !== undefined) end.transfers = Math.max(0, end.transfers - 1);
  }
}

/** @returns whether the bytes are wrong and nobody noticed */
function fetch(
  deps: SimulatedTransfersDeps,
  target: SimulatedNode,
  task: Replication & { readonly sourceIncarnation: number | undefined },
): boolean {
  const source = deps.node(task.source);
  if (source?.isUp !== true || source.incarnation !== task.sourceIncarnation || !canTalk(deps, task)) {
    throw new AppError("NODE_UNREACHABLE", `${target.id} cannot reach ${task.source}`);
  }
  const held = source.hidden.has(task.chunk.name) ? undefined : source.get(task.chunk.name);
  const details = { source: task.source };
  if (held === undefined) throw new AppError("CHUNK_NOT_FOUND", `${task.source} does not hold it`, { details });
  if (held.isRotten && deps.broken !== "ignored-rot")
    throw new AppError("CHUNK_CORRUPT", `the bytes of ${task.source} are wrong`, { details });
  deps.onCopy("arrived", task);
  return held.isRotten;
}

function canTalk(deps: SimulatedTransfersDeps, task: Replication): boolean {
  return deps.network.canTalk(task.source, task.target);
}

/** By the slowest of the lines, shared with what else runs over it. */
function durationMs(length: number, ends: readonly (SimulatedNode | undefined)[]): number {
  let slowest = Number.POSITIVE_INFINITY;
  for (const node of ends) {
    if (node === undefined) continue;
    slowest = Math.min(slowest, (node.traits.bytesPerSecond * node.speed) / (1 + node.transfers));
  }
  return Math.ceil((length / slowest) * 1000);
}

function firstAfter(sorted: readonly ChunkName[], after: ChunkName): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! <= after) low = middle + 1;
    else high = middle;
  }
  return low;
}

function summaryOf(node: SimulatedNode): InventorySummary {
  return summariseInventory(node.inventory(), quickHash);
}
