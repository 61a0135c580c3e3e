import type { ChunkName } from "@commonhold/core/ids.ts";
import { type EvictionStrategy, evictionOrder } from "@commonhold/core/repair/eviction-order.ts";
import type { ChunkStore } from "../chunk-store/chunk-store.ts";
import type { IndexedChunk } from "../chunk-store/chunk-index.ts";

const PAGE_NAMES = 1000;

export interface PickOptions {
  readonly strategy: EvictionStrategy;
  readonly countMax: number;
  /** Whether the operator's own chunks may go too. */
  readonly withOwn: boolean;
  readonly signal: AbortSignal;
}

/**
 * The chunks that the node would give up, most readily first: those that are of no use as they are damaged, then
 * others' chunks in the order of the strategy, as far as a node alone can tell, then those of its own operator. Walks
 * over the whole index, a page at a time, and holds no more than twice as many as it returns.
 */
export async function pickCandidates(
  store: Pick<ChunkStore, "listHeld">,
  { strategy, countMax, withOwn, signal }: PickOptions,
): Promise<readonly IndexedChunk[]> {
  const best = (chunks: readonly IndexedChunk[]) => inOrder(chunks, strategy).slice(0, countMax);
  let kept: IndexedChunk[] = [];
  let after: ChunkName | undefined;
  for (let more = true; more && !signal.aborted; ) {
    const page = store.listHeld({ after, limit: PAGE_NAMES });
    kept.push(...(withOwn ? page.items : page.items.filter(({ own }) => own !== true)));
    if (kept.length > 2 * countMax) kept = best(kept);
    after = page.items.at(-1)?.name;
    more = page.more;
    // A large index must not keep others waiting.
    await new Promise(setImmediate);
  }
  return best(kept);
}

function inOrder(chunks: readonly IndexedChunk[], strategy: EvictionStrategy): IndexedChunk[] {
  const byName = new Map(chunks.map((chunk) => [chunk.name, chunk]));
  const ordered = evictionOrder(
    chunks.map(({ name, length, lastReadAtMs, storedAtMs }) => ({
      name,
      length,
      lastReadAtMs,
      storedAtMs,
      // Only the coordinator knows these, and applies them itself.
      priority: "normal",
      surplusCopies: 0,
      isPinned: false,
    })),
    strategy,
  ).map(({ name }) => byName.get(name)!);
  return ordered.sort((a, b) => classOf(a) - classOf(b));
}

function classOf({ damaged, own }: IndexedChunk): number {
  if (damaged) return 0;
  return own === true ? 2 : 1;
}
