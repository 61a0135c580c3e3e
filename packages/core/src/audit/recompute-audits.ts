import type { ChunkName, NodeId } from "../ids.ts";
import { auditSeed } from "./audit-seed.ts";
import {
  BUCKET_BITS_MAX,
  BUCKET_BITS_MIN,
  bucketNames,
  CHUNKS_PER_BUCKET,
  type CyclePlan,
  keyedWords,
  NUMBERS_PER_SLOT,
  planCycle,
} from "./audit-schedule.ts";
import type { HmacSha256, Sha256 } from "./hash-functions.ts";

/** A question as it was recorded. */
export interface RecordedQuestion {
  readonly nodeId: NodeId;
  readonly window: number;
  readonly number: number;
  readonly chunkNames: readonly ChunkName[];
}

export interface PublishedKeys {
  /** Of the day in which the questions were asked. */
  readonly periodKey: Uint8Array;
  /** Of the days in which their cycles may have begun: this one, and the one before. */
  readonly orderKeys: readonly Uint8Array[];
}

export interface RecomputedQuestion {
  /** What the node was sent. */
  readonly seed: Uint8Array;
  /**
   * Whether all its chunks are of the bucket that one of the keys puts in this place. Into how many buckets the names
   * were divided is not recorded, so that each number that is possible is tried: a chunk that was picked by hand passes
   * by chance about once in sixty times.
   */
  readonly isInOrder: boolean;
}

/** Works out again, from keys that are published, what a coordinator could but ask. */
export function createAuditRecomputation(
  keys: PublishedKeys,
  hash: { readonly sha256: Sha256; readonly hmacSha256: HmacSha256 },
): (question: RecordedQuestion) => RecomputedQuestion {
  const orders = keys.orderKeys.map((key) => keyedWords(key, hash));
  const plans = new Map<string, CyclePlan>();
  const planOf = (
    nodeId: NodeId,
    cycle: number,
    { bits, order }: { readonly bits: number; readonly order: number },
  ) => {
    const id = `${nodeId} ${cycle} ${bits} ${order}`;
    let plan = plans.get(id);
    if (plan === undefined) {
      // When a slot is due does not matter here, and as many chunks make as many buckets.
      const size = { cycleMs: 1, chunkCount: 2 ** bits * CHUNKS_PER_BUCKET };
      plan = planCycle({ nodeId, cycle, ...size, permute: orders[order]! });
      if (plans.size === PLANS_MAX) plans.clear();
      plans.set(id, plan);
    }
    return plan;
  };
  const isInOrder = ({ nodeId, window, number, chunkNames }: RecordedQuestion): boolean => {
    for (let bits = BUCKET_BITS_MIN; bits <= BUCKET_BITS_MAX; bits++) {
      for (const order of orders.keys()) {
        const slot = planOf(nodeId, window, { bits, order }).slots[Math.floor(number / NUMBERS_PER_SLOT)];
        if (slot === undefined) continue;
        const { after = "", until } = bucketNames(bits, slot.bucket);
        if (chunkNames.every((name) => after < name && name <= until)) return true;
      }
    }
    return false;
  };
  return (question) => ({
    seed: auditSeed(keys.periodKey, question, hash.hmacSha256),
    isInOrder: isInOrder(question),
  });
}

/** Some megabytes: questions of one cycle come together. */
const PLANS_MAX = 64;
