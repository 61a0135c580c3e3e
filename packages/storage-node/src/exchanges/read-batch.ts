import type { BatchedChunkRef } from "@commonhold/wire/batch-name.ts";
import type { RetrievedChunks } from "@commonhold/wire/exchanges/retrieve-batch.ts";

/** A slow disk has threads for so many: further chunks would stand in line before what has less time, as audits. */
const READS_AT_ONCE = 4;

/**
 * Reads the chunks of a batch in their order, a few at once.
 * @param options.signal ends it before the next chunk
 * @returns the bytes of each, in their order, or why they cannot be had
 * @throws the signal's reason
 */
export async function readBatch(
  chunks: readonly BatchedChunkRef[],
  options: { readonly signal: AbortSignal; readonly read: (chunk: BatchedChunkRef) => Promise<Uint8Array> },
): Promise<RetrievedChunks> {
  const { signal, read } = options;
  const found: PromiseSettledResult<Uint8Array>[] = [];
  const left = chunks.entries();
  const lane = async (): Promise<void> => {
    for (const [at, chunk] of left) {
      if (signal.aborted) return;
      [found[at]] = (await Promise.allSettled([read(chunk)])) as [PromiseSettledResult<Uint8Array>];
    }
  };
  await Promise.all(Array.from({ length: READS_AT_ONCE }, lane));
  signal.throwIfAborted();
  return found;
}
