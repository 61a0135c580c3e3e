import type { Clock } from "@commonhold/core/clock.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import type { ChunkRecord } from "@commonhold/core/repair/chunk-record.ts";
import { type ChunkHealth, judgeChunk } from "@commonhold/core/repair/judge-chunk.ts";
import type { Sleep } from "@commonhold/runtime/sleep.ts";
import type { NamePage } from "@commonhold/metadata/catalog/replica-catalog.ts";
import { CensusTally, type RepairCensus } from "./repair-census.ts";
import type { RepairNodes } from "./repair-nodes.ts";
import { belowSinceMs } from "./repair-need.ts";

export interface ChunkWalkDeps {
  readonly nodes: Pick<RepairNodes, "standingOf" | "awaySinceMs">;
  readonly clock: Clock;
  readonly sleep: Sleep;
}

export interface ChunkWalk {
  /** A page of chunks, in the order of names. */
  readonly read: (page: NamePage) => Promise<readonly ChunkRecord[]>;
  readonly visit: (chunk: ChunkRecord, health: ChunkHealth) => void;
  readonly onPage?: (seen: number) => void | Promise<void>;
}

export interface ChunkWalkOptions {
  readonly page: number;
  readonly sliceMs: number;
}

/** Judges chunks page by page, and lets other work go on in between: never longer than a slice at a time. */
export async function walkChunks(
  deps: ChunkWalkDeps,
  walk: ChunkWalk,
  options: ChunkWalkOptions & { readonly signal: AbortSignal },
): Promise<void> {
  const { nodes, clock, sleep } = deps;
  const { signal } = options;
  const standingOf = nodes.standingOf.bind(nodes);
  let after: ChunkName | undefined;
  for (let seen = 0; ; ) {
    signal.throwIfAborted();
    const chunks = await walk.read({ after, limit: options.page });
    let sliceEndMs = clock.monotonicMs() + options.sliceMs;
    for (const chunk of chunks) {
      walk.visit(chunk, judgeChunk(chunk, standingOf));
      if (clock.monotonicMs() < sliceEndMs) continue;
      await sleep(0, signal);
      sliceEndMs = clock.monotonicMs() + options.sliceMs;
    }
    seen += chunks.length;
    await walk.onPage?.(seen);
    after = chunks.at(-1)?.name;
    if (after === undefined || chunks.length < options.page) return;
    await sleep(0, signal);
  }
}

/** Judges every chunk, and counts. */
export async function sweepChunks(
  deps: ChunkWalkDeps,
  walk: ChunkWalk,
  options: ChunkWalkOptions & { readonly signal: AbortSignal },
): Promise<RepairCensus> {
  const tally = new CensusTally();
  await walkChunks(
    deps,
    {
      ...walk,
      visit: (chunk, health) => {
        tally.add(chunk, health, () => belowSinceMs(chunk, health, deps));
        walk.visit(chunk, health);
      },
    },
    options,
  );
  return tally.finish(deps.clock.nowMs());
}
