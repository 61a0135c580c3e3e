import { openChunkEntry } from "@commonhold/chunk/chunk-entry.ts";
import { openChunk } from "@commonhold/chunk/seal-chunk.ts";
import { AppError, hasCode } from "@commonhold/core/app-error.ts";
import type { ChunkName, FileId, NodeId } from "@commonhold/core/ids.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import { prepareQuery } from "@commonhold/metadata/prepared-query.ts";
import type { BufferLease } from "@commonhold/runtime/buffer-pool.ts";
import { forwardAbort } from "../forward-abort.ts";
import type { ByteBudget, ReleaseBytes } from "../transfers/byte-budget.ts";
import type { TransferBuffers } from "../transfers/transfer-buffers.ts";
import type { ByteRange } from "./byte-range.ts";
import type { ChunkFetcher } from "./chunk-fetcher.ts";
import type { MemoryShare } from "./personal-memory.ts";

const CHUNKS_AHEAD_MAX = 4;
const PAGE = 64;

export interface FileReaderDeps {
  readonly metadata: Metadata;
  readonly fetch: ChunkFetcher;
  readonly buffers: Pick<TransferBuffers, "plain">;
  /** For chunks that are fetched ahead, if there is room. */
  readonly budget: ByteBudget;
  /**
   * For sealed bytes, of every chunk that is being fetched or opened: who reads waits here for those who fetch, and
   * never for those who send.
   */
  readonly fetching: ByteBudget;
  /** For the one chunk that each reading has in memory in any case; it bounds how many read at once. */
  readonly streams: MemoryShare;
}

/** What is needed to read a file's plaintext. */
export interface ReadableContent {
  readonly fileId: FileId;
  readonly fileKey: Uint8Array;
  readonly sizeBytes: number;
  readonly chunkSizeBytes: number;
}

interface ChunkRow {
  readonly index: number;
  readonly name: ChunkName;
  readonly sealedLength: number;
  readonly plainLength: number;
  readonly sealedEntry: Uint8Array;
  readonly holders: readonly NodeId[];
  /** Whose copies were found to be missing or wrong. */
  readonly doubtful: readonly NodeId[];
}

interface Fetched {
  readonly plain: Promise<BufferLease>;
  /** Whether `plain` is there. */
  readonly isReady: () => boolean;
  readonly release: ReleaseBytes;
}

/**
 * The bytes of a range, chunk by chunk in order. Some chunks are fetched ahead while memory allows; each is verified
 * before a byte of it is given out. The consumer's pace is the reader's; it may release the pieces it has used.
 * @throws AppError CHUNK_UNAVAILABLE, CHUNK_CORRUPT; OVERLOADED before the first chunk when too many read
 */
export async function* readFile(
  deps: FileReaderDeps,
  content: ReadableContent,
  part: { readonly range: ByteRange; readonly signal: AbortSignal },
): AsyncGenerator<BufferLease, void, void> {
  const { range } = part;
  if (range.end < range.start) return;
  const held = Math.min(content.sizeBytes, content.chunkSizeBytes);
  const releaseStream = deps.streams.tryAcquire(held) ?? (await deps.streams.acquireWithin(held, part.signal));
  const reading = new AbortController();
  const { signal } = reading;
  const endForwarding = forwardAbort(part.signal, reading);
  const indices = {
    first: Math.floor(range.start / content.chunkSizeBytes),
    last: Math.floor(range.end / content.chunkSizeBytes),
  };
  const nextRow = chunkRows(deps.metadata, content.fileId, indices);
  const ahead: { readonly row: ChunkRow; readonly fetched: Fetched }[] = [];
  let left = indices.last - indices.first + 1;
  let aheadMax = 1;
  let hasGiven = false;

  /** While no chunk is on its way out the next is fetched in any case; more only where memory is free. */
  const fill = async (isOneOut: boolean): Promise<void> => {
    while (left > 0 && ahead.length < aheadMax) {
      const isDue = ahead.length === 0 && !isOneOut;
      const release = isDue ? noRelease : deps.budget.tryAcquire(content.chunkSizeBytes);
      if (release === undefined) return;
      const row = await nextRow();
      left -= 1;
      ahead.push({ row, fetched: begin(deps, content, { row, release, signal }) });
    }
  };

  try {
    for (await fill(false); ahead.length > 0; await fill(false)) {
      const { row, fetched } = ahead[0]!;
      try {
        // A consumer that waits is worth more room than one that lets ready chunks lie.
        if (hasGiven)
          aheadMax = fetched.isReady() ? Math.max(1, aheadMax - 1) : Math.min(CHUNKS_AHEAD_MAX, aheadMax + 1);
        const plain = await fetched.plain;
        signal.throwIfAborted();
        const offset = row.index * content.chunkSizeBytes;
        ahead.shift();
        await fill(true);
        hasGiven = true;
        const { bytes, release } = plain;
        yield {
          bytes: bytes.subarray(Math.max(0, range.start - offset), Math.min(bytes.length, range.end + 1 - offset)),
          release,
        };
      } finally {
        fetched.release();
      }
    }
  } finally {
    endForwarding();
    if (ahead.length > 0) reading.abort(new Error("the download ended"));
    for (const { fetched } of ahead) fetched.release();
    releaseStream();
  }
}

