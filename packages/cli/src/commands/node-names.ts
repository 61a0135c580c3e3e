import type { Nodes } from "@commonhold/client/nodes.ts";

/** What people call a node; its id where it is not known. */
export type NodeName = (nodeId: string) => string;

export async function nodeNames(nodes: Pick<Nodes, "list">, signal: AbortSignal): Promise<NodeName> {
  const names = new Map<string, string>();
  for await (const node of nodes.list(signal)) names.set(node.id, node.name);
  return (nodeId) => names.get(nodeId) ?? nodeId;
}
