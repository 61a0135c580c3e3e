import { create, type DescMessage, toBinary } from "@bufbuild/protobuf";
import { AUDIT_DIFFICULTY_MAX, AUDIT_LEAVES_MAX } from "@commonhold/core/audit/audit-question.ts";
import type { ByteStream } from "@commonhold/core/byte-stream.ts";
import { summariseInventory } from "@commonhold/core/repair/inventory-summary.ts";
import { ERROR_CODES, type ErrorCode, isErrorCode } from "@commonhold/core/error-codes.ts";
import { isChunkName } from "@commonhold/core/ids.ts";
import { fuzzRuns, parseOrRefuse } from "@commonhold/core/testing/fuzz.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  DeleteChunkResponseSchema,
  InventoryRequestSchema,
  InventoryResponseSchema,
  ProofChallengeRequestSchema,
  ProofChallengeResponseSchema,
  ReplicateChunkRequestSchema,
  ReplicateChunkResponseSchema,
  RetrieveBatchRequestSchema,
  RetrieveBatchResponseSchema,
  RetrieveChunkResponseSchema,
  StoreBatchRequestSchema,
  StoreBatchResponseSchema,
  StoreChunkRequestSchema,
  StoreChunkResponseSchema,
} from "../gen/commonhold_pb.ts";
import { encodeChunkName } from "../fields.ts";
import { readFrame } from "../frame.ts";
import { createMemoryStreamPair } from "../memory-byte-stream.ts";
import { decodeMessage } from "../message.ts";
import {
  EXCHANGE_TIMEOUT_MS,
  FRAME_BYTES_MAX,
  INVENTORY_PAGE_MAX,
  PROOF_CHUNK_ROOM_BYTES,
  PROOF_LEAF_ROOM_BYTES,
  SEALED_LENGTH_MAX,
  BATCH_LENGTH_MAX,
} from "../protocols.ts";
import { CHUNK, chunkNameOf, sampleGrant } from "../testing/samples.ts";
import { requestDeleteChunk, serveDeleteChunk } from "./delete-chunk.ts";
import { requestInventory, requestInventorySummary, serveInventory } from "./inventory.ts";
import { requestProofChallenge, serveProofChallenge } from "./proof-challenge.ts";
import { requestReplicateChunk, serveReplicateChunk } from "./replicate-chunk.ts";
import { requestRetrieveBatch, serveRetrieveBatch } from "./retrieve-batch.ts";
import { requestRetrieveChunk, serveRetrieveChunk } from "./retrieve-chunk.ts";
import { requestStoreBatch, serveStoreBatch } from "./store-batch.ts";
import { requestStoreChunk, serveStoreChunk } from "./store-chunk.ts";

const grant = sampleGrant();
const BOUNDS: Readonly<Record<string, number>> = {
  length: SEALED_LENGTH_MAX,
  leafCount: AUDIT_LEAVES_MAX,
  difficulty: AUDIT_DIFFICULTY_MAX,
  deadlineMs: EXCHANGE_TIMEOUT_MS.proofChallenge,
  limit: INVENTORY_PAGE_MAX,
};
const NAMES: ReadonlySet<string> = new Set(["chunkName", "batchName", "challengeName", "after"]);
/** Whatever a claim says, it lies within the protocol's bounds by now. */
const authorise = (claim: object): void => {
  for (const [field, value] of Object.entries(claim)) {
    if (NAMES.has(field)) expect(isChunkName(String(value))).toBe(true);
    if (field === "chunkNames") {
      const names = value as readonly string[];
      expect(names.every(isChunkName)).toBe(true);
      expect(new Set(names).size).toBe(names.length);
    }
    if (!Object.hasOwn(BOUNDS, field)) continue;
    expect(value).toBeGreaterThanOrEqual(1);
    expect(value).toBeLessThanOrEqual(BOUNDS[field]!);
  }
};
const ofChunk = { grant, chunkName: CHUNK };
const challenge = {
  grant,
  challengeId: new Uint8Array(16),
  selectionId: new Uint8Array(16),
  chunkNames: [CHUNK, chunkNameOf("another chunk")],
  seed: new Uint8Array(32),
  leafCount: 1,
  difficulty: 1,
  deadlineMs: 2000,
};
const source = { peerId: "12D3KooWsource", addresses: ["/ip4/10.0.0.1/tcp/1"] };

