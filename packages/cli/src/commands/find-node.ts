import type { NodeObject, Nodes } from "@commonhold/client/nodes.ts";
import { AppError } from "@commonhold/core/app-error.ts";
import { isNodeId } from "@commonhold/core/ids.ts";

/** A node by its name or id. @throws AppError NODE_NOT_FOUND */
export async function findNode(
  nodes: Pick<Nodes, "get" | "list">,
  nameOrId: string,
  signal: AbortSignal,
): Promise<NodeObject> {
  if (isNodeId(nameOrId)) return nodes.get(nameOrId, signal);
  for await (const node of nodes.list(signal)) if (node.name === nameOrId) return node;
  throw new AppError("NODE_NOT_FOUND", `there is no node "${nameOrId}": "commonhold nodes" shows which there are`);
}
