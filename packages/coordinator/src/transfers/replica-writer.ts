import { AppError } from "@commonhold/core/app-error.ts";
import type { NodeId, UserId } from "@commonhold/core/ids.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import { reachUploadStep } from "@commonhold/runtime/upload-steps.ts";
import type { HotChunks } from "./hot-chunks.ts";
import type { ChunkRef } from "./node-retrievals.ts";
import type { ChunkBytes } from "./node-stores.ts";
import type { NodeTransfers } from "./node-transfers.ts";
import type { PlacementView } from "./placement-view.ts";

export interface ReplicaWriterDeps {
  readonly transfers: Pick<NodeTransfers, "store">;
  readonly placement: PlacementView;
  /** How long a quorum waits for the other copies, which then cost no change of the metadata of their own. */
  readonly lingerMs: number;
  /** How long after the acknowledgement a copy may still take before it is handed off instead. */
  readonly lateCopyMsMax: number;
  /** What was just written is often read next. */
  readonly hot: Pick<HotChunks, "add">;
  readonly logger: Logger;
}

export interface WriteRequest {
  readonly chunk: ChunkBytes;
  readonly ownerId: UserId;
  readonly copies: number;
  readonly quorum: number;
}

/** How the copy meant for a node ended. */
export interface LateReplica {
  readonly intended: NodeId;
  readonly outcome: { readonly kind: "active"; readonly nodeId: NodeId } | { readonly kind: "missing" };
}

/** A quorum has the chunk on disk. */
export interface Acknowledged {
  readonly active: readonly NodeId[];
  /** Nodes that should hold the chunk and do not yet: being sent, or away. */
  readonly pending: readonly NodeId[];
  /** Resolves when every copy has ended, well or not; never rejects. */
  readonly settled: Promise<readonly LateReplica[]>;
}

/** One copy on its way to whichever node takes it. */
interface Lane {
  readonly intended: NodeId;
  readonly result: Promise<NodeId>;
}

/**
 * Sends a chunk to the nodes that placement chooses, all at once. A node that fails is replaced by another.
 * @param stopping aborts the copies that go on in the background after the acknowledgement
 * @returns once a quorum acknowledged
 * @throws AppError NOT_ENOUGH_NODES when a quorum cannot be reached
 */
export async function writeReplicas(
  deps: ReplicaWriterDeps,
  request: WriteRequest,
  stopping: AbortSignal,
): Promise<Acknowledged> {
  const { chunk, quorum, copies, ownerId } = request;
  const chosen = deps.placement.choose(refOf(chunk), { ownerId, copies });
  if (chosen.length < quorum) throw notEnoughNodes(chosen.length, quorum);
  reachUploadStep("coordinator:copies-placed");

  const giveUp = new AbortController();
  const lanes = openLanes(deps, { request, chosen }, AbortSignal.any([giveUp.signal, stopping]));
  const done = await reached(lanes, quorum, deps.lingerMs).catch((error: unknown) => {
    giveUp.abort(error);
    throw error;
  });
  reachUploadStep("coordinator:quorum-reached");
  deps.hot.add(chunk.name, chunk.sealed);
  const late = lanes.filter((lane) => !done.has(lane));
  const absent = deps.placement.chooseAbsent(refOf(chunk), {
    ownerId,
    copies: copies - chosen.length,
    chosen: new Set([...chosen, ...done.values()]),
  });
  const settled = settle(late, absent);
  if (late.length > 0) {
    // TIMEOUT counts against the node, so that one that hangs is soon left out.
    const timeUp = new AppError("TIMEOUT", `a copy took over ${deps.lateCopyMsMax} ms longer than a quorum`);
    const tooLate = setTimeout(() => giveUp.abort(timeUp), deps.lateCopyMsMax);
    void settled.then(() => clearTimeout(tooLate));
  }
  return { active: [...done.values()], pending: [...late.map((lane) => lane.intended), ...absent], settled };
}

/** Lanes know of each other, so that two never end at the same node. */
function openLanes(
  deps: ReplicaWriterDeps,
  task: { readonly request: WriteRequest; readonly chosen: readonly NodeId[] },
  signal: AbortSignal,
): readonly Lane[] {
  const { chunk, ownerId } = task.request;
  const failed = new Set<NodeId>();
  const engaged = new Set(task.chosen);

  const send = async (intended: NodeId): Promise<NodeId> => {
    let nodeId = intended;
    for (;;) {
      try {
        await deps.transfers.store(nodeId, chunk, signal);
        reachUploadStep("coordinator:copy-acknowledged");
        return nodeId;
      } catch (error) {
        signal.throwIfAborted();
        failed.add(nodeId);
        engaged.delete(nodeId);
        const next = deps.placement.replace(refOf(chunk), { ownerId, failed, others: engaged });
        deps.logger.warn({ err: error, node: nodeId, chunk: chunk.name, next }, "a node did not take a chunk");
        if (next === undefined) throw error;
        engaged.add(next);
        nodeId = next;
      }
    }
  };
  return task.chosen.map((intended) => ({ intended, result: send(intended) }));
}

/**
 * Resolves, `lingerMs` after `quorum` lanes succeeded or sooner when all have ended, with those that have succeeded
 * and the node that took the chunk; rejects when a quorum has become impossible.
 */
function reached(lanes: readonly Lane[], quorum: number, lingerMs: number): Promise<ReadonlyMap<Lane, NodeId>> {
  return new Promise((resolve, reject) => {
    const succeeded = new Map<Lane, NodeId>();
    let failed = 0;
    let lingering: NodeJS.Timeout | undefined;
    const end = (): void => {
      clearTimeout(lingering);
      resolve(new Map(succeeded));
    };
    const onEnded = (): void => {
      if (succeeded.size < quorum) return;
      if (succeeded.size + failed === lanes.length) end();
      else lingering ??= setTimeout(end, lingerMs);
    };
    for (const lane of lanes) {
      lane.result.then(
        (nodeId) => {
          succeeded.set(lane, nodeId);
          onEnded();
        },
        (cause: unknown) => {
          if (++failed > lanes.length - quorum) reject(notEnoughNodes(lanes.length - failed, quorum, cause));
          else onEnded();
        },
      );
    }
  });
}

function settle(late: readonly Lane[], absent: readonly NodeId[]): Promise<readonly LateReplica[]> {
  const outcomes = late.map(async ({ intended, result }): Promise<LateReplica> => {
    try {
      return { intended, outcome: { kind: "active", nodeId: await result } };
    } catch {
      return { intended, outcome: { kind: "missing" } };
    }
  });
  const missing = absent.map((intended): LateReplica => ({ intended, outcome: { kind: "missing" } }));
  return Promise.all(outcomes).then((settled) => [...settled, ...missing]);
}

function refOf(chunk: ChunkBytes): ChunkRef {
  return { name: chunk.name, sealedLength: chunk.sealed.byteLength };
}

function notEnoughNodes(reachable: number, quorum: number, cause?: unknown): AppError {
  return new AppError(
    "NOT_ENOUGH_NODES",
    `${reachable} storage ${reachable === 1 ? "node" : "nodes"} can take the data, ${quorum} are needed: start or free more nodes, then try again`,
    { details: { reachable, needed: quorum }, ...(cause === undefined ? {} : { cause }) },
  );
}
