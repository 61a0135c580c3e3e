import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { UserId } from "@commonhold/core/ids.ts";
import { REPAIR_DEFAULTS } from "@commonhold/coordinator/repair/repair-options.ts";
import { sweepChunks } from "@commonhold/coordinator/repair/repair-sweep.ts";
import { MemoryCatalog } from "@commonhold/metadata/catalog/memory-catalog.ts";
import { createMetadataCatalog } from "@commonhold/metadata/catalog/metadata-catalog.ts";
import type { ReplicaCatalog } from "@commonhold/metadata/catalog/replica-catalog.ts";
import { openSqliteMetadata } from "@commonhold/metadata/sqlite/open-sqlite-metadata.ts";
import { createLogger } from "@commonhold/runtime/logger.ts";
import { systemClock } from "@commonhold/runtime/system-clock.ts";
import { fillSqlite } from "./fill-sqlite.ts";
import { sweptChunks, sweptNodes, type SweepSize } from "./swept-network.ts";

const SECONDS_MAX = 5;
const MEGABYTES_MAX = 500;
const SWEEPS = 3;

/** Has production code judge every chunk of a large network. @returns whether that took as little as is asked */
export async function measureSweep(
  size: SweepSize & { readonly catalog: "memory" | "sqlite" },
  say: (line: string) => void,
): Promise<boolean> {
  return size.catalog === "memory" ? await measure(memoryCatalog(size), size, say) : await measureSqlite(size, say);
}

async function measureSqlite(size: SweepSize, say: (line: string) => void): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), "commonhold-sweep-"));
  const file = join(folder, "metadata.db");
  const deps = { logger: createLogger({ level: "warn", name: "sweep" }), clock: systemClock };
  try {
    await (await openSqliteMetadata(deps, { file })).close();
    fillSqlite(file, { nodes: size.nodes, chunks: sweptChunks(size) });
    const metadata = await openSqliteMetadata(deps, { file });
    try {
      return await measure(createMetadataCatalog(metadata), size, say);
    } finally {
      await metadata.close();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measure(
  catalog: Pick<ReplicaCatalog, "page">,
  size: SweepSize,
  say: (line: string) => void,
): Promise<boolean> {
  const nodes = sweptNodes(size);
  const { signal } = new AbortController();
  const sleep = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
  let seconds = Number.POSITIVE_INFINITY;
  let lacking = 0;
  for (let i = 0; i < SWEEPS; i++) {
    lacking = 0;
    const startedAtMs = performance.now();
    await sweepChunks(
      { nodes, clock: systemClock, sleep },
      {
        read: (page) => catalog.page(page),
        visit: (_, { counted, target }) => {
          if (counted < target) lacking++;
        },
      },
      { ...REPAIR_DEFAULTS, signal },
    );
    seconds = Math.min(seconds, (performance.now() - startedAtMs) / 1000);
  }
  // In kilobytes, of all the process has ever had: the making of the network included.
  const megabytes = (process.resourceUsage().maxRSS * 1024) / 1000 ** 2;
  say(`${size.chunks} chunks on ${size.nodes} nodes, of which ${lacking} chunks lack copies`);
  say(`one sweep   ${seconds.toFixed(2)} s (asked: under ${SECONDS_MAX} s; the best of ${SWEEPS})`);
  say(`memory      ${megabytes.toFixed(0)} MB at most, of the whole process (asked: under ${MEGABYTES_MAX} MB)`);
  return seconds < SECONDS_MAX && megabytes < MEGABYTES_MAX;
}

function memoryCatalog(size: SweepSize): MemoryCatalog {
  const catalog = new MemoryCatalog();
  const ownerId = "user-0" as UserId;
  for (const { name, sealedLength, holders } of sweptChunks(size)) {
    const replicas = holders.map((nodeId) => ({ nodeId, state: "active" as const }));
    catalog.addChunk({ name, ownerId, sealedLength, copies: holders.length, replicas, nowMs: 0 });
  }
  return catalog;
}