const SERVERS: Record<string, (stream: ByteStream) => Promise<void>> = {
  store: (stream) => serveStoreChunk(stream, { authorise, store: async () => ({ alreadyHeld: false }) }),
  storeBatch: (stream) =>
    serveStoreBatch(stream, {
      authorise,
      store: async (chunks) => chunks.map(() => ({ status: "fulfilled", value: { alreadyHeld: false } })),
    }),
  retrieveBatch: (stream) =>
    serveRetrieveBatch(stream, {
      authorise,
      retrieve: async (chunks) =>
        chunks.map(({ length }) => ({ status: "fulfilled", value: new Uint8Array(Math.min(length, 4)) })),
    }),
  retrieve: (stream) =>
    serveRetrieveChunk(stream, { authorise, retrieve: async () => ({ length: 3, bytes: Uint8Array.of(1, 2, 3) }) }),
  delete: (stream) =>
    serveDeleteChunk(stream, { authorise, delete: async () => ({ wasHeld: false, storedAnew: false }) }),
  replicate: (stream) => serveReplicateChunk(stream, { authorise, replicate: async () => ({ alreadyHeld: false }) }),
  challenge: (stream) =>
    serveProofChallenge(stream, {
      authorise,
      prove: async () => ({
        proofs: [],
        digest: new Uint8Array(32),
        durationUs: 1,
        signature: new Uint8Array(64),
      }),
    }),
  inventory: (stream) =>
    serveInventory(stream, {
      authorise,
      list: async () => ({ chunkNames: [], more: false }),
      summarise: async () => summariseInventory([], () => new Uint8Array(32)),
    }),
};

const REQUESTERS: Record<string, (stream: ByteStream) => Promise<unknown>> = {
  store: (stream) => requestStoreChunk(stream, { ...ofChunk, sealed: new Uint8Array(9) }),
  storeBatch: (stream) =>
    requestStoreBatch(stream, {
      grant,
      chunks: [
        { chunkName: CHUNK, sealed: new Uint8Array(9) },
        { chunkName: chunkNameOf("another chunk"), sealed: new Uint8Array(7) },
      ],
    }),
  retrieveBatch: (stream) =>
    requestRetrieveBatch(stream, {
      grant,
      chunks: [
        { chunkName: CHUNK, length: 3 },
        { chunkName: chunkNameOf("another chunk"), length: 4 },
      ],
    }),
  retrieve: (stream) => requestRetrieveChunk(stream, { ...ofChunk, lengthMax: 1000 }),
  delete: (stream) => requestDeleteChunk(stream, ofChunk),
  replicate: (stream) => requestReplicateChunk(stream, { ...ofChunk, length: 1, source, sourceGrant: grant }),
  challenge: (stream) => requestProofChallenge(stream, challenge),
  inventory: (stream) => requestInventory(stream, { grant, limit: 10 }),
  inventorySummary: (stream) => requestInventorySummary(stream, { grant }),
};

