import { randomBytes } from "node:crypto";
import { AppError } from "@commonhold/core/app-error.ts";
import { describe, expect, it } from "vitest";
import type { BatchedChunkRef } from "../batch-name.ts";
import { batchNameOf } from "../batch-name.ts";
import { encodeChunkName } from "../fields.ts";
import { RetrieveBatchRequestSchema, RetrieveBatchResponseSchema } from "../gen/commonhold_pb.ts";
import { createMemoryStreamPair } from "../memory-byte-stream.ts";
import { readMessage, writeMessage } from "../message.ts";
import { BATCH_CHUNK_LENGTH_MAX, BATCH_CHUNKS_MAX, BATCH_LENGTH_MAX, FRAME_BYTES_MAX } from "../protocols.ts";
import { OK_STATUS } from "../status.ts";
import { allow, exchange, refuse } from "../testing/exchange-pair.ts";
import { chunkNameOf, sampleGrant } from "../testing/samples.ts";
import { requestRetrieveBatch, type RetrievedChunks, serveRetrieveBatch } from "./retrieve-batch.ts";

const grant = sampleGrant({ action: "retrieve-batch" });

/** Chunks of these lengths. */
function batch(...lengths: readonly number[]): readonly BatchedChunkRef[] {
  return lengths.map((length, at) => ({ chunkName: chunkNameOf(`chunk ${at}`), length }));
}

const had = (value: Uint8Array): RetrievedChunks[number] => ({ status: "fulfilled", value });
const failed = (reason: unknown): RetrievedChunks[number] => ({ status: "rejected", reason });
const gone = new AppError("CHUNK_NOT_FOUND", "gone");

