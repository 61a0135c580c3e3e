import { chunkNameOf } from "@commonhold/chunk/merkle.ts";
import { hasCode } from "@commonhold/core/app-error.ts";
import type { NodeId } from "@commonhold/core/ids.ts";
import type { ChunkRef } from "../transfers/node-retrievals.ts";
import type { NodeTransfers } from "../transfers/node-transfers.ts";
import type { TransferBuffers } from "../transfers/transfer-buffers.ts";

/**
 * Whether a node really has a chunk, byte by byte: a listing proves nothing, and what was found to be wrong once stands
 * in the listing as before.
 * @throws AppError NODE_UNREACHABLE, TIMEOUT … where that could not be found out
 */
export type CopyCheck = (nodeId: NodeId, chunk: ChunkRef, signal: AbortSignal) => Promise<boolean>;

/** Reads the copy. */
export function createCopyCheck(deps: {
  readonly transfers: Pick<NodeTransfers, "retrieve">;
  readonly buffers: Pick<TransferBuffers, "sealed">;
}): CopyCheck {
  return async (nodeId, chunk, signal) => {
    const memory = deps.buffers.sealed.lease(chunk.sealedLength);
    try {
      const bytes = await deps.transfers.retrieve(nodeId, chunk, { signal, target: memory.bytes });
      return bytes.length === chunk.sealedLength && chunkNameOf(bytes) === chunk.name;
    } catch (error) {
      if (hasCode(error, "CHUNK_NOT_FOUND", "CHUNK_CORRUPT")) return false;
      throw error;
    } finally {
      memory.release();
    }
  };
}
