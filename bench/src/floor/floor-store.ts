import { randomBytes, randomUUID } from "node:crypto";
import { mkdir, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ChunkCodec } from "@commonhold/chunk/chunk-codec.ts";
import { OWNER_SECRET_LENGTH, openChunk, sealChunk } from "@commonhold/chunk/seal-chunk.ts";
import { chunkSizeBytesFor } from "@commonhold/core/chunk-size.ts";
import { COPIES } from "../data/copies.ts";

const COPY_FOLDERS = Array.from({ length: COPIES }, (_, number) => String.fromCharCode("a".charCodeAt(0) + number));
const CHUNKS_IN_FLIGHT_MAX = 4;

interface FloorChunk {
  readonly paths: readonly string[];
  readonly key: Uint8Array;
  readonly codec: ChunkCodec;
  readonly plainLength: number;
}

export interface FloorFile {
  readonly sizeBytes: number;
  readonly chunkSizeBytes: number;
  readonly chunks: readonly FloorChunk[];
}

/** The least that keeping a file takes: cut, seal, three files a chunk, fsync. What is where, it knows in memory only. */
export class FloorStore {
  readonly #folder: string;
  readonly #secret = randomBytes(OWNER_SECRET_LENGTH);
  readonly #files = new Map<string, FloorFile>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(folder: string): Promise<FloorStore> {
    for (const copy of COPY_FOLDERS) await mkdir(join(folder, copy), { recursive: true });
    return new FloorStore(folder);
  }

  get(id: string): FloorFile | undefined {
    return this.#files.get(id);
  }

  /** Resolves with the file's id when every byte is on the disk three times. */
  async put(body: AsyncIterable<Uint8Array>, sizeBytes: number): Promise<string> {
    const id = randomUUID();
    const chunkSizeBytes = chunkSizeBytesFor(sizeBytes);
    const storing: Promise<FloorChunk>[] = [];
    const inFlight = new Set<Promise<unknown>>();
    try {
      for await (const plain of cut(body, { sizeBytes, chunkSizeBytes })) {
        const stored = this.#store(`${id}-${storing.length}`, plain);
        storing.push(stored);
        const ended: Promise<unknown> = stored.catch(() => undefined).finally(() => inFlight.delete(ended));
        inFlight.add(ended);
        if (inFlight.size >= CHUNKS_IN_FLIGHT_MAX) await Promise.race(inFlight);
      }
    } finally {
      await Promise.all(inFlight);
    }
    this.#files.set(id, { sizeBytes, chunkSizeBytes, chunks: await Promise.all(storing) });
    return id;
  }

  /** The bytes of [start, end), chunk by chunk; the next chunk is read while one goes out. */
  async *read(file: FloorFile, start: number, end: number): AsyncGenerator<Uint8Array, void, void> {
    const last = Math.floor((end - 1) / file.chunkSizeBytes);
    let index = Math.floor(start / file.chunkSizeBytes);
    let next = openStored(file, index);
    for (; index <= last; index++) {
      const plain = await next;
      if (index < last) {
        next = openStored(file, index + 1);
        next.catch(() => undefined);
      }
      const offset = index * file.chunkSizeBytes;
      yield plain.subarray(Math.max(0, start - offset), Math.min(plain.length, end - offset));
    }
  }

  async #store(name: string, plain: Uint8Array): Promise<FloorChunk> {
    const { sealed, key, codec } = await sealChunk(plain, this.#secret);
    const paths = COPY_FOLDERS.map((copy) => join(this.#folder, copy, name));
    await Promise.all(paths.map((path) => writeDurably(path, sealed)));
    return { paths, key, codec, plainLength: plain.length };
  }
}

async function openStored(file: FloorFile, index: number): Promise<Uint8Array> {
  const chunk = file.chunks[index];
  const path = chunk?.paths[index % COPY_FOLDERS.length];
  if (chunk === undefined || path === undefined) throw new Error(`there is no chunk ${index}`);
  return openChunk({ ...chunk, sealed: await readFile(path) });
}

async function* cut(
  body: AsyncIterable<Uint8Array>,
  { sizeBytes, chunkSizeBytes }: { readonly sizeBytes: number; readonly chunkSizeBytes: number },
): AsyncGenerator<Uint8Array, void, void> {
  let left = sizeBytes;
  let chunk = Buffer.allocUnsafeSlow(Math.min(chunkSizeBytes, left));
  let filled = 0;
  for await (const piece of body) {
    if (piece.length > left - filled) throw new Error(`the body has more than ${sizeBytes} bytes`);
    for (let at = 0; at < piece.length; ) {
      const length = Math.min(piece.length - at, chunk.length - filled);
      chunk.set(piece.subarray(at, at + length), filled);
      at += length;
      filled += length;
      if (filled < chunk.length) continue;
      left -= filled;
      filled = 0;
      yield chunk;
      chunk = Buffer.allocUnsafeSlow(Math.min(chunkSizeBytes, left));
    }
  }
  if (left > 0) throw new Error(`the body has ${sizeBytes - left + filled} bytes, not ${sizeBytes}`);
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, "wx", 0o600);
  try {
    for (let offset = 0; offset < bytes.length; ) {
      offset += (await handle.write(bytes, offset, bytes.length - offset)).bytesWritten;
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}
