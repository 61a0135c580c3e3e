import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import type { ReplicaState } from "@commonhold/core/repair/chunk-record.ts";
import { type Kysely, sql } from "kysely";
import { prepareQuery } from "../prepared-query.ts";
import type { Tables } from "../tables.ts";
import type { NodeHoldings, ReplicaCatalog } from "./replica-catalog.ts";

/** Above every name, as these are hexadecimal. */
const ABOVE_ALL_NAMES = "g";
/** Chunks that are added up at once, so that other reads come between. */
const HELD_PER_QUERY = 5_000;

type Range = {
  readonly nodeId: string;
  readonly after: string;
  readonly until: string;
  readonly limit: number;
};

/** A walk along an index whose order within one state is that of names. */
function replicasInState(read: Kysely<Tables>, state: ReplicaState, range: Range) {
  const walk = read
    .selectFrom("assignments")
    .select(["chunk_name", "state", "updated_at_ms"])
    .where("node_id", "=", range.nodeId)
    .where("state", "=", state)
    .where("chunk_name", ">", range.after)
    .where("chunk_name", "<=", range.until)
    .orderBy("chunk_name")
    .limit(range.limit);
  return read.selectFrom(walk.as(state)).selectAll();
}

/** In one statement, so that no copy is missed while it comes from one state into another. */
const replicasInRange = prepareQuery((read, range: Range) =>
  replicasInState(read, "active", range)
    .unionAll(replicasInState(read, "doubtful", range))
    .unionAll(replicasInState(read, "leaving", range))
    .unionAll(replicasInState(read, "pending", range))
    .orderBy("chunk_name")
    .limit(range.limit),
);

const heldInState = prepareQuery((read, range: Omit<Range, "until"> & { readonly state: ReplicaState }) =>
  read
    .selectFrom(
      read
        .selectFrom("assignments")
        .innerJoin("chunks", "chunks.name", "assignments.chunk_name")
        .select(["chunks.name", "chunks.sealed_length"])
        .where("assignments.node_id", "=", range.nodeId)
        .where("assignments.state", "=", range.state)
        .where("assignments.chunk_name", ">", range.after)
        .orderBy("assignments.chunk_name")
        .limit(range.limit)
        .as("held"),
    )
    .select([
      sql<number>`count(*)`.as("chunks"),
      sql<number>`coalesce(sum(sealed_length), 0)`.as("bytes"),
      sql<string | null>`max(name)`.as("last"),
    ]),
);

/** Reads what one node has, or shall have. */
export function createNodeReads(
  read: Kysely<Tables>,
  getMany: ReplicaCatalog["getMany"],
): Pick<ReplicaCatalog, "pageOfNode" | "expectedOf" | "holdingsOf"> {
  const expectedOf: ReplicaCatalog["expectedOf"] = async (nodeId, page) => {
    const { after = "", until = ABOVE_ALL_NAMES, limit } = page;
    return (await replicasInRange(read, { nodeId, after, until, limit })).map((row) => ({
      name: row.chunk_name as ChunkName,
      state: row.state,
      sinceMs: row.updated_at_ms,
    }));
  };

  return {
    expectedOf,
    pageOfNode: async (nodeId, page) => {
      const names = (await expectedOf(nodeId, page)).map((replica) => replica.name);
      const chunks = await getMany(names);
      return names.flatMap((name) => chunks.get(name) ?? []);
    },
    holdingsOf: async (nodeId) => {
      const active = await heldBy(read, nodeId, "active");
      const leaving = await heldBy(read, nodeId, "leaving");
      return { chunks: active.chunks + leaving.chunks, bytes: active.bytes + leaving.bytes };
    },
  };
}

async function heldBy(read: Kysely<Tables>, nodeId: NodeId, state: ReplicaState): Promise<NodeHoldings> {
  let chunks = 0;
  let bytes = 0;
  for (let after = ""; ; ) {
    const [part] = await heldInState(read, { nodeId, state, after, limit: HELD_PER_QUERY });
    chunks += part!.chunks;
    bytes += part!.bytes;
    if (part!.last === null || part!.chunks < HELD_PER_QUERY) return { chunks, bytes };
    after = part!.last;
    await new Promise(setImmediate);
  }
}
