import { AppError, hasCode } from "@commonhold/core/app-error.ts";
import type { PeerHost } from "@commonhold/p2p/peer-host.ts";
import type { ReplicateChunkOrder } from "@commonhold/wire/exchanges/replicate-chunk.ts";
import { requestRetrieveChunk } from "@commonhold/wire/exchanges/retrieve-chunk.ts";
import { EXCHANGE_TIMEOUT_MS, PROTOCOLS } from "@commonhold/wire/protocols.ts";
import type { ChunkStore, StoreTerms } from "../chunk-store/chunk-store.ts";

/**
 * Fetches a chunk from another holder and keeps it. One that is held is not fetched: every byte of it is read, as it is
 * likely to be asked for because this node's copy is in doubt.
 * @throws AppError NODE_UNREACHABLE or TIMEOUT (the source), the source's refusal, CHUNK_CORRUPT (the source's bytes
 * are wrong), or what the store throws
 */
export type FetchReplica = (
  order: ReplicateChunkOrder,
  terms: StoreTerms,
  signal: AbortSignal,
) => Promise<{ readonly alreadyHeld: boolean }>;

export interface FetchReplicaDeps {
  readonly host: Pick<PeerHost, "exchange">;
  readonly store: Pick<ChunkStore, "confirm" | "store">;
}

export function createFetchReplica({ host, store }: FetchReplicaDeps): FetchReplica {
  return async (order, terms, signal) => {
    const { chunkName, length, source, sourceGrant } = order;
    if (await store.confirm(chunkName, terms)) return { alreadyHeld: true };
    try {
      const sealed = await host.exchange(
        source,
        PROTOCOLS.retrieveChunk,
        ({ stream }) => requestRetrieveChunk(stream, { grant: sourceGrant, chunkName, lengthMax: length }),
        { signal, timeoutMs: EXCHANGE_TIMEOUT_MS.retrieveChunk },
      );
      return await store.store(chunkName, sealed, terms);
    } catch (error) {
      if (!hasCode(error, "CHUNK_CORRUPT")) throw error;
      throw new AppError("CHUNK_CORRUPT", `The bytes that ${source.peerId} holds for chunk ${chunkName} are wrong`, {
        details: { source: source.peerId },
        cause: error,
      });
    }
  };
}
