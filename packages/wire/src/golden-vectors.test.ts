import { create, type DescMessage, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { requestDeleteChunk } from "./exchanges/delete-chunk.ts";
import { requestRetrieveChunk } from "./exchanges/retrieve-chunk.ts";
import { requestStoreChunk, serveStoreChunk } from "./exchanges/store-chunk.ts";
import {
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
  RetrieveChunkRequestSchema,
  RetrieveChunkResponseSchema,
  SignedGrantSchema,
  StatusSchema,
  StoreChunkRequestSchema,
  StoreChunkResponseSchema,
} from "./gen/commonhold_pb.ts";
import { createMemoryStreamPair } from "./memory-byte-stream.ts";
import { PROTOCOLS } from "./protocols.ts";
import { CHUNK, sampleGrant } from "./testing/samples.ts";

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
    { grant, challengeId: filled(16, 1), chunkName, seed: filled(32, 2), leafCount: 3, difficulty: 1000 },
    "0a090a03010203120204051210010101010101010101010101010101011a20c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c022200202020202020202020202020202020202020202020202020202020202020202280330e807",
  ),
  vector(ProvenLeafSchema, leaf, "088302120206071a02aaaa1a02bbbb"),
  vector(
    ProofChallengeResponseSchema,
    {
      status,
      chunkLength: 300n,
      leaves: [leaf],
      digest: filled(32, 3),
      durationUs: 70_000n,
      signature: filled(64, 4),
    },
    "0a200a084e4f5f535041434512147468652071756f7461206973207573656420757010ac021a0f088302120206071a02aaaa1a02bbbb2220030303030303030303030303030303030303030303030303030303030303030328f0a204324004040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404",
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
    expect(VECTORS.map(({ schema }) => schema.name).toSorted()).toEqual(names.toSorted());
  });

  it("of a newer version are read without the fields that this one does not know", () => {
    const { schema, init, bytes } = VECTORS[2]!;
    expect(fromBinary(schema, unhex(`${bytes}9a06036e6577`), { readUnknownFields: false })).toEqual(
      create(schema, init),
    );
  });
});

it("the protocols have these ids", () => {
  expect(PROTOCOLS).toEqual({
    storeChunk: "/federated-storage/1.0.0/store-chunk",
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

  it("retrieve-chunk and delete-chunk: a frame there, a frame and raw bytes back", async () => {
    const ofChunk = { grant: signed, chunkName: CHUNK };
    const retrieve = (stream: ReturnType<typeof createMemoryStreamPair>[0]) =>
      requestRetrieveChunk(stream, { ...ofChunk, lengthMax: 100 }).then((bytes) => expect(hex(bytes)).toBe("cafe"));
    expect(await written(retrieve, "080a040a024f4b1002cafe")).toBe(REQUEST_HEAD);
    expect(await written((stream) => requestDeleteChunk(stream, ofChunk), "080a040a024f4b1001")).toBe(REQUEST_HEAD);
  });
});