const chunkName = encodeChunkName(CHUNK);
const status = { code: "OK", message: "" };
const batched = [
  { chunkName, length: 3n },
  { chunkName: encodeChunkName(chunkNameOf("another chunk")), length: 4n },
];
const chunkNames = batched.map((each) => each.chunkName);
const leaf = { index: 1n, leaf: new Uint8Array(30), path: [new Uint8Array(32)] };
/** Messages that would be taken, to be bent. */
const WELL_FORMED = [
  toBinary(StoreChunkRequestSchema, create(StoreChunkRequestSchema, { grant, chunkName, length: 3n })),
  toBinary(StoreBatchRequestSchema, create(StoreBatchRequestSchema, { grant, chunks: batched })),
  toBinary(
    StoreBatchResponseSchema,
    create(StoreBatchResponseSchema, {
      status,
      outcomes: [{ status, alreadyHeld: true }, { status: { code: "NO_SPACE", message: "the quota is used up" } }],
    }),
  ),
  toBinary(RetrieveBatchRequestSchema, create(RetrieveBatchRequestSchema, { grant, chunks: batched })),
  toBinary(
    RetrieveBatchResponseSchema,
    create(RetrieveBatchResponseSchema, { status, outcomes: [status, { code: "CHUNK_NOT_FOUND", message: "gone" }] }),
  ),
  toBinary(ProofChallengeRequestSchema, create(ProofChallengeRequestSchema, { ...challenge, chunkNames })),
  toBinary(InventoryRequestSchema, create(InventoryRequestSchema, { grant, limit: 5 })),
  toBinary(InventoryRequestSchema, create(InventoryRequestSchema, { grant, limit: 1, summary: true })),
  toBinary(InventoryRequestSchema, create(InventoryRequestSchema, { grant, limit: 5, until: chunkName })),
  toBinary(
    ReplicateChunkRequestSchema,
    create(ReplicateChunkRequestSchema, {
      grant,
      chunkName,
      length: 5n,
      source: source.peerId,
      sourceAddresses: source.addresses,
      sourceGrant: grant,
    }),
  ),
  toBinary(StoreChunkResponseSchema, create(StoreChunkResponseSchema, { status, alreadyHeld: true })),
  toBinary(
    StoreChunkResponseSchema,
    create(StoreChunkResponseSchema, { status: { code: "NO_SPACE", message: "the quota is used up" } }),
  ),
  toBinary(RetrieveChunkResponseSchema, create(RetrieveChunkResponseSchema, { status, length: 3n })),
  toBinary(
    ProofChallengeResponseSchema,
    create(ProofChallengeResponseSchema, {
      status,
      proofs: [{ chunkLength: 5n, leaves: [leaf] }, { lost: "CHUNK_NOT_FOUND" }],
      digest: new Uint8Array(32),
      durationUs: 1n,
      signature: new Uint8Array(64),
    }),
  ),
  toBinary(
    InventoryResponseSchema,
    create(InventoryResponseSchema, { status, chunkNames: [chunkName, chunkName], more: true }),
  ),
];

function framed(payload: Uint8Array): number[] {
  const prefix = payload.length < 128 ? [payload.length] : [(payload.length % 128) | 128, payload.length >> 7];
  return [...prefix, ...payload];
}

/** Requests and answers whose numbers are any that the encoding has. */
const anyNumbers = fc
  .record({ large: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), small: fc.nat(2 ** 32 - 1), shift: fc.nat(63) })
  .chain(({ large, small, shift }) => {
    const length = large >> BigInt(shift);
    const [leafCount, difficulty] = [small >>> (shift & 31), small >>> (31 - (shift & 31))];
    return fc.constantFrom(
      toBinary(StoreChunkRequestSchema, create(StoreChunkRequestSchema, { grant, chunkName, length })),
      toBinary(
        StoreBatchRequestSchema,
        create(StoreBatchRequestSchema, { grant, chunks: [batched[0]!, { ...batched[1]!, length }] }),
      ),
      toBinary(
        ProofChallengeRequestSchema,
        create(ProofChallengeRequestSchema, {
          ...challenge,
          chunkNames,
          leafCount,
          difficulty,
          deadlineMs: difficulty,
        }),
      ),
      toBinary(InventoryRequestSchema, create(InventoryRequestSchema, { grant, after: chunkName, limit: leafCount })),
      toBinary(RetrieveChunkResponseSchema, create(RetrieveChunkResponseSchema, { status, length })),
    );
  });

/** Random bytes, frames of random bytes, numbers of every size, and well-formed messages with some bytes changed, cut off or appended. */
const hostileBytes = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.uint8Array({ maxLength: 127 }).map((payload) => Uint8Array.from(framed(payload))),
  anyNumbers.map((message) => Uint8Array.from([...framed(message), 1, 2, 3])),
  fc
    .record({
      message: fc.constantFrom(...WELL_FORMED),
      changes: fc.array(fc.tuple(fc.nat(1000), fc.nat(255)), { maxLength: 4 }),
      kept: fc.oneof(fc.constant(Number.MAX_SAFE_INTEGER), fc.nat(400)),
      more: fc.uint8Array({ maxLength: 20 }),
    })
    .map(({ message, changes, kept, more }) => {
      const bytes = Uint8Array.from([...framed(message).slice(0, kept), ...more]);
      for (const [at, value] of changes) if (bytes.length > 0) bytes[at % bytes.length] = value;
      return bytes;
    }),
);

interface Watched {
  readonly largestRead: number;
  readonly refusal: ErrorCode | undefined;
  /** What was written to the peer. */
  readonly answer: Uint8Array;
}