function begin(
  deps: FileReaderDeps,
  content: ReadableContent,
  task: { readonly row: ChunkRow; readonly release: ReleaseBytes; readonly signal: AbortSignal },
): Fetched {
  const { row } = task;
  const open = async (): Promise<BufferLease> => {
    const { sealedLength } = row;
    const releaseFetching =
      deps.fetching.tryAcquire(sealedLength) ?? (await deps.fetching.acquire(sealedLength, task.signal));
    try {
      return await openFetched();
    } finally {
      releaseFetching();
    }
  };
  const openFetched = async (): Promise<BufferLease> => {
    const sealed = await fetchSealed(deps, content, task);
    let memory: BufferLease | undefined;
    const allocate = (length: number): Uint8Array => (memory = deps.buffers.plain.lease(length)).bytes;
    try {
      const context = { fileKey: content.fileKey, fileId: content.fileId, index: row.index };
      const { key, codec } = openChunkEntry(row.sealedEntry, context);
      const bytes = await openChunk({ sealed: sealed.bytes, key, codec, plainLength: row.plainLength }, { allocate });
      return { bytes, release: () => memory?.release() };
    } finally {
      sealed.release();
    }
  };
  let isReady = false;
  const plain = open();
  plain.then(
    () => (isReady = true),
    () => undefined,
  );
  return { plain, isReady: () => isReady, release: task.release };
}

/** Copies may have moved since the list of chunks was read: then they are looked up once more. */
async function fetchSealed(
  deps: FileReaderDeps,
  content: ReadableContent,
  { row, signal }: { readonly row: ChunkRow; readonly signal: AbortSignal },
): Promise<BufferLease> {
  try {
    return await deps.fetch(row, row.holders, signal);
  } catch (error) {
    if (!hasCode(error, "CHUNK_UNAVAILABLE")) throw error;
    const [fresh] = await loadRows(deps.metadata, content.fileId, { from: row.index, to: row.index });
    const isNew = (id: NodeId): boolean => !row.holders.includes(id);
    if (fresh === undefined || !fresh.holders.some(isNew)) throw error;
    return await deps.fetch(fresh, fresh.holders, signal);
  }
}

/** Gives a file's chunks from the first to the last, one with each call, read page by page. */
function chunkRows(
  metadata: Metadata,
  fileId: FileId,
  { first, last }: { readonly first: number; readonly last: number },
): () => Promise<ChunkRow> {
  let from = first;
  let page: readonly ChunkRow[] = [];
  let at = 0;
  return async () => {
    if (at === page.length) {
      const to = Math.min(last, from + PAGE - 1);
      page = await loadRows(metadata, fileId, { from, to });
      if (page.length !== to - from + 1) {
        throw new AppError("CHUNK_UNAVAILABLE", `the list of chunks of file ${fileId} has a gap after ${from}`);
      }
      from = to + 1;
      at = 0;
    }
    return page[at++]!;
  };
}

const rowsOfChunks = prepareQuery(
  (read, values: { readonly fileId: string; readonly from: number; readonly to: number }) =>
    read
      .selectFrom("file_chunks")
      .innerJoin("chunks", "chunks.name", "file_chunks.chunk_name")
      .leftJoin("assignments", (join) =>
        join.onRef("assignments.chunk_name", "=", "chunks.name").on("assignments.state", "!=", "pending"),
      )
      .select(["chunk_index", "chunks.name", "sealed_length", "plain_length", "sealed_entry", "node_id", "state"])
      .where("file_id", "=", values.fileId)
      .where("chunk_index", ">=", values.from)
      .where("chunk_index", "<=", values.to)
      .orderBy("chunk_index"),
);

async function loadRows(
  metadata: Metadata,
  fileId: FileId,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<ChunkRow[]> {
  const rows = await rowsOfChunks(metadata.read, { fileId, from, to });
  const chunks: (ChunkRow & { readonly holders: NodeId[]; readonly doubtful: NodeId[] })[] = [];
  for (const row of rows) {
    let chunk = chunks.at(-1);
    if (chunk?.index !== row.chunk_index) {
      chunk = {
        index: row.chunk_index,
        name: row.name as ChunkName,
        sealedLength: row.sealed_length,
        plainLength: row.plain_length,
        sealedEntry: row.sealed_entry,
        holders: [],
        doubtful: [],
      };
      chunks.push(chunk);
    }
    if (row.node_id === null) continue;
    const readable = row.state === "doubtful" ? chunk.doubtful : chunk.holders;
    readable.push(row.node_id as NodeId);
  }
  return chunks;
}

function noRelease(): void {
  /* The next chunk is in what the reading holds, so that every download moves on. */
}
