import { AppError } from "@commonhold/core/app-error.ts";
import type { ChunkName, NodeId, UserId } from "@commonhold/core/ids.ts";
import type { PlacementView } from "@commonhold/coordinator/transfers/placement-view.ts";
import type { SimulatedTransfers } from "../network/simulated-transfers.ts";

const WRITE_QUORUM = 2;

export interface WriteDeps {
  readonly transfers: Pick<SimulatedTransfers, "store">;
  readonly placement: Pick<PlacementView, "choose" | "replace">;
}

export interface WriteOrder {
  readonly chunk: { readonly name: ChunkName; readonly sealedLength: number };
  readonly ownerId: UserId;
  readonly copies: number;
  readonly epoch: number;
}

export interface LateCopy {
  readonly intended: NodeId;
  /** Undefined where no node took it. */
  readonly arrived: Promise<NodeId | undefined>;
}

export interface Written {
  readonly active: readonly NodeId[];
  readonly late: readonly LateCopy[];
}

export function quorumOf(copies: number): number {
  return Math.min(WRITE_QUORUM, copies);
}

/**
 * Sends a chunk to the nodes that placement chooses, as an upload does: a node that fails is replaced by another; a
 * quorum is enough, the rest goes on.
 * @throws AppError NOT_ENOUGH_NODES
 */
export async function writeChunk(deps: WriteDeps, order: WriteOrder, signal: AbortSignal): Promise<Written> {
  const { chunk, ownerId, copies, epoch } = order;
  const chosen = deps.placement.choose(chunk, { ownerId, copies });
  const quorum = quorumOf(copies);
  if (chosen.length < quorum) throw new AppError("NOT_ENOUGH_NODES", `${chosen.length} nodes can take the chunk`);
  const failed = new Set<NodeId>();
  const engaged = new Set(chosen);
  const done = new Map<NodeId, NodeId>();

  const send = async (intended: NodeId): Promise<NodeId | undefined> => {
    let nodeId = intended;
    for (;;) {
      try {
        await deps.transfers.store(nodeId, { chunk, epoch }, signal);
        done.set(intended, nodeId);
        return nodeId;
      } catch {
        failed.add(nodeId);
        engaged.delete(nodeId);
        const next = deps.placement.replace(chunk, { ownerId, failed, others: engaged });
        if (next === undefined) return undefined;
        engaged.add(next);
        nodeId = next;
      }
    }
  };
  const lanes = chosen.map((intended) => ({ intended, arrived: send(intended) }));
  await reachQuorum(lanes, quorum);
  const active = [...done.values()];
  return { active, late: lanes.filter(({ intended }) => !done.has(intended)) };
}

function reachQuorum(lanes: readonly LateCopy[], quorum: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let [arrived, failed] = [0, 0];
    for (const lane of lanes) {
      void lane.arrived.then((nodeId) => {
        if (nodeId !== undefined && ++arrived === quorum) resolve();
        if (nodeId === undefined && ++failed > lanes.length - quorum) {
          reject(new AppError("NOT_ENOUGH_NODES", `${lanes.length - failed} nodes can take the chunk`));
        }
      });
    }
  });
}
