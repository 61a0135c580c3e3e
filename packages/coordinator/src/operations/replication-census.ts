import type { Clock } from "@commonhold/core/clock.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import type { NodeDirectory } from "../nodes/node-directory.ts";

/** How many chunks have the copies that were promised. */
export interface ReplicationCensus {
  readonly total: number;
  readonly fullyReplicated: number;
  readonly underReplicated: number;
}

export interface ReplicationCensusDeps {
  readonly metadata: Pick<Metadata, "read">;
  readonly directory: Pick<NodeDirectory, "list">;
  readonly clock: Pick<Clock, "monotonicMs">;
}

/** Chunks counted in one query: a few milliseconds, between which other work goes on. */
const CHUNKS_PER_QUERY = 2_000;
/** A count that takes no longer than this is made anew for every question; a longer one takes this share of the time. */
const FRESH_MS_MAX = 50;
const SHARE = 20;

/**
 * Counts the chunks of the whole network without ever holding up other work for long: slice by slice, one count at a
 * time, and the larger the network, the older an answer may be (twenty times as long as a count takes).
 */
export function createReplicationCensus(deps: ReplicationCensusDeps): () => Promise<ReplicationCensus> {
  let last: { readonly census: ReplicationCensus; readonly atMs: number; readonly tookMs: number } | undefined;
  let counting: Promise<ReplicationCensus> | undefined;

  async function count(): Promise<ReplicationCensus> {
    const fromMs = deps.clock.monotonicMs();
    const census = await countChunks(deps);
    const atMs = deps.clock.monotonicMs();
    last = { census, atMs, tookMs: atMs - fromMs };
    return census;
  }

  return () => {
    if (last !== undefined && last.tookMs > FRESH_MS_MAX) {
      const isOld = deps.clock.monotonicMs() - last.atMs > last.tookMs * SHARE;
      if (!isOld) return Promise.resolve(last.census);
    }
    counting ??= count().finally(() => {
      counting = undefined;
    });
    return counting;
  };
}

async function countChunks({ metadata, directory }: ReplicationCensusDeps): Promise<ReplicationCensus> {
  const lost = directory.list().filter((node) => node.declared === "banned" || node.declared === "drained");
  const lostIds = lost.map((node) => node.id);
  let total = 0;
  let fullyReplicated = 0;
  for (let after = ""; ; ) {
    const slice = await countSlice(metadata, after, lostIds);
    total += slice.total;
    fullyReplicated += slice.full;
    if (slice.last === null || slice.total < CHUNKS_PER_QUERY) break;
    after = slice.last;
    await new Promise(setImmediate);
  }
  return { total, fullyReplicated, underReplicated: total - fullyReplicated };
}

interface Slice {
  readonly total: number;
  readonly full: number;
  readonly last: string | null;
}

async function countSlice(
  metadata: Pick<Metadata, "read">,
  after: string,
  lostNodeIds: readonly string[],
): Promise<Slice> {
  const held = metadata.read
    .selectFrom("chunks")
    .select(["chunks.name", "chunks.copies"])
    .select((eb) =>
      eb
        .selectFrom("assignments")
        .select((inner) => inner.fn.countAll<number>().as("count"))
        .whereRef("assignments.chunk_name", "=", "chunks.name")
        .where("assignments.state", "=", "active")
        .$if(lostNodeIds.length > 0, (query) => query.where("assignments.node_id", "not in", lostNodeIds))
        .as("held"),
    )
    .where("chunks.name", ">", after)
    .orderBy("chunks.name")
    .limit(CHUNKS_PER_QUERY);
  const row = await metadata.read
    .selectFrom(held.as("slice"))
    .select((eb) => [
      eb.fn.countAll<number>().as("total"),
      eb.fn.sum<number | null>(eb.case().when("held", ">=", eb.ref("copies")).then(1).else(0).end()).as("full"),
      eb.fn.max("name").as("last"),
    ])
    .executeTakeFirstOrThrow();
  return { total: Number(row.total), full: Number(row.full ?? 0), last: row.last };
}
