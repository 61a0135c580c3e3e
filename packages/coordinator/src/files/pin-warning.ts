import type { NodeId } from "@commonhold/core/ids.ts";
import { instantText } from "../http/route-schema.ts";
import type { NodeDirectory } from "../nodes/node-directory.ts";

/** What whoever pins to a node should know: that it takes no copy now, and until when. */
export function pinWarning(directory: Pick<NodeDirectory, "get" | "status">, nodeId: NodeId): string | undefined {
  const node = directory.get(nodeId);
  if (node === undefined) return undefined;
  const { name } = node;
  switch (directory.status(node)) {
    case "draining":
    case "drained":
      return `node ${name} is being emptied or is drained: it gets its copy when its operator takes the drain back`;
    case "offline":
      return `node ${name} has been away since ${instantText(node.lastHeartbeatAtMs)}: it gets its copy when it returns`;
    case "joining":
      return `node ${name} has not reported yet: it gets its copy when it does`;
    default:
      return undefined;
  }
}
