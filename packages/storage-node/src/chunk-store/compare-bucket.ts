import { join } from "node:path";
import type { ChunkName } from "@commonhold/core/ids.ts";
import type { Logger } from "@commonhold/runtime/logger.ts";
import type { ChunkFiles } from "./chunk-files.ts";
import type { ChunkIndex, IndexedChunk } from "./chunk-index.ts";
import { isChunkLength, nextPrefix } from "./reconcile-index.ts";
import { belongsIn, chunkPath, type StoreLayout } from "./store-layout.ts";
import type { Turns } from "./turns.ts";

/** What index and folder disagreed on. */
export interface BucketComparison {
  /** Their file is gone: they are held no longer. */
  readonly missing: readonly ChunkName[];
  /** Their file has another length: they are out of service. */
  readonly resized: readonly ChunkName[];
  /** Whole chunks that had a file and no row, and are held again. */
  readonly found: number;
}

export interface CompareBucketDeps {
  readonly files: ChunkFiles;
  readonly index: ChunkIndex;
  readonly layout: StoreLayout;
  readonly turns: Turns<ChunkName>;
  readonly nameOf: (sealed: Uint8Array) => ChunkName;
  /** Whether every byte of a chunk in a pack is right. */
  readonly hasWhole: (row: IndexedChunk) => Promise<boolean>;
  readonly nowMs: () => number;
  readonly logger: Logger;
}

type Finding = "missing" | "resized" | "found" | "none";

/**
 * Compares the folder of the chunks whose names begin with this byte with their rows, while chunks are stored and
 * deleted: what seems to differ is looked at again when nothing else happens to that chunk.
 */
export async function compareBucket(deps: CompareBucketDeps, bucket: number): Promise<BucketComparison> {
  const found: Record<Finding, ChunkName[]> = { missing: [], resized: [], found: [], none: [] };
  for (const name of await suspectsOf(deps, bucket)) {
    found[await deps.turns.run([name], () => settle(deps, name))].push(name);
  }
  return { missing: found.missing, resized: found.resized, found: found.found.length };
}

async function suspectsOf({ files, index, layout }: CompareBucketDeps, bucket: number): Promise<readonly ChunkName[]> {
  const prefix = bucket.toString(16).padStart(2, "0");
  const lengths = new Map<ChunkName, number>();
  const folder = join(layout.chunks, prefix.charAt(0), prefix.charAt(1));
  for await (const { name, kind } of files.entries(folder)) {
    if (kind !== "file" || !belongsIn(prefix, name)) continue;
    const facts = await files.facts(join(folder, name));
    if (facts !== undefined) lengths.set(name, facts.sizeBytes);
  }
  const suspects: ChunkName[] = [];
  for (const { name, length, damaged, packed } of index.range(prefix, nextPrefix(prefix))) {
    const actual = lengths.get(name);
    // One that is in a pack and has a file as well stays a suspect.
    if (packed !== undefined) continue;
    lengths.delete(name);
    if (actual === undefined || (actual !== length && !damaged)) suspects.push(name);
  }
  return [...suspects, ...lengths.keys()];
}

async function settle(deps: CompareBucketDeps, name: ChunkName): Promise<Finding> {
  const { files, index, layout, nowMs } = deps;
  const row = index.get(name);
  const facts = await files.facts(chunkPath(layout, name));
  if (row?.packed !== undefined) {
    // A deletion that a power cut undid, of a chunk that was stored again since.
    if (facts !== undefined && (await deps.hasWhole(row))) await files.remove(chunkPath(layout, name));
    return "none";
  }
  if (row === undefined) {
    if (facts === undefined || !isChunkLength(facts.sizeBytes)) return "none";
    return await adopt(deps, name, { length: facts.sizeBytes, storedAtMs: facts.modifiedAtMs });
  }
  if (facts === undefined) return index.lose(name, "missing", nowMs()) ? "missing" : "none";
  if (facts.sizeBytes === row.length) return "none";
  return index.lose(name, "damaged", nowMs()) ? "resized" : "none";
}

/** Only where its bytes are right: nobody would miss another. */
async function adopt(
  { files, index, layout, nameOf, logger }: CompareBucketDeps,
  name: ChunkName,
  file: { readonly length: number; readonly storedAtMs: number },
): Promise<Finding> {
  const bytes = await files.read(chunkPath(layout, name), Buffer.allocUnsafeSlow(file.length + 1));
  if (bytes?.length !== file.length || nameOf(bytes) !== name) {
    logger.warn({ chunk: name }, "a file in the folder of chunks is not the chunk that it is called; it is left alone");
    return "none";
  }
  index.put([{ name, ...file }]);
  return "found";
}
