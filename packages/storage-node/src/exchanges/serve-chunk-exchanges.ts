import { AppError } from "@commonhold/core/app-error.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import type { Exchange } from "@commonhold/p2p/peer-host.ts";
import type { BufferLease, BufferPool } from "@commonhold/runtime/buffer-pool.ts";
import { reachUploadStep } from "@commonhold/runtime/upload-steps.ts";
import { serveDeleteChunk } from "@commonhold/wire/exchanges/delete-chunk.ts";
import { serveInventory } from "@commonhold/wire/exchanges/inventory.ts";
import { serveProofChallenge } from "@commonhold/wire/exchanges/proof-challenge.ts";
import { serveReplicateChunk } from "@commonhold/wire/exchanges/replicate-chunk.ts";
import { serveRetrieveBatch } from "@commonhold/wire/exchanges/retrieve-batch.ts";
import { serveRetrieveChunk } from "@commonhold/wire/exchanges/retrieve-chunk.ts";
import { serveStoreBatch } from "@commonhold/wire/exchanges/store-batch.ts";
import { serveStoreChunk } from "@commonhold/wire/exchanges/store-chunk.ts";
import type { BatchedChunkRef } from "@commonhold/wire/batch-name.ts";
import type { ProtocolName } from "@commonhold/wire/protocols.ts";
import type { ChunkStore, StoreTerms } from "../chunk-store/chunk-store.ts";
import type { AnswerChallenge } from "./answer-challenge.ts";
import type { ExchangeOutcome } from "./exchange-outcome.ts";
import type { FetchReplica } from "./fetch-replica.ts";
import type { GrantChecker } from "./grant-checker.ts";
import { readBatch } from "./read-batch.ts";
import { summariseHeld } from "./summarise-held.ts";

export interface ChunkExchangeDeps {
  readonly store: ChunkStore;
  readonly nameOf: (sealed: Uint8Array) => ChunkName;
  /** It checks every byte that it gets; others trust what a node sends them less if it is wrong. */
  readonly coordinatorPeerId: string;
  readonly checkGrant: GrantChecker;
  /** @throws AppError NODE_DRAINING or SHUTTING_DOWN while this node takes no chunks */
  readonly assertTakesChunks: () => void;
  readonly fetchReplica: FetchReplica;
  /** For chunks on their way in and out. */
  readonly buffers: BufferPool;
  readonly answerChallenge: AnswerChallenge;
}

/** Serves one exchange; steps that may refuse it run under `outcome`. */
export type ServeExchange = (exchange: Exchange, outcome: ExchangeOutcome) => Promise<void>;

/** How this node answers each protocol. Every exchange is authorised by a grant before anything else happens. */
export function chunkExchanges(deps: ChunkExchangeDeps): Readonly<Record<ProtocolName, ServeExchange>> {
  return {
    storeChunk: (exchange, outcome) => serveStore(deps, exchange, outcome),
    storeBatch: (exchange, outcome) => serveBatch(deps, exchange, outcome),
    retrieveBatch: (exchange, outcome) => serveRetrieveMany(deps, exchange, outcome),
    retrieveChunk: (exchange, outcome) => serveRetrieve(deps, exchange, outcome),
    deleteChunk: (exchange, outcome) => serveDelete(deps, exchange, outcome),
    replicateChunk: (exchange, outcome) => serveReplicate(deps, exchange, outcome),
    proofChallenge: (exchange, outcome) => serveChallenge(deps, exchange, outcome),
    inventory: (exchange, outcome) => serveNames(deps, exchange, outcome),
  };
}

function serveStore(deps: ChunkExchangeDeps, exchange: Exchange, outcome: ExchangeOutcome): Promise<void> {
  let memory: BufferLease | undefined;
  let terms: StoreTerms = {};
  return serveStoreChunk(exchange.stream, {
    authorise: ({ grant, chunkName, length }) =>
      outcome.note(async () => {
        terms = deps.checkGrant(grant, { subject: exchange.remotePeerId, action: "store", chunkName, length });
        deps.assertTakesChunks();
        await deps.store.checkRoom(chunkName, length, terms);
        reachUploadStep("node:store-authorised");
      }),
    allocate: (length) => (memory = deps.buffers.lease(length)).bytes,
    store: (chunkName, sealed) =>
      outcome.act(async () => {
        const stored = await deps.store.store(chunkName, sealed, terms);
        reachUploadStep("node:before-answer");
        return stored;
      }),
  }).finally(() => memory?.release());
}

function serveBatch(deps: ChunkExchangeDeps, exchange: Exchange, outcome: ExchangeOutcome): Promise<void> {
  let memory: BufferLease | undefined;
  let terms: StoreTerms = {};
  return serveStoreBatch(exchange.stream, {
    authorise: ({ grant, batchName, length }) =>
      outcome.note(() => {
        const wanted = { subject: exchange.remotePeerId, action: "store-batch", chunkName: batchName, length } as const;
        terms = deps.checkGrant(grant, wanted);
        deps.assertTakesChunks();
        reachUploadStep("node:store-authorised");
      }),
    allocate: (length) => (memory = deps.buffers.lease(length)).bytes,
    store: async (chunks) => {
      const outcomes = await outcome.act(() => deps.store.storeMany(chunks, terms));
      outcome.noteParts(outcomes);
      reachUploadStep("node:before-answer");
      return outcomes;
    },
  }).finally(() => memory?.release());
}

