import type { ChunkName, NodeId, UserId } from "@commonhold/core/ids.ts";
import { batchNameOf } from "@commonhold/wire/batch-name.ts";
import { type BatchOutcomes, requestStoreBatch } from "@commonhold/wire/exchanges/store-batch.ts";
import { requestStoreChunk } from "@commonhold/wire/exchanges/store-chunk.ts";
import { type BatchedItem, ExchangeBatcher } from "./exchange-batcher.ts";
import { exchangeWith, type NodeTransfersDeps } from "./node-exchange.ts";
import type { NodeGate } from "./node-gate.ts";

/** How long small chunks wait for those under way, at most: their uploads wait for other nodes meanwhile too. */
const HELD_UP_MS = 200;

export interface ChunkBytes {
  readonly name: ChunkName;
  readonly sealed: Uint8Array;
  /** Fences later deletions: `DeleteEpochs.current()` as it was before the chunk is sent. */
  readonly epoch: number;
  /** Whose it is: on a node that this person runs it may use the room reserved there. */
  readonly ownerId: UserId;
  /** Called when an attempt to send it has failed: its stream may refer to the bytes for longer than the attempt. */
  readonly onFailedAttempt?: () => void;
}

interface StoredItem extends BatchedItem {
  readonly chunk: ChunkBytes;
}

/** Stores chunks on one node: small ones together where several are due. */
export interface NodeStores {
  /** Small chunks that wait for others. */
  readonly waiting: number;
  /** Resolves once the node has the chunk on disk. One try. */
  store(chunk: ChunkBytes, signal: AbortSignal): Promise<void>;
}

export function createNodeStores(
  deps: NodeTransfersDeps,
  { nodeId, gate, queuedMax }: { readonly nodeId: NodeId; readonly gate: NodeGate; readonly queuedMax: number },
): NodeStores {
  // One grant cannot be for the operator's own chunks and for others'.
  const isOwn = ({ ownerId }: ChunkBytes): boolean => deps.operatorOf(nodeId) === ownerId;
  const storeAlone = (chunk: ChunkBytes, signal: AbortSignal) => {
    const { name, sealed, epoch } = chunk;
    const terms = { name, lengthMax: sealed.byteLength, epoch, own: isOwn(chunk) };
    return exchangeWith(deps, nodeId, {
      kind: "storeChunk",
      signal,
      run: ({ stream }) => {
        const grant = deps.grants.issue({ action: "store", nodeId, ...terms });
        return requestStoreChunk(stream, { grant, chunkName: name, sealed });
      },
    });
  };
  const storeTogether = (items: readonly StoredItem[], signal: AbortSignal): Promise<BatchOutcomes> => {
    const chunks = items.map(({ chunk: { name, sealed }, length }) => ({ chunkName: name, sealed, length }));
    const terms = {
      name: batchNameOf(chunks),
      lengthMax: chunks.reduce((sum, { length }) => sum + length, 0),
      // Later than each of them was asked for: what is later fences better.
      epoch: Math.max(...items.map(({ chunk }) => chunk.epoch)),
      own: items.every(({ chunk }) => isOwn(chunk)),
    };
    return exchangeWith(deps, nodeId, {
      kind: "storeBatch",
      signal,
      run: ({ stream }) => {
        const grant = deps.grants.issue({ action: "store-batch", nodeId, ...terms });
        return requestStoreBatch(stream, { grant, chunks });
      },
    });
  };
  const send = async (items: readonly StoredItem[], signal: AbortSignal): Promise<BatchOutcomes> => {
    const [first, ...others] = items;
    if (first === undefined || others.length > 0) return await storeTogether(items, signal);
    return [{ status: "fulfilled", value: await storeAlone(first.chunk, signal) }];
  };
  const batcher = new ExchangeBatcher(
    { gate, send, onFailed: ({ chunk }) => chunk.onFailedAttempt?.(), clock: deps.clock },
    { queuedMax, heldUpMs: HELD_UP_MS },
  );
  return {
    get waiting() {
      return batcher.waiting;
    },
    store: async (chunk, signal) => {
      const { name, sealed } = chunk;
      const item = { name, length: sealed.length, kind: isOwn(chunk), chunk };
      if (await batcher.moveIfSmall(item, signal)) return;
      await gate.run(signal, async (attempt) => {
        try {
          await storeAlone(chunk, attempt);
        } catch (error) {
          chunk.onFailedAttempt?.();
          throw error;
        }
      });
    },
  };
}
