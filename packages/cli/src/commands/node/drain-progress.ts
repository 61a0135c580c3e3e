import { formatByteSize } from "@commonhold/core/byte-size.ts";
import type { NodeStatus } from "../../roles/node-admin.ts";

/** How far a drain is, for people. */
export function drainProgressOf({ drain, safe_to_stop: isSafe, storage }: NodeStatus): string {
  if (isSafe) return "every copy stands elsewhere, it is safe to stop";
  if (drain === undefined || drain === null) {
    return `the coordinator has not said yet how many of its ${storage.chunk_count} chunks others do not hold`;
  }
  const { chunks_left: chunks, bytes_left: bytes, waiting = [] } = drain;
  const left = `${chunksText(chunks)} (${formatByteSize(bytes)}) left to copy elsewhere`;
  return [left, ...waiting.map(obstacleText)].join("; ");
}

/** What keeps chunks where they are, and, where somebody can help, how. */
const OBSTACLES: Readonly<Record<string, string>> = {
  no_node_with_room: "no other node has room: free some, or add a node",
  no_readable_copy: "no copy can be read now, neither this node's nor another's",
  pinned_node_takes_nothing: "the node that they are pinned to has no room, or takes nothing",
  repair_paused: 'repair is paused: an admin lets it go on with "commonhold jobs resume repair"',
  repair_held_back: "too many nodes are away at once: it goes on when they are back",
};

function obstacleText({ reason, chunks }: { readonly reason: string; readonly chunks: number }): string {
  return `${chunksText(chunks)} ${chunks === 1 ? "waits" : "wait"}: ${OBSTACLES[reason] ?? reason}`;
}

function chunksText(chunks: number): string {
  return `${chunks} ${chunks === 1 ? "chunk" : "chunks"}`;
}
