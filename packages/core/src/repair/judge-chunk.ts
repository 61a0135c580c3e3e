import type { NodeStanding } from "../failure/node-standing.ts";
import type { NodeId } from "../ids.ts";
import type { ChunkRecord, ReplicaState } from "./chunk-record.ts";

/**
 * whole: as promised · surplus: more than promised, something may be dropped · relocating: enough copies, but some of
 * them leave, or a pinned node lacks its own · degraded: copies are lost · critical: one copy at most can surely be read,
 * though more were promised · unreadable: no copy can be read now, so nothing can be made from it.
 */
export const CHUNK_URGENCIES = ["whole", "surplus", "relocating", "degraded", "critical", "unreadable"] as const;
export type ChunkUrgency = (typeof CHUNK_URGENCIES)[number];

export interface ChunkHealth {
  readonly urgency: ChunkUrgency;
  /** Copies that there should be: as promised, or one for each pin where these are more. */
  readonly target: number;
  /** Active copies on live or suspect nodes. */
  readonly counted: number;
  /** Active copies on live nodes. */
  readonly live: number;
  /** Copies that can surely be read: active or leaving, on live or draining nodes. */
  readonly safe: number;
  /** How many to make now: more than 0 just when relocating, degraded or critical. */
  readonly missing: number;
  /** Pinned nodes that are live and hold no active copy: they come first as targets, and are included in `missing`. */
  readonly pinned: readonly NodeId[];
  /** Who can be read from, best first: live, then leaving or draining, then suspect, then doubtful. */
  readonly readable: readonly NodeId[];
  /**
   * Candidates to drop, the most useless first: doubtful, pending, leaving or draining, then active; never a pin. All but
   * the active ones may go at once; of the active ones `excess` may, and `chooseSurplus` says which.
   */
  readonly droppable: readonly NodeId[];
  /** How many of the active copies in `droppable` may go. */
  readonly excess: number;
}

const NONE: readonly NodeId[] = [];

/**
 * What a copy is worth as its node stands. steady: counts, surely readable · retiring: surely readable, but it leaves or
 * its node drains · unsure: on a suspect node · doubted: found wrong, to be read last of all · pending: not there yet ·
 * lost: of no use now.
 */
type Worth = "steady" | "retiring" | "unsure" | "doubted" | "pending" | "lost";

const READING_ORDER: readonly Worth[] = ["steady", "retiring", "unsure", "doubted"];
const DROPPING_ORDER: readonly Worth[] = ["doubted", "pending", "retiring"];
const DROPPING_ORDER_OVER: readonly Worth[] = [...DROPPING_ORDER, "steady"];

/**
 * Compares what is promised of a chunk with what its copies are worth as their nodes stand. It does not ask whether
 * anything still uses the chunk, nor whether it is being written just now: that is for the caller.
 *
 * A copy on a suspect node counts, so that a short silence costs nothing, unless one sure copy at most is left: then only
 * copies on live nodes count, and what is missing is made at once. Nothing is dropped before as many active copies as
 * promised stand on live nodes, and nothing on a node that does not answer (but rows that are only pending): such a copy
 * costs nothing while its node is away, and may be needed by the time it returns.
 */
export function judgeChunk(chunk: ChunkRecord, standingOf: (nodeId: NodeId) => NodeStanding): ChunkHealth {
  const { replicas, pins } = chunk;
  const worths = replicas.map(({ nodeId, state }) => worthOf(state, standingOf(nodeId)));
  let live = 0;
  let suspect = 0;
  let retiring = 0;
  let unsure = 0;
  let useless = 0;
  for (let i = 0; i < worths.length; i++) {
    const worth = worths[i];
    if (worth === "steady") live += 1;
    else if (worth === "retiring") retiring += 1;
    else if (worth === "unsure") {
      unsure += 1;
      if (replicas[i]!.state === "active") suspect += 1;
    } else if (worth !== "lost") useless += 1;
  }
  const pinned = pins.length === 0 ? NONE : unmetPins(chunk, worths, standingOf);
  const target = Math.max(chunk.copies, pins.length);
  const isFree = live >= target && live + retiring + useless > target;
  const droppable = isFree ? candidatesToDrop(chunk, worths, live > target) : NONE;
  const tally: Tally = {
    target,
    counted: live + suspect,
    live,
    safe: live + retiring,
    held: live + retiring + unsure,
    unmetPins: pinned.length,
    droppable: droppable.length,
  };
  const urgency = urgencyOf(tally);
  return {
    urgency,
    target,
    counted: tally.counted,
    live,
    safe: tally.safe,
    missing: missingOf(urgency, tally),
    pinned,
    readable: nodesInOrder(chunk, worths, READING_ORDER),
    droppable,
    excess: Math.max(0, live - target),
  };
}

interface Tally extends Pick<ChunkHealth, "target" | "counted" | "live" | "safe"> {
  /** Copies that may well be readable, whether or not they count. */
  readonly held: number;
  readonly unmetPins: number;
  readonly droppable: number;
}

function urgencyOf(tally: Tally): ChunkUrgency {
  const { target, counted, safe, held } = tally;
  if (held === 0 && target > 0) return "unreadable";
  if (target >= 2 && safe <= 1) return "critical";
  if (held < target) return "degraded";
  if (counted < target || tally.unmetPins > 0) return "relocating";
  return tally.droppable > 0 ? "surplus" : "whole";
}

function missingOf(urgency: ChunkUrgency, tally: Tally): number {
  switch (urgency) {
    case "whole":
    case "surplus":
    case "unreadable":
      return 0;
    case "critical":
      return Math.max(tally.target - tally.live, tally.unmetPins);
    case "degraded":
    case "relocating":
      return Math.max(tally.target - tally.counted, tally.unmetPins);
  }
}

function worthOf(state: ReplicaState, standing: NodeStanding): Worth {
  if (state === "pending") return standing === "gone" ? "lost" : "pending";
  switch (standing) {
    case "live":
      if (state === "doubtful") return "doubted";
      return state === "active" ? "steady" : "retiring";
    case "draining":
      return state === "doubtful" ? "doubted" : "retiring";
    case "suspect":
      return state === "doubtful" ? "lost" : "unsure";
    case "offline":
    case "gone":
      return "lost";
  }
}

function unmetPins(
  { pins, replicas }: ChunkRecord,
  worths: readonly Worth[],
  standingOf: (nodeId: NodeId) => NodeStanding,
): NodeId[] {
  return pins.filter((pin) => {
    if (standingOf(pin) !== "live") return false;
    const at = replicas.findIndex(({ nodeId }) => nodeId === pin);
    return at === -1 || worths[at] !== "steady";
  });
}

function candidatesToDrop(chunk: ChunkRecord, worths: readonly Worth[], isOver: boolean): readonly NodeId[] {
  const candidates = nodesInOrder(chunk, worths, isOver ? DROPPING_ORDER_OVER : DROPPING_ORDER);
  return candidates.filter((nodeId) => !chunk.pins.includes(nodeId));
}

function nodesInOrder({ replicas }: ChunkRecord, worths: readonly Worth[], order: readonly Worth[]): NodeId[] {
  const nodes: NodeId[] = [];
  for (const worth of order) {
    for (let i = 0; i < worths.length; i++) if (worths[i] === worth) nodes.push(replicas[i]!.nodeId);
  }
  return nodes;
}
