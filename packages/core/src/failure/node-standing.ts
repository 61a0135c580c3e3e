import type { NodeStatus } from "./node-status.ts";

/**
 * What a node's copies are worth. live: they count, can be read, and it may receive · suspect: they count, are read as a
 * last resort, and it receives nothing · draining: they can be read and do not count · offline: presumed dead, they do
 * not count until it returns · gone: nothing is expected of it.
 */
export const NODE_STANDINGS = ["live", "suspect", "draining", "offline", "gone"] as const;
export type NodeStanding = (typeof NODE_STANDINGS)[number];

/** @param status undefined for a node that nobody knows */
export function standingOf(status: NodeStatus | undefined): NodeStanding {
  switch (status) {
    case "active":
      return "live";
    case "suspect":
    case "draining":
    case "offline":
      return status;
    case "joining":
    case "drained":
    case "banned":
    case undefined:
      return "gone";
  }
}
