import { create, toBinary } from "@bufbuild/protobuf";
import { AppError } from "@commonhold/core/app-error.ts";
import type { ByteStream } from "@commonhold/core/byte-stream.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  InventoryRequestSchema,
  ProofChallengeRequestSchema,
  ReplicateChunkRequestSchema,
  RetrieveChunkResponseSchema,
  StoreChunkRequestSchema,
} from "../gen/commonhold_pb.ts";
import { encodeChunkName } from "../fields.ts";
import { createMemoryStreamPair } from "../memory-byte-stream.ts";
import { FRAME_BYTES_MAX, SEALED_LENGTH_MAX } from "../protocols.ts";
import { CHUNK, sampleGrant } from "../testing/samples.ts";
import { requestDeleteChunk, serveDeleteChunk } from "./delete-chunk.ts";
import { requestInventory, serveInventory } from "./inventory.ts";
import { requestProofChallenge, serveProofChallenge } from "./proof-challenge.ts";
import { requestReplicateChunk, serveReplicateChunk } from "./replicate-chunk.ts";
import { requestRetrieveChunk, serveRetrieveChunk } from "./retrieve-chunk.ts";
import { requestStoreChunk, serveStoreChunk } from "./store-chunk.ts";

const grant = sampleGrant();
const authorise = () => {};
const ofChunk = { grant, chunkName: CHUNK };
const challenge = {
  ...ofChunk,
  challengeId: new Uint8Array(16),
  seed: new Uint8Array(32),
  leafCount: 1,
  difficulty: 1,
};
const source = { peerId: "12D3KooWsource", addresses: ["/ip4/10.0.0.1/tcp/1"] };

const SERVERS: Record<string, (stream: ByteStream) => Promise<void>> = {
  store: (stream) => serveStoreChunk(stream, { authorise, store: async () => ({ alreadyHeld: false }) }),
  retrieve: (stream) =>
    serveRetrieveChunk(stream, { authorise, retrieve: async () => ({ length: 3, bytes: Uint8Array.of(1, 2, 3) }) }),
  delete: (stream) => serveDeleteChunk(stream, { authorise, delete: async () => ({ wasHeld: false }) }),
  replicate: (stream) => serveReplicateChunk(stream, { authorise, replicate: async () => ({ alreadyHeld: false }) }),
  challenge: (stream) =>
    serveProofChallenge(stream, {
      authorise,
      prove: async () => ({
        chunkLength: 1,
        leaves: [],
        digest: new Uint8Array(32),
        durationUs: 1,
        signature: new Uint8Array(64),
      }),
    }),
  inventory: (stream) => serveInventory(stream, { authorise, list: async () => ({ chunkNames: [], more: false }) }),
};

const REQUESTERS: Record<string, (stream: ByteStream) => Promise<unknown>> = {
  store: (stream) => requestStoreChunk(stream, { ...ofChunk, sealed: new Uint8Array(9) }),
  retrieve: (stream) => requestRetrieveChunk(stream, { ...ofChunk, lengthMax: 1000 }),
  delete: (stream) => requestDeleteChunk(stream, ofChunk),
  replicate: (stream) => requestReplicateChunk(stream, { ...ofChunk, length: 1, source, sourceGrant: grant }),
  challenge: (stream) => requestProofChallenge(stream, challenge),
  inventory: (stream) => requestInventory(stream, { grant, limit: 10 }),
};

const chunkName = encodeChunkName(CHUNK);
/** Requests that would be answered, to be bent. */
const WELL_FORMED = [
  toBinary(StoreChunkRequestSchema, create(StoreChunkRequestSchema, { grant, chunkName, length: 3n })),
  toBinary(ProofChallengeRequestSchema, create(ProofChallengeRequestSchema, { ...challenge, chunkName })),
  toBinary(InventoryRequestSchema, create(InventoryRequestSchema, { grant, limit: 5 })),
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
];

function framed(payload: Uint8Array): number[] {
  const prefix = payload.length < 128 ? [payload.length] : [(payload.length % 128) | 128, payload.length >> 7];
  return [...prefix, ...payload];
}

/** Random bytes, frames of random bytes, and well-formed requests with some bytes changed. */
const hostileBytes = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.uint8Array({ maxLength: 127 }).map((payload) => Uint8Array.from(framed(payload))),
  fc
    .tuple(fc.constantFrom(...WELL_FORMED), fc.array(fc.tuple(fc.nat(1000), fc.nat(255)), { maxLength: 4 }))
    .map(([request, changes]) => {
      const bytes = Uint8Array.from(framed(request));
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      return bytes;
    }),
);

/** Runs one side against `bytes` and the end of the stream: it may fail only with AppErrors, and take only so much. */
async function runAgainst(side: (stream: ByteStream) => Promise<unknown>, bytes: Uint8Array): Promise<number> {
  const [near, far] = createMemoryStreamPair();
  await near.write(Uint8Array.from(bytes));
  await near.closeWrite();
  let largestRead = 0;
  const watched: ByteStream = {
    read: (length) => {
      largestRead = Math.max(largestRead, length);
      return far.read(length);
    },
    write: (written) => far.write(written),
    closeWrite: () => far.closeWrite(),
    abort: (reason) => far.abort(reason),
  };
  try {
    await side(watched);
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
  }
  return largestRead;
}

describe.each(Object.entries(SERVERS))("serving %s to a hostile peer", (name, serve) => {
  it("fails only with AppErrors and reads within bounds", async () => {
    const bodyMax = name === "store" ? SEALED_LENGTH_MAX : 0;
    await fc.assert(
      fc.asyncProperty(hostileBytes, async (bytes) => {
        expect(await runAgainst(serve, bytes)).toBeLessThanOrEqual(Math.max(FRAME_BYTES_MAX.request, bodyMax));
      }),
      { numRuns: 300 },
    );
  });
});

describe.each(Object.entries(REQUESTERS))("requesting %s of a hostile peer", (name, request) => {
  it("fails only with AppErrors and reads within bounds", async () => {
    const frameMax = { challenge: FRAME_BYTES_MAX.proof, inventory: FRAME_BYTES_MAX.inventory }[name];
    await fc.assert(
      fc.asyncProperty(hostileBytes, async (bytes) => {
        expect(await runAgainst(request, bytes)).toBeLessThanOrEqual(frameMax ?? FRAME_BYTES_MAX.response);
      }),
      { numRuns: 200 },
    );
  });
});

it("a retrieved chunk that is announced too long is refused before memory is taken", async () => {
  const response = toBinary(
    RetrieveChunkResponseSchema,
    create(RetrieveChunkResponseSchema, { status: { code: "OK" }, length: 2n ** 63n }),
  );
  expect(await runAgainst(REQUESTERS["retrieve"]!, Uint8Array.from(framed(response)))).toBe(response.length);
});
