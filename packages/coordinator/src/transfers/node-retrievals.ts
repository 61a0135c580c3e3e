import { AppError } from "@commonhold/core/app-error.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import { batchNameOf } from "@commonhold/wire/batch-name.ts";
import { requestRetrieveBatch, type RetrievedChunks } from "@commonhold/wire/exchanges/retrieve-batch.ts";
import { requestRetrieveChunk } from "@commonhold/wire/exchanges/retrieve-chunk.ts";
import { type BatchedItem, ExchangeBatcher, type ExchangeBatcherDeps } from "./exchange-batcher.ts";
import { exchangeWith, type NodeTransfersDeps } from "./node-exchange.ts";
import type { NodeGate } from "./node-gate.ts";

/** How long small chunks wait for those under way, at most: somebody waits for each. */
const HELD_UP_MS = 20;

export interface ChunkRef {
  readonly name: ChunkName;
  readonly sealedLength: number;
}

interface RetrievedItem extends BatchedItem {
  readonly target: Uint8Array;
}

/** Reads chunks from one node: small ones together where several are due. */
export interface NodeRetrievals {
  /** Small chunks that wait for others. */
  readonly waiting: number;
  /** As `NodeTransfers.retrieve`. */
  retrieve(
    chunk: ChunkRef,
    options: { readonly signal: AbortSignal; readonly target: Uint8Array },
  ): Promise<Uint8Array>;
}

export function createNodeRetrievals(
  deps: NodeTransfersDeps,
  { nodeId, gate, queuedMax }: { readonly nodeId: NodeId; readonly gate: NodeGate; readonly queuedMax: number },
): NodeRetrievals {
  const retrieveAlone = ({ name, sealedLength }: ChunkRef, signal: AbortSignal, target?: Uint8Array) =>
    exchangeWith(deps, nodeId, {
      kind: "retrieveChunk",
      signal,
      run: ({ stream }) => {
        const grant = deps.grants.issue({ action: "retrieve", nodeId, name, lengthMax: sealedLength });
        const given = target && { target };
        return requestRetrieveChunk(stream, { grant, chunkName: name, lengthMax: sealedLength, ...given });
      },
    });
  const retrieveTogether = (
    items: readonly RetrievedItem[],
    signal: AbortSignal,
    onArrived: (at: number, sealed: Uint8Array) => void,
  ): Promise<RetrievedChunks> => {
    const chunks = items.map(({ name, length }) => ({ chunkName: name, length }));
    const lengthMax = chunks.reduce((sum, { length }) => sum + length, 0);
    return exchangeWith(deps, nodeId, {
      kind: "retrieveBatch",
      signal,
      run: ({ stream }) => {
        const grant = deps.grants.issue({ action: "retrieve-batch", nodeId, name: batchNameOf(chunks), lengthMax });
        return requestRetrieveBatch(stream, { grant, chunks, onArrived });
      },
    });
  };
  const send: ExchangeBatcherDeps<RetrievedItem, Uint8Array>["send"] = async (items, signal, onArrived) => {
    const [first, ...others] = items;
    if (first === undefined || others.length > 0) return await retrieveTogether(items, signal, onArrived);
    const { name, length } = first;
    const value = await retrieveAlone({ name, sealedLength: length }, signal);
    if (value.length === length) return [{ status: "fulfilled", value }];
    // What the target had before would be taken for the rest.
    const message = `node ${nodeId} sent ${value.length} bytes of chunk ${name}, which has ${length}`;
    return [{ status: "rejected", reason: new AppError("CHUNK_CORRUPT", message) }];
  };
  const batcher = new ExchangeBatcher<RetrievedItem, Uint8Array>(
    {
      gate,
      send,
      // Into memory of the caller, who still waits: the memory of who has given up may be somebody else's by now.
      onMoved: ({ target }, bytes) => target.set(bytes),
      clock: deps.clock,
    },
    { queuedMax, heldUpMs: HELD_UP_MS },
  );
  return {
    get waiting() {
      return batcher.waiting;
    },
    retrieve: async (chunk, { signal, target }) => {
      const { name, sealedLength: length } = chunk;
      if (await batcher.moveIfSmall({ name, length, target }, signal)) return target.subarray(0, length);
      return await gate.run(signal, (attempt) => retrieveAlone(chunk, attempt, target));
    },
  };
}
