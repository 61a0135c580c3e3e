import type { CommonholdClient } from "@commonhold/client/commonhold-client.ts";
import type { NodeObject } from "@commonhold/client/nodes.ts";
import { findNode } from "./find-node.ts";

/** The node with this name or id; all of the caller's where none is named. */
export async function ownNodes(
  client: CommonholdClient,
  nameOrId: string | undefined,
  signal: AbortSignal,
): Promise<readonly NodeObject[]> {
  if (nameOrId !== undefined) return [await findNode(client.nodes, nameOrId, signal)];
  const { id } = await client.accounts.me(signal);
  const mine: NodeObject[] = [];
  for await (const candidate of client.nodes.list(signal)) if (candidate.operator_id === id) mine.push(candidate);
  return mine;
}
