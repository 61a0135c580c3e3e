import { CHUNK_SIZE_BYTES_MAX } from "@commonhold/core/chunk-size.ts";
import { BufferPool } from "@commonhold/runtime/buffer-pool.ts";
import { SEALED_LENGTH_MAX } from "@commonhold/wire/protocols.ts";

/** Plaintext is done with once it is sealed or sent; sealed bytes wait for their nodes. */
const IDLE_PLAIN_MAX = 3;
const IDLE_SEALED_MAX = 5;

/**
 * Memory for chunks, used again. Plaintext and sealed bytes never share a buffer: whatever went wrong with the sending
 * of sealed bytes, nothing but sealed bytes could be sent.
 */
export interface TransferBuffers {
  readonly plain: BufferPool;
  readonly sealed: BufferPool;
}

export function createTransferBuffers(): TransferBuffers {
  return {
    plain: new BufferPool({ bufferBytes: CHUNK_SIZE_BYTES_MAX, idleMax: IDLE_PLAIN_MAX }),
    sealed: new BufferPool({ bufferBytes: SEALED_LENGTH_MAX, idleMax: IDLE_SEALED_MAX }),
  };
}
