import { create, type DescMessage, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { AppError } from "@commonhold/core/app-error.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { summariseInventory } from "@commonhold/core/repair/inventory-summary.ts";
import { describe, expect, it } from "vitest";
import { challengeNameOf } from "./challenge-name.ts";
import { requestDeleteChunk } from "./exchanges/delete-chunk.ts";
import { requestRetrieveChunk } from "./exchanges/retrieve-chunk.ts";
import { requestRetrieveBatch, serveRetrieveBatch } from "./exchanges/retrieve-batch.ts";
import { requestStoreBatch, serveStoreBatch } from "./exchanges/store-batch.ts";
import { requestStoreChunk, serveStoreChunk } from "./exchanges/store-chunk.ts";
import {
  BatchedChunkOutcomeSchema,
  BatchedChunkSchema,
  ChunkProofSchema,
  DeleteChunkRequestSchema,
  DeleteChunkResponseSchema,
  file_commonhold,
  GrantSchema,
  InventoryRequestSchema,
  InventoryResponseSchema,
  ProofChallengeRequestSchema,
  ProofChallengeResponseSchema,
  ProvenLeafSchema,
  ReplicateChunkRequestSchema,
  ReplicateChunkResponseSchema,
  RetrieveBatchRequestSchema,
  RetrieveBatchResponseSchema,
  RetrieveChunkRequestSchema,
  RetrieveChunkResponseSchema,
  SignedGrantSchema,
  StatusSchema,
  StoreBatchRequestSchema,
  StoreBatchResponseSchema,
  StoreChunkRequestSchema,
  StoreChunkResponseSchema,
} from "./gen/commonhold_pb.ts";
import { encodeInventorySummary } from "./inventory-summary-bytes.ts";
import { createMemoryStreamPair } from "./memory-byte-stream.ts";
import { PROTOCOLS } from "./protocols.ts";
import { CHUNK, chunkNameOf, sampleGrant, sha256 } from "./testing/samples.ts";

// What released nodes and coordinators say to each other: these bytes were made once and never change.

const filled = (length: number, byte: number) => new Uint8Array(length).fill(byte);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const unhex = (text: string) => new Uint8Array(Buffer.from(text, "hex"));

const grant = { grant: Uint8Array.of(1, 2, 3), signature: Uint8Array.of(4, 5) };
const chunkName = filled(32, 0xc0);
const status = { code: "NO_SPACE", message: "the quota is used up" };
const leaf = { index: 259n, leaf: Uint8Array.of(6, 7), path: [filled(2, 0xaa), filled(2, 0xbb)] };

interface Vector<S extends DescMessage = DescMessage> {
  readonly schema: S;
  readonly init: MessageInitShape<S>;
  readonly bytes: string;
}
const vector = <S extends DescMessage>(schema: S, init: MessageInitShape<S>, bytes: string): Vector =>
  ({ schema, init, bytes }) as unknown as Vector;

const VECTORS: readonly Vector[] = [
  vector(
    GrantSchema,
    {
      issuer: "issuer",
      node: "node",
      subject: "subject",
      action: "store",
      chunkName,
      lengthMax: 4_259_840n,
      expiresAtMs: 1_767_225_600_000n,
      nonce: filled(16, 9),
    },
    "0a0669737375657212046e6f64651a077375626a656374220573746f72652a20c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c030808084023880d0eab6b733421009090909090909090909090909090909",
  ),
  vector(SignedGrantSchema, grant, "0a0301020312020405"),
  vector(StatusSchema, status, "0a084e4f5f535041434512147468652071756f74612069732075736564207570"),
  vector(
    StoreChunkRequestSchema,
    { grant, chunkName, length: 300n },
    "0a090a03010203120204051220c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c018ac02",
  ),
  vector(
    StoreChunkResponseSchema,
    { status, alreadyHeld: true },
    "0a200a084e4f5f535041434512147468652071756f746120697320757365642075701001",
  ),
  vector(
    BatchedChunkSchema,
    { chunkName, length: 300n },
    "0a20c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c010ac02",
  ),
  vector(
    StoreBatchRequestSchema,
    { grant, chunks: [{ chunkName, length: 300n }, { length: 1n }] },
    "0a090a030102031202040512250a20c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c010ac0212021001",
  ),
  vector(
    BatchedChunkOutcomeSchema,
    { status, alreadyHeld: true },
    "0a200a084e4f5f535041434512147468652071756f746120697320757365642075701001",
  ),
  vector(
    StoreBatchResponseSchema,
    { status, outcomes: [{ status: { code: "OK" }, alreadyHeld: true }, { status }] },
    "0a200a084e4f5f535041434512147468652071756f7461206973207573656420757012080a040a024f4b100112220a200a084e4f5f535041434512147468652071756f74612069732075736564207570",
  ),
  vector(
    RetrieveBatchRequestSchema,
    { grant, chunks: [{ chunkName, length: 300n }, { length: 1n }] },
    "0a090a030102031202040512250a20c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c010ac0212021001",
  ),
  vector(
    RetrieveBatchResponseSchema,
    { status, outcomes: [{ code: "OK" }, status] },
    "0a200a084e4f5f535041434512147468652071756f7461206973207573656420757012040a024f4b12200a084e4f5f535041434512147468652071756f74612069732075736564207570",
  ),
  vector(
    RetrieveChunkRequestSchema,
    { grant, chunkName },
    "0a090a03010203120204051220c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0",
  ),
  vector(
    RetrieveChunkResponseSchema,
    { status, length: 300n },
    "0a200a084e4f5f535041434512147468652071756f7461206973207573656420757010ac02",
  ),
  vector(
    DeleteChunkRequestSchema,
    { grant, chunkName },
    "0a090a03010203120204051220c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0",
  ),
  vector(
    DeleteChunkResponseSchema,
    { status, wasHeld: true },
    "0a200a084e4f5f535041434512147468652071756f746120697320757365642075701001",
  ),
  vector(
    ReplicateChunkRequestSchema,
    { grant, chunkName, length: 300n, source: "source", sourceAddresses: ["/a", "/b"], sourceGrant: grant },
    "0a090a03010203120204051220c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c018ac022206736f757263652a022f612a022f6232090a0301020312020405",
  ),
  vector(
    ReplicateChunkResponseSchema,
    { status, alreadyHeld: true },
    "0a200a084e4f5f535041434512147468652071756f746120697320757365642075701001",
  ),
  vector(
    ProofChallengeRequestSchema,
    {
      grant,
      challengeId: filled(16, 1),
      chunkNames: [chunkName, filled(32, 0xc1)],
      seed: filled(32, 2),
      leafCount: 3,
      difficulty: 1000,
      selectionId: filled(16, 5),
      deadlineMs: 2000,
    },
    "0a090a03010203120204051210010101010101010101010101010101011a20c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c01a20c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c122200202020202020202020202020202020202020202020202020202020202020202280330e8073a100505050505050505050505050505050540d00f",
  ),
  vector(ProvenLeafSchema, leaf, "088302120206071a02aaaa1a02bbbb"),
  vector(ChunkProofSchema, { chunkLength: 300n, leaves: [leaf] }, "08ac02120f088302120206071a02aaaa1a02bbbb"),
  vector(ChunkProofSchema, { lost: "CHUNK_CORRUPT" }, "1a0d4348554e4b5f434f5252555054"),
  vector(
    ProofChallengeResponseSchema,
    {
      status,
      proofs: [{ chunkLength: 300n, leaves: [leaf] }, { lost: "CHUNK_CORRUPT" }],
      digest: filled(32, 3),
      durationUs: 70_000n,
      signature: filled(64, 4),
    },
    "0a200a084e4f5f535041434512147468652071756f746120697320757365642075702220030303030303030303030303030303030303030303030303030303030303030328f0a2043240040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404043a1408ac02120f088302120206071a02aaaa1a02bbbb3a0f1a0d4348554e4b5f434f5252555054",
  ),
  vector(
    InventoryRequestSchema,
    { grant, after: chunkName, limit: 1000 },
    "0a090a03010203120204051220c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c018e807",
  ),
  vector(
    InventoryResponseSchema,
    { status, chunkNames: [chunkName, filled(32, 0xc1)], more: true },
    "0a200a084e4f5f535041434512147468652071756f746120697320757365642075701220c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c01220c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c11801",
  ),
  // Fields that came later: a message without them has the bytes above.
  vector(
    GrantSchema,
    {
      issuer: "issuer",
      node: "node",
      subject: "subject",
      action: "replicate",
      chunkName,
      lengthMax: 4_259_840n,
      expiresAtMs: 1_767_225_600_000n,
      nonce: filled(16, 9),
      epoch: 300n,
      own: true,
    },
    "0a0669737375657212046e6f64651a077375626a65637422097265706c69636174652a20c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c030808084023880d0eab6b73342100909090909090909090909090909090948ac025001",
  ),
  vector(
    DeleteChunkResponseSchema,
    { status, wasHeld: true, storedAnew: true },
    "0a200a084e4f5f535041434512147468652071756f7461206973207573656420757010011801",
  ),
  vector(
    InventoryRequestSchema,
    { grant, after: chunkName, limit: 1000, until: filled(32, 0xc1) },
    "0a090a03010203120204051220c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c018e8072220c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1",
  ),
  vector(InventoryRequestSchema, { grant, limit: 1, summary: true }, "0a090a030102031202040518012801"),
  vector(
    InventoryResponseSchema,
    { status, summary: Uint8Array.of(0, 0, 0, 1, 0xd1) },
    "0a200a084e4f5f535041434512147468652071756f74612069732075736564207570220500000001d1",
  ),
];

describe("messages", () => {
  it.each(VECTORS.map((each) => [each.schema.name, each] as const))(
    "%s has these bytes",
    (_, { schema, init, bytes }) => {
      expect(hex(toBinary(schema, create(schema, init)))).toBe(bytes);
      expect(fromBinary(schema, unhex(bytes))).toEqual(create(schema, init));
    },
  );

  it("all have a vector here", () => {
    const names = file_commonhold.messages.map(({ name }) => name);
    expect([...new Set(VECTORS.map(({ schema }) => schema.name))].toSorted()).toEqual(names.toSorted());
  });

  it("of a newer version are read without the fields that this one does not know", () => {
    const { schema, init, bytes } = VECTORS[2]!;
    expect(fromBinary(schema, unhex(`${bytes}9a06036e6577`), { readUnknownFields: false })).toEqual(
      create(schema, init),
    );
  });
});

it("a summary is 256 times a count and a digest, and its root is their hash", () => {
  const summary = summariseInventory([`00${"a".repeat(62)}`, `ff${"b".repeat(62)}`] as ChunkName[], sha256);
  const bytes = Buffer.from(encodeInventorySummary(summary));
  expect(bytes.length).toBe(256 * 36);
  const ofEmpty = "00000000e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  const ofFirst = hex(sha256(unhex(`00${"a".repeat(62)}`)));
  expect(bytes.toString("hex", 0, 72)).toBe(`00000001${ofFirst}${ofEmpty}`);
  expect(hex(sha256(bytes))).toBe(hex(summary.root));
});

it("the name of a challenge's chunks is SHA-256 over them", () => {
  const names = [hex(chunkName), hex(filled(32, 0xc1))] as ChunkName[];
  expect(challengeNameOf(names)).toBe("e75c7ae3ab9fa2026606a9b845db407dd1e8c9e8516226d53035070f2bfe721c");
  expect(challengeNameOf(names.toReversed())).not.toBe(challengeNameOf(names));
});

it("the protocols have these ids", () => {
  expect(PROTOCOLS).toEqual({
    storeChunk: "/federated-storage/1.0.0/store-chunk",
    storeBatch: "/federated-storage/1.0.0/store-batch",
    retrieveBatch: "/federated-storage/1.0.0/retrieve-batch",
    retrieveChunk: "/federated-storage/1.0.0/retrieve-chunk",
    deleteChunk: "/federated-storage/1.0.0/delete-chunk",
    replicateChunk: "/federated-storage/1.0.0/replicate-chunk",
    proofChallenge: "/federated-storage/1.0.0/proof-challenge",
    inventory: "/federated-storage/1.0.0/inventory",
  });
});

describe("whole exchanges", () => {
  const signed = { ...sampleGrant(), ...grant };
  const ANSWER_OK = "060a040a024f4b";
  const REQUEST_HEAD = "2d0a090a03010203120204051220abbe7862de7660b333d1862141746d1d6d0e23c8cf49227bbd0d16add97bc71e";

  /** What a requester writes while the peer answers `answer`. */
  async function written(
    request: (stream: ReturnType<typeof createMemoryStreamPair>[0]) => Promise<unknown>,
    answer: string,
  ): Promise<string> {
    const [near, far] = createMemoryStreamPair();
    await far.write(unhex(answer));
    await request(near);
    return hex(await far.read(far.waitingBytes));
  }

  it("store-chunk: frame and raw bytes there, a frame back", async () => {
    const sealed = Uint8Array.of(0xde, 0xad, 0xbe, 0xef);
    const request = await written(
      (stream) => requestStoreChunk(stream, { grant: signed, chunkName: CHUNK, sealed }),
      ANSWER_OK,
    );
    expect(request).toBe(
      "2f0a090a03010203120204051220abbe7862de7660b333d1862141746d1d6d0e23c8cf49227bbd0d16add97bc71e1804deadbeef",
    );
    const [near, far] = createMemoryStreamPair();
    await near.write(unhex(request));
    const kept: string[] = [];
    await serveStoreChunk(far, {
      authorise: () => {},
      store: async (name, bytes) => {
        kept.push(name, hex(bytes));
        return { alreadyHeld: false };
      },
    });
    expect(kept).toEqual([CHUNK, "deadbeef"]);
    expect(hex(await near.read(near.waitingBytes))).toBe(ANSWER_OK);
  });

  it("store-batch: frame and raw bytes of all there, a frame back", async () => {
    const chunks = [
      { chunkName: CHUNK, sealed: Uint8Array.of(0xde, 0xad) },
      { chunkName: chunkNameOf("another chunk"), sealed: Uint8Array.of(0xbe, 0xef, 0xff) },
    ];
    const answer = "240a040a024f4b12080a040a024f4b100112120a100a084e4f5f5350414345120466756c6c";
    const request = await written((stream) => requestStoreBatch(stream, { grant: signed, chunks }), answer);
    expect(request).toBe(
      "570a090a030102031202040512240a20abbe7862de7660b333d1862141746d1d6d0e23c8cf49227bbd0d16add97bc71e100212240a20119dae570dd241f7f4cfbfe3a8d21524cc5eec05bd683bb172e183917c5577bd1003deadbeefff",
    );
    const [near, far] = createMemoryStreamPair();
    await near.write(unhex(request));
    const kept: string[] = [];
    await serveStoreBatch(far, {
      authorise: ({ batchName }) => void kept.push(batchName),
      store: async (stored) => {
        for (const { chunkName: name, sealed } of stored) kept.push(name, hex(sealed));
        return [
          { status: "fulfilled", value: { alreadyHeld: true } },
          { status: "rejected", reason: new AppError("NO_SPACE", "full") },
        ];
      },
    });
    expect(kept).toEqual([
      "99a73c2d79494f92c612aa66a8949c51fa6870615953996999b2ea723f7dc93e",
      CHUNK,
      "dead",
      chunks[1]!.chunkName,
      "beefff",
    ]);
    expect(hex(await near.read(near.waitingBytes))).toBe(answer);
  });

  it("retrieve-batch: a frame there, a frame and raw bytes of those that are had back", async () => {
    const chunks = [
      { chunkName: CHUNK, length: 2 },
      { chunkName: chunkNameOf("another chunk"), length: 3 },
    ];
    const answer = "250a040a024f4b12170a0f4348554e4b5f4e4f545f464f554e441204676f6e6512040a024f4bbeefff";
    const request = await written((stream) => requestRetrieveBatch(stream, { grant: signed, chunks }), answer);
    expect(request).toBe(
      "570a090a030102031202040512240a20abbe7862de7660b333d1862141746d1d6d0e23c8cf49227bbd0d16add97bc71e100212240a20119dae570dd241f7f4cfbfe3a8d21524cc5eec05bd683bb172e183917c5577bd1003",
    );
    const [near, far] = createMemoryStreamPair();
    await near.write(unhex(request));
    const asked: string[] = [];
    await serveRetrieveBatch(far, {
      authorise: ({ batchName }) => void asked.push(batchName),
      retrieve: async (wanted) => {
        for (const { chunkName: name, length } of wanted) asked.push(name, String(length));
        return [
          { status: "rejected", reason: new AppError("CHUNK_NOT_FOUND", "gone") },
          { status: "fulfilled", value: Uint8Array.of(0xbe, 0xef, 0xff) },
        ];
      },
    });
    expect(asked).toEqual([
      "99a73c2d79494f92c612aa66a8949c51fa6870615953996999b2ea723f7dc93e",
      CHUNK,
      "2",
      chunks[1]!.chunkName,
      "3",
    ]);
    expect(hex(await near.read(near.waitingBytes))).toBe(answer);
  });

  it("retrieve-chunk and delete-chunk: a frame there, a frame and raw bytes back", async () => {
    const ofChunk = { grant: signed, chunkName: CHUNK };
    const retrieve = (stream: ReturnType<typeof createMemoryStreamPair>[0]) =>
      requestRetrieveChunk(stream, { ...ofChunk, lengthMax: 100 }).then((bytes) => expect(hex(bytes)).toBe("cafe"));
    expect(await written(retrieve, "080a040a024f4b1002cafe")).toBe(REQUEST_HEAD);
    expect(await written((stream) => requestDeleteChunk(stream, ofChunk), "080a040a024f4b1001")).toBe(REQUEST_HEAD);
  });
});
