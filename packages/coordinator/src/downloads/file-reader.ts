import { openChunkEntry } from "@commonhold/chunk/chunk-entry.ts";
import { openChunk } from "@commonhold/chunk/seal-chunk.ts";
import { AppError } from "@commonhold/core/app-error.ts";
import type { ChunkName, FileId, NodeId } from "@commonhold/core/ids.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import type { BufferLease } from "@commonhold/runtime/buffer-pool.ts";
import type { ByteBudget, ReleaseBytes } from "../transfers/byte-budget.ts";
import type { TransferBuffers } from "../transfers/transfer-buffers.ts";
import type { ByteRange } from "./byte-range.ts";
import type { ChunkFetcher } from "./chunk-fetcher.ts";

const CHUNKS_AHEAD_MAX = 4;
const PAGE = 64;
/** A chunk is in memory twice while it is opened: sealed, and as it goes out. */
const MEMORY_PER_CHUNK_BYTE = 2;

export interface FileReaderDeps {
  readonly metadata: Metadata;
  readonly fetch: ChunkFetcher;
  readonly buffers: Pick<TransferBuffers, "plain">;
  /** For chunks that are fetched ahead, if there is room. */
  readonly budget: ByteBudget;
  /** For the one chunk that each reading has in memory in any case; it bounds how many read at once. */
  readonly streams: ByteBudget;
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
}

interface Fetched {
  readonly plain: Promise<BufferLease>;
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
  const release = await deps.streams.acquireWithin(held, part.signal);
  try {
    yield* readChunks(deps, content, part);
  } finally {
    release();
  }
}

async function* readChunks(
  deps: FileReaderDeps,
  content: ReadableContent,
  part: { readonly range: ByteRange; readonly signal: AbortSignal },
): AsyncGenerator<BufferLease, void, void> {
  const { range } = part;
  const abandoned = new AbortController();
  const signal = AbortSignal.any([part.signal, abandoned.signal]);
  const rows = chunkRows(deps.metadata, content, range);
  const ahead: { readonly row: ChunkRow; readonly fetched: Fetched }[] = [];
  let ended = false;

  /** While no chunk is on its way out the next is fetched in any case; more only where memory is free. */
  const fill = async (isOneOut: boolean): Promise<void> => {
    while (!ended && ahead.length < CHUNKS_AHEAD_MAX) {
      const isDue = ahead.length === 0 && !isOneOut;
      const release = isDue ? noRelease : deps.budget.tryAcquire(content.chunkSizeBytes * MEMORY_PER_CHUNK_BYTE);
      if (release === undefined) return;
      const { value: row, done } = await rows.next();
      if (done === true) {
        ended = true;
        release();
        return;
      }
      ahead.push({ row, fetched: begin(deps, content, { row, release, signal }) });
    }
  };

  try {
    for (await fill(false); ahead.length > 0; await fill(false)) {
      const { row, fetched } = ahead[0]!;
      try {
        const plain = await fetched.plain;
        signal.throwIfAborted();
        const offset = row.index * content.chunkSizeBytes;
        ahead.shift();
        await fill(true);
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
    abandoned.abort(new Error("the download ended"));
    for (const { fetched } of ahead) fetched.release();
  }
}

function begin(
  deps: FileReaderDeps,
  content: ReadableContent,
  task: { readonly row: ChunkRow; readonly release: ReleaseBytes; readonly signal: AbortSignal },
): Fetched {
  const { row } = task;
  const open = async (): Promise<BufferLease> => {
    const chunk = { name: row.name, sealedLength: row.sealedLength };
    const sealed = await deps.fetch(chunk, row.holders, task.signal);
    let memory: BufferLease | undefined;
    const allocate = (length: number): Uint8Array => (memory = deps.buffers.plain.lease(length)).bytes;
    try {
      const context = { fileKey: content.fileKey, fileId: content.fileId, index: row.index };
      const { key, codec } = openChunkEntry(row.sealedEntry, context);
      const bytes = await openChunk({ sealed: sealed.bytes, key, codec, plainLength: row.plainLength }, { allocate });
      return { bytes, release: () => memory?.release() };
    } finally {
      sealed.release();
      task.release(content.chunkSizeBytes);
    }
  };
  const plain = open();
  plain.catch(() => undefined);
  return { plain, release: task.release };
}

async function* chunkRows(
  metadata: Metadata,
  content: ReadableContent,
  range: ByteRange,
): AsyncGenerator<ChunkRow, undefined> {
  const last = Math.floor(range.end / content.chunkSizeBytes);
  for (let from = Math.floor(range.start / content.chunkSizeBytes); from <= last; from += PAGE) {
    const to = Math.min(last, from + PAGE - 1);
    const page = await loadRows(metadata, content.fileId, { from, to });
    if (page.length !== to - from + 1) {
      throw new AppError("CHUNK_UNAVAILABLE", `the list of chunks of file ${content.fileId} has a gap after ${from}`);
    }
    yield* page;
  }
  return undefined;
}

async function loadRows(
  metadata: Metadata,
  fileId: FileId,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<ChunkRow[]> {
  const rows = await metadata.read
    .selectFrom("file_chunks")
    .innerJoin("chunks", "chunks.name", "file_chunks.chunk_name")
    .leftJoin("assignments", (join) =>
      join.onRef("assignments.chunk_name", "=", "chunks.name").on("assignments.state", "=", "active"),
    )
    .select(["chunk_index", "chunks.name", "sealed_length", "plain_length", "sealed_entry", "node_id"])
    .where("file_id", "=", fileId)
    .where("chunk_index", ">=", from)
    .where("chunk_index", "<=", to)
    .orderBy("chunk_index")
    .execute();
  const chunks: (ChunkRow & { holders: NodeId[] })[] = [];
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
      };
      chunks.push(chunk);
    }
    if (row.node_id !== null) chunk.holders.push(row.node_id as NodeId);
  }
  return chunks;
}

function noRelease(): void {
  /* The next chunk is in what the reading holds, so that every download moves on. */
}
