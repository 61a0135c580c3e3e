import { CHUNK_SIZE_BYTES_MAX, CHUNK_SIZE_BYTES_USUAL_MAX } from "@commonhold/core/chunk-size.ts";
import { BufferPool, type BufferSource, tieredBuffers } from "@commonhold/runtime/buffer-pool.ts";
import { SEALED_LENGTH_MAX } from "@commonhold/wire/protocols.ts";

/** Plaintext is done with once it is sealed or sent; sealed bytes wait for their nodes. */
const IDLE_PLAIN_MAX = 2;
const IDLE_SEALED_MAX = 3;

/**
 * Memory for chunks, used again. Plaintext and sealed bytes never share a buffer: whatever went wrong with the sending
 * of sealed bytes, nothing but sealed bytes could be sent.
 */
export interface TransferBuffers {
  readonly plain: BufferSource;
  readonly sealed: BufferSource;
}

export function createTransferBuffers(): TransferBuffers {
  const sealRoom = SEALED_LENGTH_MAX - CHUNK_SIZE_BYTES_MAX;
  return {
    plain: buffersOf([CHUNK_SIZE_BYTES_USUAL_MAX, CHUNK_SIZE_BYTES_MAX], IDLE_PLAIN_MAX),
    sealed: buffersOf([CHUNK_SIZE_BYTES_USUAL_MAX + sealRoom, SEALED_LENGTH_MAX], IDLE_SEALED_MAX),
  };
}

function buffersOf(sizes: readonly number[], idleMax: number): BufferSource {
  return tieredBuffers(sizes.map((bufferBytes) => new BufferPool({ bufferBytes, idleMax })));
}