describe("retrieve-batch", () => {
  it("carries the largest batch, each chunk by itself", async () => {
    const chunks = batch(...Array.from({ length: BATCH_CHUNKS_MAX }, () => BATCH_LENGTH_MAX / BATCH_CHUNKS_MAX));
    const bytes = chunks.map(({ length }) => randomBytes(length));
    const found = await exchange(
      (stream) => requestRetrieveBatch(stream, { grant, chunks }),
      (stream) =>
        serveRetrieveBatch(stream, {
          authorise: (claim) =>
            expect(claim).toEqual({
              grant,
              chunks,
              batchName: batchNameOf(chunks),
              length: BATCH_LENGTH_MAX,
            }) as undefined,
          retrieve: async () => bytes.map(had),
        }),
    );
    for (const [at, each] of found.entries()) {
      expect(Buffer.compare((each as { readonly value: Uint8Array }).value, bytes[at]!)).toBe(0);
    }
  });

  it("gives those that are there where others are not, have another length or cannot be read", async () => {
    const disk = new AppError("STORAGE_FAILURE", "€".repeat(5000));
    const found = await exchange(
      (stream) => requestRetrieveBatch(stream, { grant, chunks: batch(2, 3, 2, 2, 1) }),
      (stream) =>
        serveRetrieveBatch(stream, {
          authorise: allow,
          retrieve: async () => [
            failed(gone),
            had(Uint8Array.of(1, 2, 3)),
            had(Uint8Array.of(4, 5, 6)),
            failed(disk),
            had(Uint8Array.of(7)),
          ],
        }),
    );
    expect(found).toMatchObject([
      failed({ code: "CHUNK_NOT_FOUND" }),
      had(Uint8Array.of(1, 2, 3)),
      failed({ code: "CHUNK_CORRUPT" }),
      failed({ code: "STORAGE_FAILURE" }),
      had(Uint8Array.of(7)),
    ]);
  });

  it("gives nothing where none is there, and has room for the longest refusal of every chunk", async () => {
    const chunks = batch(...Array.from({ length: BATCH_CHUNKS_MAX }, () => 1));
    const found = await exchange(
      (stream) => requestRetrieveBatch(stream, { grant, chunks }),
      (stream) =>
        serveRetrieveBatch(stream, {
          authorise: allow,
          retrieve: async () => chunks.map(() => failed(new AppError("CHUNK_CORRUPT", "€".repeat(5000)))),
        }),
    );
    expect(found.map(({ status }) => status)).toEqual(chunks.map(() => "rejected"));
  });

  it("is refused as a whole before anything is read", async () => {
    const asked = exchange(
      (stream) => requestRetrieveBatch(stream, { grant, chunks: batch(3, 4) }),
      (stream) =>
        serveRetrieveBatch(stream, {
          authorise: refuse,
          retrieve: () => {
            throw new AppError("INTERNAL", "asked");
          },
        }),
    );
    await expect(asked).rejects.toMatchObject({ code: "INVALID_GRANT", message: "no" });
  });

  it.each<[string, readonly BatchedChunkRef[]]>([
    ["no chunk", []],
    ["too many chunks", batch(...Array.from({ length: BATCH_CHUNKS_MAX + 1 }, () => 1))],
    ["an empty chunk", batch(3, 0)],
    ["a chunk that is too long", batch(3, BATCH_CHUNK_LENGTH_MAX + 1)],
    ["too many bytes in all", batch(...Array.from({ length: 4 }, () => BATCH_LENGTH_MAX / 4), 1)],
    ["a chunk twice", [...batch(3), ...batch(3)]],
  ])("of %s is a breach of the protocol", async (_, chunks) => {
    const [near, far] = createMemoryStreamPair();
    await writeMessage(near, RetrieveBatchRequestSchema, {
      init: {
        grant,
        chunks: chunks.map(({ chunkName, length }) => ({
          chunkName: encodeChunkName(chunkName),
          length: BigInt(length),
        })),
      },
      maxBytes: FRAME_BYTES_MAX.request,
    });
    await serveRetrieveBatch(far, {
      authorise: () => {
        throw new AppError("INTERNAL", "asked");
      },
      retrieve: async () => [],
    });
    const { status } = await readMessage(near, RetrieveBatchResponseSchema, FRAME_BYTES_MAX.batchResponse);
    expect(status?.code).toBe("PROTOCOL_ERROR");
  });

  it.each([
    ["fewer outcomes than chunks", [OK_STATUS]],
    ["more outcomes than chunks", [OK_STATUS, OK_STATUS, OK_STATUS]],
  ])("answered with %s fails", async (_, outcomes) => {
    const [near, far] = createMemoryStreamPair();
    const asked = requestRetrieveBatch(near, { grant, chunks: batch(3, 4) });
    await writeMessage(far, RetrieveBatchResponseSchema, {
      init: { status: OK_STATUS, outcomes },
      maxBytes: FRAME_BYTES_MAX.batchResponse,
    });
    await expect(asked).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
  });

  it("answered with fewer bytes than it asked for fails, and takes none for another chunk's", async () => {
    const [near, far] = createMemoryStreamPair();
    const asked = requestRetrieveBatch(near, { grant, chunks: batch(3, 4) });
    await writeMessage(far, RetrieveBatchResponseSchema, {
      init: { status: OK_STATUS, outcomes: [OK_STATUS, OK_STATUS] },
      maxBytes: FRAME_BYTES_MAX.batchResponse,
    });
    await far.write(new Uint8Array(6));
    await far.closeWrite();
    await expect(asked).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
  });

  it("gives each chunk once its bytes are there, whatever becomes of the next", async () => {
    const [near, far] = createMemoryStreamPair();
    const arrived: [number, readonly number[]][] = [];
    const onArrived = (at: number, sealed: Uint8Array) => void arrived.push([at, [...sealed]]);
    const asked = requestRetrieveBatch(near, { grant, chunks: batch(2, 1, 3, 2), onArrived });
    await writeMessage(far, RetrieveBatchResponseSchema, {
      init: { status: OK_STATUS, outcomes: [OK_STATUS, { code: "CHUNK_NOT_FOUND" }, OK_STATUS, OK_STATUS] },
      maxBytes: FRAME_BYTES_MAX.batchResponse,
    });
    await far.write(Uint8Array.of(1, 2, 3, 4));
    await expect.poll(() => arrived).toEqual([[0, [1, 2]]]);
    await far.write(Uint8Array.of(5, 6));
    await expect.poll(() => arrived.length).toBe(2);
    far.abort(new Error("gone"));
    await expect(asked).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
    expect(arrived).toEqual([
      [0, [1, 2]],
      [2, [3, 4, 5]],
    ]);
  });

  it("tells its own host of a defect that the peer hears of only as such", async () => {
    const defect = new TypeError("a defect");
    const [near, far] = createMemoryStreamPair();
    const asked = requestRetrieveBatch(near, { grant, chunks: batch(3) });
    const served = serveRetrieveBatch(far, { authorise: allow, retrieve: async () => [failed(defect)] });
    await expect(served).rejects.toBe(defect);
    expect(await asked).toMatchObject([failed({ code: "INTERNAL" })]);
  });
});