/** Runs one side against `bytes` and the end of the stream. */
async function runAgainst(side: (stream: ByteStream) => Promise<unknown>, bytes: Uint8Array): Promise<Watched> {
  const [near, far] = createMemoryStreamPair();
  await near.write(Uint8Array.from(bytes));
  await near.closeWrite();
  let largestRead = 0;
  const answer: Uint8Array[] = [];
  const watched: ByteStream = {
    read: (length) => {
      largestRead = Math.max(largestRead, length);
      return far.read(length);
    },
    write: async (written) => void answer.push(Uint8Array.from(written)),
    closeWrite: () => far.closeWrite(),
    abort: (reason) => far.abort(reason),
  };
  const outcome = await parseOrRefuse(Object.keys(ERROR_CODES) as ErrorCode[], () => side(watched));
  const refusal = "refusal" in outcome ? outcome.refusal.code : undefined;
  return { largestRead, refusal, answer: Buffer.concat(answer) };
}

const RESPONSES: Readonly<Record<string, DescMessage>> = {
  store: StoreChunkResponseSchema,
  storeBatch: StoreBatchResponseSchema,
  retrieveBatch: RetrieveBatchResponseSchema,
  retrieve: RetrieveChunkResponseSchema,
  delete: DeleteChunkResponseSchema,
  replicate: ReplicateChunkResponseSchema,
  challenge: ProofChallengeResponseSchema,
  inventory: InventoryResponseSchema,
  inventorySummary: InventoryResponseSchema,
};

/** The code of the status in the response of an exchange. */
async function statusCodeIn(bytes: Uint8Array, name: string): Promise<string | undefined> {
  const [near, far] = createMemoryStreamPair({ windowBytes: Number.MAX_SAFE_INTEGER });
  await near.write(Uint8Array.from(bytes));
  await near.closeWrite();
  const response = decodeMessage(RESPONSES[name]!, await readFrame(far, FRAME_BYTES_MAX.proof));
  return (response as { readonly status?: { readonly code: string } }).status?.code;
}

describe.each(Object.entries(SERVERS))("serving %s to a hostile peer", (name, serve) => {
  it("answers or refuses by one frame, and reads within bounds", async () => {
    const bodyMax = { store: SEALED_LENGTH_MAX, storeBatch: BATCH_LENGTH_MAX }[name];
    const readMax = bodyMax ?? FRAME_BYTES_MAX.request;
    await fc.assert(
      fc.asyncProperty(hostileBytes, async (bytes) => {
        const { largestRead, refusal, answer } = await runAgainst(serve, bytes);
        expect(largestRead).toBeLessThanOrEqual(readMax);
        expect(refusal).toBeUndefined();
        expect(["OK", "PROTOCOL_ERROR"]).toContain(await statusCodeIn(answer, name));
      }),
      fuzzRuns(700),
    );
  });
});

describe.each(Object.entries(REQUESTERS))("requesting %s of a hostile peer", (name, request) => {
  it("fails only as the peer says, by PROTOCOL_ERROR or a wrong length, and reads within bounds", async () => {
    const frameMax = {
      // As many leaves as were asked for, and no more.
      challenge: 2 * (PROOF_CHUNK_ROOM_BYTES + PROOF_LEAF_ROOM_BYTES) + FRAME_BYTES_MAX.response,
      inventory: FRAME_BYTES_MAX.inventory,
      inventorySummary: FRAME_BYTES_MAX.inventorySummary,
      storeBatch: FRAME_BYTES_MAX.batchResponse,
      retrieveBatch: FRAME_BYTES_MAX.batchResponse,
    }[name];
    await fc.assert(
      fc.asyncProperty(hostileBytes, async (bytes) => {
        const { largestRead, refusal } = await runAgainst(request, bytes);
        expect(largestRead).toBeLessThanOrEqual(frameMax ?? FRAME_BYTES_MAX.response);
        if (refusal === undefined || refusal === "PROTOCOL_ERROR") return;
        // A length that no chunk of the claim has.
        if (refusal === "CHUNK_CORRUPT" && name === "retrieve") return;
        const said = (await statusCodeIn(bytes, name)) ?? "";
        // What a newer peer says and this one does not know counts as INTERNAL.
        expect(refusal).toBe(isErrorCode(said) ? said : "INTERNAL");
      }),
      fuzzRuns(700),
    );
  });
});
