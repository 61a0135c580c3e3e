import { AppError } from "@commonhold/core/app-error.ts";
import type { Random } from "@commonhold/core/random.ts";
import type { FileSource } from "../file-source.ts";
import {
  encodeHeader,
  HEADER_BYTES,
  PREFIX_BYTES,
  SALT_BYTES,
  SEALED_SEGMENT_BYTES,
  SEGMENT_BYTES,
  sealedSizeOf,
  segmentCountOf,
  segmentStart,
  TAG_BYTES,
} from "./sealed-format.ts";
import { encodeHead } from "./sealed-head.ts";
import { createSegmentCipher, type SegmentCipher } from "./segment-cipher.ts";

const NAME_BYTES = 12;

export interface SealOptions {
  /** 32 secret bytes. */
  readonly key: Uint8Array;
  readonly mediaType: string;
}

/**
 * A file as its sealed form, in slices of any place, under a name that says nothing. It seals as it is read and takes 8
 * bytes of memory for each 64 KiB: what a segment was sealed as once stays so, or the slice fails with CONCURRENT_CHANGE.
 */
export async function sealSource(
  deps: { readonly random: Random },
  source: FileSource,
  options: SealOptions,
): Promise<FileSource> {
  const header = { salt: deps.random.bytes(SALT_BYTES), prefix: deps.random.bytes(PREFIX_BYTES) };
  const head = encodeHead({ name: source.name, media_type: options.mediaType });
  const sealed = new SealedSource(source, head, await createSegmentCipher(options.key, header));
  return {
    name: `sealed-${hexOf(deps.random.bytes(NAME_BYTES))}.chsealed`,
    sizeBytes: sealedSizeOf(head.length + source.sizeBytes),
    slice: (start, end) => sealed.slice(encodeHeader(header), start, end),
  };
}

class SealedSource {
  readonly #source: FileSource;
  readonly #head: Uint8Array;
  readonly #cipher: SegmentCipher;
  readonly #plainBytes: number;
  /** Of each segment that was sealed, half of its tag: two plaintexts under one nonce would give both away. */
  readonly #tags: BigUint64Array;

  constructor(source: FileSource, head: Uint8Array, cipher: SegmentCipher) {
    this.#source = source;
    this.#head = head;
    this.#cipher = cipher;
    this.#plainBytes = head.length + source.sizeBytes;
    this.#tags = new BigUint64Array(segmentCountOf(this.#plainBytes));
  }

  async slice(header: Uint8Array, start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    const stop = Math.min(end, sealedSizeOf(this.#plainBytes));
    const bytes = new Uint8Array(Math.max(0, stop - start));
    if (start < HEADER_BYTES) bytes.set(header.subarray(start, Math.min(stop, HEADER_BYTES)));
    if (stop <= HEADER_BYTES || bytes.length === 0) return bytes;
    const first = Math.max(0, Math.floor((start - HEADER_BYTES) / SEALED_SEGMENT_BYTES));
    const last = Math.floor((stop - 1 - HEADER_BYTES) / SEALED_SEGMENT_BYTES);
    for (const [index, segment] of (await this.#seal(first, last)).entries()) {
      const at = segmentStart(first + index) - start;
      bytes.set(segment.subarray(Math.max(0, -at), Math.max(0, bytes.length - at)), Math.max(0, at));
    }
    return bytes;
  }

  async #seal(first: number, last: number): Promise<readonly Uint8Array[]> {
    const start = first * SEGMENT_BYTES;
    const plain = await this.#plain(start, Math.min((last + 1) * SEGMENT_BYTES, this.#plainBytes));
    const numbers = Array.from({ length: last - first + 1 }, (_, index) => first + index);
    return Promise.all(
      numbers.map(async (number) => {
        const at = number * SEGMENT_BYTES - start;
        const isLast = number === this.#tags.length - 1;
        const sealed = await this.#cipher.seal(number, isLast, plain.subarray(at, at + SEGMENT_BYTES));
        this.#requireSame(number, sealed);
        return sealed;
      }),
    );
  }

  async #plain(start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(end - start);
    const head = this.#head.subarray(start, end);
    bytes.set(head);
    const from = start + head.length - this.#head.length;
    const content = end - start - head.length;
    if (content === 0) return bytes;
    const read = await this.#source.slice(from, from + content);
    if (read.length !== content) throw changed(this.#source);
    bytes.set(read, head.length);
    return bytes;
  }

  #requireSame(number: number, sealed: Uint8Array): void {
    const view = new DataView(sealed.buffer, sealed.byteOffset + sealed.length - TAG_BYTES, TAG_BYTES);
    const tag = view.getBigUint64(0);
    const known = this.#tags[number]!;
    if (known !== 0n && known !== tag) throw changed(this.#source);
    this.#tags[number] = tag;
  }
}

function changed(source: FileSource): AppError {
  return new AppError("CONCURRENT_CHANGE", `${source.name} changed while it was being sealed: share it again`);
}

function hexOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
