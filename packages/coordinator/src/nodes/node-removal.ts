import { AppError } from "@commonhold/core/app-error.ts";
import type { NodeStanding } from "@commonhold/core/failure/node-standing.ts";
import type { NodeStatus } from "@commonhold/core/failure/node-status.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import type { ChunkRecord } from "@commonhold/core/repair/chunk-record.ts";
import type { ReplicaCatalog } from "@commonhold/metadata/catalog/replica-catalog.ts";
import type { ActionNote } from "@commonhold/metadata/commands/admin-actions.ts";
import type { NodeDirectory } from "./node-directory.ts";
import type { NodeRecord } from "./node-record.ts";
import type { NodeService } from "./node-service.ts";

const PAGE = 500;

export interface NodeRemovalDeps {
  readonly catalog: Pick<ReplicaCatalog, "pageOfNode">;
  readonly directory: Pick<NodeDirectory, "get" | "status" | "standingOf">;
  readonly nodes: Pick<NodeService, "ban">;
  /** Whether the coordinator itself keeps a copy of a chunk. */
  readonly hasKept: (name: ChunkName) => boolean;
}

export interface RemovalOptions {
  readonly force: boolean;
  /** Of who has it done. */
  readonly note?: ActionNote;
  readonly signal: AbortSignal;
}

/** Takes nodes that will not return out of the network: they are cut off, and what they held is made anew. */
export interface NodeRemoval {
  /**
   * @param options.force also where it is here, or holds what no other node can give now
   * @throws AppError NODE_NOT_FOUND; NODE_STILL_NEEDED says why, and what to do
   */
  remove(nodeId: string, options: RemovalOptions): Promise<NodeRecord>;
}

export function createNodeRemoval(deps: NodeRemovalDeps): NodeRemoval {
  return {
    remove: async (nodeId, { force, note, signal }) => {
      const node = deps.directory.get(nodeId);
      if (node === undefined) throw new AppError("NODE_NOT_FOUND", `there is no node ${nodeId}`);
      const status = deps.directory.status(node);
      if (status === "banned") return node;
      if (!force) {
        requireGone(node, status);
        await requireReplaced(deps, node, signal);
      }
      return deps.nodes.ban(nodeId, note);
    },
  };
}

function requireGone(node: NodeRecord, status: NodeStatus): void {
  const advice: Partial<Record<NodeStatus, string>> = {
    active: "drain it, and remove it when it is safe to stop; or stop it for good, and remove it when it is offline",
    suspect: "it may be back in a moment; if it is gone for good, remove it when it is offline",
    draining: "wait until it is drained",
  };
  const what = advice[status];
  if (what === undefined) return;
  throw new AppError("NODE_STILL_NEEDED", `node ${node.name} is ${status}: ${what}, or force it`, {
    details: { node_id: node.id, status },
  });
}

/** @throws AppError NODE_STILL_NEEDED */
async function requireReplaced(deps: NodeRemovalDeps, node: NodeRecord, signal: AbortSignal): Promise<void> {
  let chunks = 0;
  let bytes = 0;
  let after: ChunkName | undefined;
  for (;;) {
    signal.throwIfAborted();
    const page = await deps.catalog.pageOfNode(node.id, { after, limit: PAGE });
    if (page.length === 0) break;
    for (const chunk of page) {
      if (!isOnlyAt(deps, node.id, chunk)) continue;
      chunks += 1;
      bytes += chunk.sealedLength;
    }
    after = page.at(-1)?.name;
  }
  if (chunks === 0) return;
  const those = chunks === 1 ? "a chunk" : `${chunks} chunks`;
  throw new AppError(
    "NODE_STILL_NEEDED",
    `node ${node.name} holds the only copy of ${those} that could be read again: the files that need ` +
      `${chunks === 1 ? "it" : "them"} would be lost; bring it back, or force it if it is gone for good`,
    { details: { node_id: node.id, chunks, bytes } },
  );
}

const READABLE: ReadonlySet<NodeStanding> = new Set(["live", "suspect", "draining"]);

function isOnlyAt({ directory, hasKept }: NodeRemovalDeps, nodeId: NodeId, chunk: ChunkRecord): boolean {
  if (!chunk.isReferenced || hasKept(chunk.name)) return false;
  const held = chunk.replicas.filter(({ state }) => state === "active" || state === "leaving");
  if (!held.some((replica) => replica.nodeId === nodeId)) return false;
  return !held.some((other) => other.nodeId !== nodeId && READABLE.has(directory.standingOf(other.nodeId)));
}
