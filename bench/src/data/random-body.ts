import { createHash, randomFillSync } from "node:crypto";

/** Repeats in every body, far further apart than a compressor or a chunk reaches. */
const BLOCK_BYTES = 64 * 1024 * 1024;
/** The smallest chunk; every chunk size is a multiple of it, so that every chunk of every body begins with a stamp. */
const STAMPED_BYTES = 256 * 1024;
const STAMP_BYTES = 16;

/** Bytes that cannot be compressed, and of which no chunk was ever sent before: deduplication finds nothing. */
export interface RandomBody {
  readonly sizeBytes: number;
  /** The bytes of [start, end), in pieces of at most 256 KiB that are never changed afterwards. */
  pieces(start?: number, end?: number): Generator<Buffer, void, void>;
  /** SHA-256 of [start, end), hex. */
  digest(start?: number, end?: number): string;
}

export interface RandomBodies {
  next(sizeBytes: number): RandomBody;
}

/** Bodies that share one block of random bytes in memory, so that making them costs next to nothing. */
export function createRandomBodies(blockBytes: number = BLOCK_BYTES): RandomBodies {
  const block = randomFillSync(Buffer.allocUnsafeSlow(blockBytes));
  let bodies = 0n;
  return { next: (sizeBytes) => createBody(block, (bodies += 1n), sizeBytes) };
}

function createBody(block: Buffer, serial: bigint, sizeBytes: number): RandomBody {
  function* pieces(start = 0, end = sizeBytes): Generator<Buffer, void, void> {
    for (let at = start; at < end; ) {
      const section = Math.floor(at / STAMPED_BYTES);
      const sectionStart = section * STAMPED_BYTES;
      const within = at - sectionStart;
      const stop = Math.min(end - sectionStart, STAMPED_BYTES);
      if (within < STAMP_BYTES) yield stamp(serial, section).subarray(within, Math.min(stop, STAMP_BYTES));
      const from = Math.max(within, STAMP_BYTES);
      const blockStart = sectionStart % block.length;
      if (from < stop) yield block.subarray(blockStart + from, blockStart + stop);
      at = sectionStart + stop;
    }
  }
  return {
    sizeBytes,
    pieces,
    digest: (start, end) => {
      const hash = createHash("sha256");
      for (const piece of pieces(start, end)) hash.update(piece);
      return hash.digest("hex");
    },
  };
}

function stamp(serial: bigint, section: number): Buffer {
  const bytes = Buffer.allocUnsafe(STAMP_BYTES);
  bytes.writeBigUInt64LE(serial, 0);
  bytes.writeBigUInt64LE(BigInt(section), 8);
  return bytes;
}
