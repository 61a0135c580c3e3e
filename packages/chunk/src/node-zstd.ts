import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { ZstdCompressor } from "./crypto-port.ts";

const LEVEL = 1;
/** 4 MiB, the largest chunk: what needs a larger window to be opened was not made by us. */
const WINDOW_LOG_MAX = 22;

const version = process.versions["zstd"];

/** Undefined in a Node that was built without zstd. */
export const nodeZstd: ZstdCompressor | undefined =
  version === undefined ? undefined : { codec: `zstd-${version}-l${LEVEL}`, compress, decompress };

function compress(bytes: Uint8Array): Uint8Array {
  return zstdCompressSync(bytes, {
    params: { [constants.ZSTD_c_compressionLevel]: LEVEL },
    // Room for the worst case makes it one call of the compressor: quicker, and always the same bytes.
    chunkSize: bytes.length + (bytes.length >>> 8) + 128,
  });
}

function decompress(bytes: Uint8Array, lengthMax: number): Uint8Array | undefined {
  try {
    const plain = zstdDecompressSync(bytes, {
      params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG_MAX },
      // One byte more than can come, so that the end is seen without a second buffer.
      chunkSize: Math.max(lengthMax + 1, constants.Z_MIN_CHUNK),
      maxOutputLength: lengthMax,
    });
    return new Uint8Array(plain.buffer, plain.byteOffset, plain.byteLength);
  } catch (error) {
    if (isFaultOfTheBytes(error)) return undefined;
    throw error;
  }
}

function isFaultOfTheBytes(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ZSTD_error_memory_allocation") return false;
  return code === "ERR_BUFFER_TOO_LARGE" || code === "Z_BUF_ERROR" || code.startsWith("ZSTD_error_");
}
