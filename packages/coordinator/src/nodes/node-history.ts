import type { Clock } from "@commonhold/core/clock.ts";
import { hasCode } from "@commonhold/core/app-error.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import type { StatusChange } from "../repair/repair-nodes.ts";

const EVENTS_PER_NODE_MAX = 1_000;
const EVENT_DAYS_MAX = 90;
const DAY_MS = 24 * 3_600_000;

export interface NodeHistoryDeps {
  readonly metadata: Pick<Metadata, "apply">;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "info" | "error">;
}

/** Keeps what happens to nodes, in the log and for a while in the metadata. @returns the listener */
export function createNodeHistory(deps: NodeHistoryDeps): (change: StatusChange) => void {
  const { metadata, clock, logger } = deps;
  return ({ nodeId, from, to }) => {
    logger.info({ node_id: nodeId, from, to }, `node is ${to}`);
    // What it is found to be at a start is no change.
    if (from === undefined) return;
    const nowMs = clock.nowMs();
    const event = {
      node_id: nodeId,
      at_ms: nowMs,
      from,
      to,
      why: REASONS[to],
      kept_max: EVENTS_PER_NODE_MAX,
      kept_since_ms: Math.max(0, nowMs - EVENT_DAYS_MAX * DAY_MS),
    };
    metadata.apply("node.event", event).catch((error: unknown) => {
      if (!hasCode(error, "SHUTTING_DOWN", "NODE_NOT_FOUND")) {
        logger.error({ err: error, node_id: nodeId }, "what happened to a node could not be kept");
      }
    });
  };
}

const REASONS = {
  joining: "it registered",
  active: "it reported",
  suspect: "its report is overdue",
  offline: "it has been silent for too long",
  draining: "its operator has it drained",
  drained: "nothing that counts lies there any more",
  banned: "it was cut off, or removed",
} as const;
