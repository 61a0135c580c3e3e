import { hasCode } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import type { ChunkRecord } from "@commonhold/core/repair/chunk-record.ts";
import type { ReplicaCatalog } from "@commonhold/metadata/catalog/replica-catalog.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import type { UnrepairableReason } from "../repair/plan-copy.ts";
import type { DeleteEpochs } from "../transfers/delete-epochs.ts";

const PAGE = 500;

export interface DrainLoopDeps {
  readonly catalog: Pick<ReplicaCatalog, "pageOfNode" | "dropReplicas" | "holdingsOf">;
  readonly epochs: DeleteEpochs;
  readonly drainingNodes: () => readonly NodeId[];
  /** Nodes whose copies are there now. */
  readonly liveNodes: () => readonly NodeId[];
  /** @returns whether everything that is being written now has ended meanwhile */
  readonly writeBarrier: () => () => boolean;
  /** Records that the node holds nothing that is needed. @throws AppError CONCURRENT_CHANGE where it has rows left */
  readonly markDrained: (nodeId: NodeId) => Promise<void>;
  readonly requestRepair: (names: readonly ChunkName[]) => void;
  /** Why repair cannot copy a chunk now; undefined where it can, or has not tried yet. */
  readonly whyNotCopied: (name: ChunkName) => DrainObstacle | undefined;
  /** Called when deletions were queued. */
  readonly onQueued: () => void;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "info" | "error">;
}

/** What keeps a chunk from being copied elsewhere. */
export type DrainObstacle = UnrepairableReason | "repair_paused" | "repair_held_back";

export interface DrainProgress {
  /** Copies that no other node stands in for yet. */
  readonly chunksLeft: number;
  readonly bytesLeft: number;
  /** How many of these cannot be copied now, by why. */
  readonly waiting: ReadonlyMap<DrainObstacle, number>;
  readonly isSafeToStop: boolean;
}

/** Lets draining nodes go: takes away what stands elsewhere, has the rest copied, and says when nothing is left. */
export interface DrainLoop {
  run(signal: AbortSignal): Promise<void>;
  /** As the last run found it; undefined for a node that is not draining. */
  progressOf(nodeId: NodeId): Promise<DrainProgress | undefined>;
}

interface Draining {
  /** A store that began before the node was left out may still end there. */
  readonly isQuiet: () => boolean;
  readonly progress: DrainProgress | undefined;
}

export function createDrainLoop(deps: DrainLoopDeps): DrainLoop {
  const draining = new Map<NodeId, Draining>();

  const drain = async (nodeId: NodeId, signal: AbortSignal): Promise<void> => {
    const isQuiet = draining.get(nodeId)?.isQuiet ?? deps.writeBarrier();
    const wasQuiet = isQuiet();
    const left = await letGo(deps, nodeId, signal);
    if (left.chunks > 0 || !wasQuiet || !deps.drainingNodes().includes(nodeId)) {
      draining.set(nodeId, {
        isQuiet,
        progress: { chunksLeft: left.chunks, bytesLeft: left.bytes, waiting: left.waiting, isSafeToStop: false },
      });
      return;
    }
    draining.set(nodeId, { isQuiet, progress: { ...NOTHING_LEFT, isSafeToStop: true } });
    try {
      await deps.markDrained(nodeId);
      deps.logger.info({ node: nodeId }, "a node is drained: it is safe to stop it");
    } catch (error) {
      // What is pinned to it, or waits to be collected, still has a row.
      if (!hasCode(error, "CONCURRENT_CHANGE")) throw error;
    }
  };

  return {
    run: async (signal) => {
      const nodes = deps.drainingNodes();
      for (const nodeId of draining.keys()) if (!nodes.includes(nodeId)) draining.delete(nodeId);
      for (const nodeId of nodes) {
        try {
          await drain(nodeId, signal);
        } catch (error) {
          signal.throwIfAborted();
          deps.logger.error({ err: error, node: nodeId }, "the draining of a node did not get on");
        }
      }
    },
    progressOf: async (nodeId) => {
      if (!deps.drainingNodes().includes(nodeId)) return undefined;
      const known = draining.get(nodeId)?.progress;
      if (known !== undefined) return known;
      const { chunks, bytes } = await deps.catalog.holdingsOf(nodeId);
      return { chunksLeft: chunks, bytesLeft: bytes, waiting: new Map(), isSafeToStop: false };
    },
  };
}

interface Left {
  chunks: number;
  bytes: number;
  readonly waiting: Map<DrainObstacle, number>;
}

const NOTHING_LEFT: Omit<DrainProgress, "isSafeToStop"> = { chunksLeft: 0, bytesLeft: 0, waiting: new Map() };

/** @returns what no other node stands in for yet */
async function letGo(deps: DrainLoopDeps, nodeId: NodeId, signal: AbortSignal): Promise<Left> {
  const left: Left = { chunks: 0, bytes: 0, waiting: new Map() };
  const counted = deps.liveNodes().filter((id) => id !== nodeId);
  let after: ChunkName | undefined;
  for (;;) {
    signal.throwIfAborted();
    const page = await deps.catalog.pageOfNode(nodeId, { after, limit: PAGE });
    if (page.length === 0) return left;
    const needed = page.filter((chunk) => isNeeded(chunk, nodeId, counted));
    for (const chunk of needed) {
      left.bytes += chunk.sealedLength;
      const why = deps.whyNotCopied(chunk.name);
      if (why !== undefined) left.waiting.set(why, (left.waiting.get(why) ?? 0) + 1);
    }
    left.chunks += needed.length;
    if (needed.length > 0) deps.requestRepair(needed.map(({ name }) => name));
    const replaced = page.filter((chunk) => isReplaced(chunk, counted) && !chunk.pins.includes(nodeId));
    await drop(deps, nodeId, { names: replaced.map(({ name }) => name), counted });
    after = page.at(-1)?.name;
  }
}

/** What it was given and never got, or has lost, holds it up no more than what nothing uses. */
function isNeeded(chunk: ChunkRecord, nodeId: NodeId, counted: readonly NodeId[]): boolean {
  if (!chunk.isReferenced || isReplaced(chunk, counted)) return false;
  const own = chunk.replicas.find((replica) => replica.nodeId === nodeId);
  return own?.state === "active" || own?.state === "leaving";
}

function isReplaced(chunk: ChunkRecord, counted: readonly NodeId[]): boolean {
  const active = chunk.replicas.filter(({ nodeId, state }) => state === "active" && counted.includes(nodeId));
  return active.length >= Math.max(chunk.copies, chunk.pins.length);
}

async function drop(
  deps: DrainLoopDeps,
  nodeId: NodeId,
  { names, counted }: { readonly names: readonly ChunkName[]; readonly counted: readonly NodeId[] },
): Promise<void> {
  if (names.length === 0) return;
  const terms = { counted, epoch: deps.epochs.next(), nowMs: deps.clock.nowMs() };
  const dropped = await deps.catalog.dropReplicas(nodeId, names, terms);
  if (dropped.length > 0) deps.onQueued();
}
