import { createHash } from "node:crypto";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { type InventorySummary, InventorySummaryBuilder } from "@commonhold/core/repair/inventory-summary.ts";
import type { ChunkStore } from "../chunk-store/chunk-store.ts";

const PAGE_NAMES = 2000;

/**
 * What this node holds, in short. Chunks that come or go meanwhile may or may not be counted.
 * @throws what `signal` was aborted with
 */
export async function summariseHeld(store: Pick<ChunkStore, "list">, signal: AbortSignal): Promise<InventorySummary> {
  const builder = new InventorySummaryBuilder(sha256);
  let after: ChunkName | undefined;
  for (let more = true; more; ) {
    signal.throwIfAborted();
    const page = store.list({ after, limit: PAGE_NAMES });
    for (const { name } of page.items) builder.add(name);
    after = page.items.at(-1)?.name ?? after;
    more = page.more;
    // A large index must not keep others waiting.
    await new Promise(setImmediate);
  }
  return builder.finish();
}

function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}
