import type { NodeId } from "@commonhold/core/ids.ts";
import type { NodeDirectory } from "../nodes/node-directory.ts";

/** Whether a node can be asked to delete: a drained one no longer counts, and still has bytes to delete while it runs. */
export function isReachable(directory: Pick<NodeDirectory, "get" | "standingOf">, nodeId: NodeId): boolean {
  if (directory.get(nodeId)?.declared === "drained") return true;
  return ["live", "suspect", "draining"].includes(directory.standingOf(nodeId));
}