function serveRetrieve(deps: ChunkExchangeDeps, exchange: Exchange, outcome: ExchangeOutcome): Promise<void> {
  const { stream } = exchange;
  let memory: BufferLease | undefined;
  const allocate = (length: number): Uint8Array => (memory = deps.buffers.lease(length)).bytes;
  const served = serveRetrieveChunk(stream, {
    authorise: ({ grant, chunkName }) =>
      outcome.note(() => {
        deps.checkGrant(grant, { subject: exchange.remotePeerId, action: "retrieve", chunkName });
      }),
    retrieve: (chunkName) =>
      outcome.act(async () => {
        const bytes = await deps.store.read(chunkName, stream.copiesWrites === true ? { allocate } : {});
        if (exchange.remotePeerId !== deps.coordinatorPeerId) requireWhole(deps, chunkName, bytes);
        return { length: bytes.length, bytes };
      }),
  });
  return served.finally(() => memory?.release());
}

function serveRetrieveMany(deps: ChunkExchangeDeps, exchange: Exchange, outcome: ExchangeOutcome): Promise<void> {
  const { stream, remotePeerId: subject, signal } = exchange;
  const read = async ({ chunkName, length }: BatchedChunkRef): Promise<Uint8Array> => {
    const bytes = await deps.store.read(chunkName, { lengthMax: length });
    if (subject !== deps.coordinatorPeerId) requireWhole(deps, chunkName, bytes);
    return bytes;
  };
  return serveRetrieveBatch(stream, {
    authorise: ({ grant, batchName }) =>
      outcome.note(() => {
        deps.checkGrant(grant, { subject, action: "retrieve-batch", chunkName: batchName });
      }),
    retrieve: async (chunks) => {
      const found = await outcome.act(() => readBatch(chunks, { signal, read }));
      outcome.noteParts(found);
      return found;
    },
  });
}

/** A copy that is made of this one must not be a copy of rot, and this node has to know of it. */
function requireWhole({ store, nameOf }: ChunkExchangeDeps, chunkName: ChunkName, bytes: Uint8Array): void {
  if (nameOf(bytes) === chunkName) return;
  store.markDamaged(chunkName);
  throw new AppError("CHUNK_CORRUPT", `Chunk ${chunkName} has rotted on this node; fetch another replica`);
}

function serveDelete(deps: ChunkExchangeDeps, exchange: Exchange, outcome: ExchangeOutcome): Promise<void> {
  let epoch: number | undefined;
  return serveDeleteChunk(exchange.stream, {
    authorise: ({ grant, chunkName }) =>
      outcome.note(() => {
        ({ epoch } = deps.checkGrant(grant, { subject: exchange.remotePeerId, action: "delete", chunkName }));
      }),
    delete: (chunkName) =>
      outcome.act(async () => {
        const result = await deps.store.delete(chunkName, epoch);
        return { wasHeld: result !== "not_held", storedAnew: result === "stored_anew" };
      }),
  });
}

function serveReplicate(deps: ChunkExchangeDeps, exchange: Exchange, outcome: ExchangeOutcome): Promise<void> {
  let terms: StoreTerms = {};
  return serveReplicateChunk(exchange.stream, {
    authorise: ({ grant, chunkName, length }) =>
      outcome.note(async () => {
        terms = deps.checkGrant(grant, { subject: exchange.remotePeerId, action: "replicate", chunkName, length });
        deps.assertTakesChunks();
        await deps.store.checkRoom(chunkName, length, terms);
      }),
    replicate: (order) => outcome.act(() => deps.fetchReplica(order, terms, exchange.signal)),
  });
}

function serveChallenge(deps: ChunkExchangeDeps, exchange: Exchange, outcome: ExchangeOutcome): Promise<void> {
  const { remotePeerId: peerId, signal } = exchange;
  return serveProofChallenge(exchange.stream, {
    authorise: ({ grant, challengeName }) =>
      outcome.note(() => {
        deps.checkGrant(grant, { subject: peerId, action: "challenge", chunkName: challengeName });
      }),
    prove: (challenge) => outcome.act(() => deps.answerChallenge(challenge, { peerId, signal })),
  });
}

function serveNames(deps: ChunkExchangeDeps, exchange: Exchange, outcome: ExchangeOutcome): Promise<void> {
  return serveInventory(exchange.stream, {
    authorise: ({ grant }) =>
      outcome.note(() => {
        deps.checkGrant(grant, { subject: exchange.remotePeerId, action: "inventory" });
      }),
    list: (query) =>
      outcome.act(async () => {
        const { items, more } = deps.store.list(query);
        return { chunkNames: items.map((item) => item.name), more };
      }),
    summarise: () => outcome.act(() => summariseHeld(deps.store, exchange.signal)),
  });
}
