import type { ChunkName, NodeId, UserId } from "@commonhold/core/ids.ts";
import { PRIORITIES } from "@commonhold/core/priority.ts";
import type { ChunkRecord, Replica, ReplicaState } from "@commonhold/core/repair/chunk-record.ts";
import { type Kysely, sql } from "kysely";
import { type PreparedQuery, prepareQuery } from "../prepared-query.ts";
import type { Tables } from "../tables.ts";
import type { ReplicaCatalog } from "./replica-catalog.ts";

/** Lists of names are padded to one of these lengths, so that there are few statements to keep prepared. */
const LIST_LENGTHS = [1, 8, 64, 512];
const LIST_LENGTH_MAX = 512;

/**
 * One row with all that concerns a chunk, so that it is seen as it was at one moment. Its lists come as texts: a row for
 * each copy takes much longer.
 */
function selectChunks(read: Kysely<Tables>) {
  return read
    .selectFrom("chunks")
    .select(["name", "owner_id", "sealed_length", "copies", "priority", "created_at_ms"])
    .select([
      sql<number>`exists (select 1 from file_chunks where file_chunks.chunk_name = chunks.name)`.as("is_referenced"),
      sql<string | null>`(select string_agg(node_id || ' ' || state || ' ' || updated_at_ms, ',')
        from assignments where assignments.chunk_name = chunks.name)`.as("replicas"),
      sql<string | null>`case when pinned = 1 then (select string_agg(node_id, ',') from (
        select distinct file_pins.node_id from file_chunks
        inner join file_pins on file_pins.file_id = file_chunks.file_id
        where file_chunks.chunk_name = chunks.name order by file_pins.node_id) as pins) end`.as("pins"),
    ]);
}

interface ChunkRow {
  readonly name: string;
  readonly owner_id: string;
  readonly sealed_length: number;
  readonly copies: number;
  readonly priority: number;
  readonly created_at_ms: number;
  /** Not boolean in every dialect. */
  readonly is_referenced: number;
  /** `node state time`, separated by commas. */
  readonly replicas: string | null;
  readonly pins: string | null;
}

const pageOfChunks = prepareQuery((read, values: { readonly after: string; readonly limit: number }) =>
  selectChunks(read).where("name", ">", values.after).orderBy("name").limit(values.limit),
);

const chunksOfList: ReadonlyMap<number, PreparedQuery<Record<string, string>, ChunkRow>> = new Map(
  LIST_LENGTHS.map((length) => [
    length,
    prepareQuery((read, names: Record<string, string>) => selectChunks(read).where("name", "in", Object.values(names))),
  ]),
);

/** Reads chunks whole. */
export function createChunkReads(read: Kysely<Tables>): Pick<ReplicaCatalog, "get" | "getMany" | "page"> {
  const toRecord = createRecordReader();

  const list = async (names: readonly ChunkName[]): Promise<readonly ChunkRecord[]> => {
    const length = LIST_LENGTHS.find((fitting) => fitting >= names.length)!;
    const last = names.at(-1)!;
    const padded = Object.fromEntries(Array.from({ length }, (_, index) => [`n${index}`, names[index] ?? last]));
    return (await chunksOfList.get(length)!(read, padded)).map(toRecord);
  };

  return {
    get: async (name) => (await list([name]))[0],
    getMany: async (names) => {
      const found = new Map<ChunkName, ChunkRecord>();
      for (let from = 0; from < names.length; from += LIST_LENGTH_MAX) {
        for (const chunk of await list(names.slice(from, from + LIST_LENGTH_MAX))) found.set(chunk.name, chunk);
      }
      return found;
    },
    page: async ({ after, limit }) => (await pageOfChunks(read, { after: after ?? "", limit })).map(toRecord),
  };
}

/** @returns a reader of rows, in whose records each node's id is one and the same text in memory */
function createRecordReader(): (row: ChunkRow) => ChunkRecord {
  const nodeIds = new Map<string, NodeId>();
  const nodeIdOf = (text: string): NodeId => {
    const known = nodeIds.get(text);
    if (known !== undefined) return known;
    // A part of a text keeps the whole of it in memory.
    const nodeId = Buffer.from(text).toString() as NodeId;
    nodeIds.set(nodeId, nodeId);
    return nodeId;
  };
  const readReplica = (text: string): Replica => {
    const stateAt = text.indexOf(" ") + 1;
    const timeAt = text.indexOf(" ", stateAt) + 1;
    return {
      nodeId: nodeIdOf(text.slice(0, stateAt - 1)),
      state: STATE_OF_INITIAL[text[stateAt]!]!,
      sinceMs: Number(text.slice(timeAt)),
    };
  };

  return (row) => ({
    name: row.name as ChunkName,
    ownerId: row.owner_id as UserId,
    sealedLength: row.sealed_length,
    copies: row.copies,
    priority: PRIORITIES[row.priority]!,
    pins: row.pins === null ? [] : row.pins.split(",").map(nodeIdOf),
    replicas: row.replicas === null ? [] : row.replicas.split(",").map(readReplica),
    isReferenced: Boolean(row.is_referenced),
    createdAtMs: row.created_at_ms,
  });
}

const STATE_OF_INITIAL: Readonly<Record<string, ReplicaState>> = {
  a: "active",
  p: "pending",
  l: "leaving",
  d: "doubtful",
};
