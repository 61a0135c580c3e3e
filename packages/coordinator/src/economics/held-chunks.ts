import type { HeldCopy } from "@commonhold/core/economics/count-byte-ms.ts";
import type { TimeInterval } from "@commonhold/core/economics/time-interval.ts";
import type { NodeId, UserId } from "@commonhold/core/ids.ts";
import { promisedSince } from "@commonhold/metadata/commands/promises.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";

type Read = Metadata["read"];

export interface HeldChunksPage {
  readonly chunks: number;
  readonly endedCopies: number;
}

/** Read in a few milliseconds, with the copies of the chunks. */
const PAGE: HeldChunksPage = { chunks: 100, endedCopies: 300 };

/** A chunk of an owner and its copies, those that ended in the day among them. */
export interface HeldChunk {
  readonly ownerId: UserId;
  readonly sealedLength: number;
  readonly copies: readonly HeldCopy[];
}

/** All chunks of which a copy was held in the interval, page by page. */
export async function* heldChunks(
  read: Read,
  interval: TimeInterval,
  page = PAGE,
): AsyncGenerator<readonly HeldChunk[]> {
  let after = "";
  for (;;) {
    const range = await readRange(read, { after, interval, page });
    const held = await readCopies(read, { ...range, after, interval });
    const chunks = new Map<string, GrowingChunk>();
    for (const chunk of range.chunks) {
      const { name, owner_id, sealed_length } = chunk;
      const promised = promisedSince(chunk, interval.fromMs);
      const copies = (held.get(name) ?? []).map((copy) => ({ ...copy, toMs: Number.POSITIVE_INFINITY, promised }));
      if (copies.length === 0) continue;
      chunks.set(name, { ownerId: owner_id as UserId, sealedLength: sealed_length, copies });
    }
    for (const ended of range.ended) addEnded(chunks, ended);
    yield [...chunks.values()];
    if (range.until === undefined) return;
    after = range.until;
  }
}

interface GrowingChunk extends HeldChunk {
  readonly copies: HeldCopy[];
}

function addEnded(chunks: Map<string, GrowingChunk>, ended: EndedCopy): void {
  let chunk = chunks.get(ended.chunk_name);
  if (chunk === undefined) {
    chunk = { ownerId: ended.owner_id as UserId, sealedLength: ended.sealed_length, copies: [] };
    chunks.set(ended.chunk_name, chunk);
  }
  const { node_id, from_ms: fromMs, to_ms: toMs, promised } = ended;
  chunk.copies.push({ nodeId: node_id as NodeId, fromMs, toMs, promised });
}

interface RangeStart {
  readonly after: string;
  readonly interval: TimeInterval;
}

type EndedCopy = Awaited<ReturnType<typeof readEnded>>[number];

/** The next names, as many as fit a page; `until` is the last of them, undefined at the end. */
async function readRange(read: Read, { page, ...start }: RangeStart & { readonly page: HeldChunksPage }) {
  const chunks = await read
    .selectFrom("chunks")
    .select(["name", "owner_id", "sealed_length", "copies", "promised_before", "promised_until_ms"])
    .where("name", ">", start.after)
    .orderBy("name")
    .limit(page.chunks)
    .execute();
  let until = chunks.length < page.chunks ? undefined : chunks.at(-1)!.name;
  let ended = await readEnded(read, { ...start, until, limit: page.endedCopies });
  if (ended.length === page.endedCopies) {
    // Of the last name some may be missing.
    const last = ended.at(-1)!.chunk_name;
    const whole = ended.filter((copy) => copy.chunk_name !== last);
    ended = whole.length > 0 ? whole : await readEnded(read, { ...start, until: last });
    until = ended.at(-1)!.chunk_name;
  }
  const end = until;
  return { chunks: end === undefined ? chunks : chunks.filter(({ name }) => name <= end), ended, until };
}

async function readEnded(
  read: Read,
  { after, interval, until, limit }: RangeStart & { readonly until: string | undefined; readonly limit?: number },
) {
  let query = read
    .selectFrom("ended_copies")
    .select(["chunk_name", "node_id", "owner_id", "sealed_length", "promised", "from_ms", "to_ms"])
    .where("chunk_name", ">", after)
    .where("to_ms", ">", interval.fromMs)
    .where("from_ms", "<", interval.toMs)
    .orderBy("chunk_name");
  if (until !== undefined) query = query.where("chunk_name", "<=", until);
  if (limit !== undefined) query = query.limit(limit);
  return await query.execute();
}

/** By the chunk's name, the copies of the range that are held still and were in the interval. */
async function readCopies(
  read: Read,
  { after, until, interval }: RangeStart & { readonly until: string | undefined },
): Promise<ReadonlyMap<string, readonly Pick<HeldCopy, "nodeId" | "fromMs">[]>> {
  let query = read
    .selectFrom("assignments")
    .select(["chunk_name", "node_id", "held_since_ms"])
    .where("chunk_name", ">", after)
    .where("held_since_ms", "<", interval.toMs);
  if (until !== undefined) query = query.where("chunk_name", "<=", until);
  const copies = new Map<string, Pick<HeldCopy, "nodeId" | "fromMs">[]>();
  for (const { chunk_name, node_id, held_since_ms } of await query.execute()) {
    if (held_since_ms === null) continue;
    const copy = { nodeId: node_id as NodeId, fromMs: held_since_ms };
    const known = copies.get(chunk_name);
    if (known === undefined) copies.set(chunk_name, [copy]);
    else known.push(copy);
  }
  return copies;
}
