import { randomBytes } from "node:crypto";
import { AppError } from "@commonhold/core/app-error.ts";
import type { ByteStream } from "@commonhold/core/byte-stream.ts";
import { describe, expect, it } from "vitest";
import { batchNameOf } from "../batch-name.ts";
import { encodeChunkName } from "../fields.ts";
import { StoreBatchRequestSchema, StoreBatchResponseSchema } from "../gen/commonhold_pb.ts";
import { createMemoryStreamPair, MEMORY_STREAM_WINDOW_BYTES } from "../memory-byte-stream.ts";
import { readMessage, writeMessage } from "../message.ts";
import { FRAME_BYTES_MAX, BATCH_CHUNK_LENGTH_MAX, BATCH_CHUNKS_MAX, BATCH_LENGTH_MAX } from "../protocols.ts";
import { OK_STATUS } from "../status.ts";
import { allow, exchange, refuse } from "../testing/exchange-pair.ts";
import { chunkNameOf, sampleGrant } from "../testing/samples.ts";
import { type BatchedChunk, type BatchOutcomes, requestStoreBatch, serveStoreBatch } from "./store-batch.ts";

const grant = sampleGrant({ action: "store-batch" });

/** Chunks of these lengths. */
function batch(...lengths: readonly number[]): readonly BatchedChunk[] {
  return lengths.map((length, at) => ({ chunkName: chunkNameOf(`chunk ${at}`), sealed: randomBytes(length) }));
}

const stored = (alreadyHeld = false): BatchOutcomes[number] => ({ status: "fulfilled", value: { alreadyHeld } });
const storeAll = async (chunks: readonly BatchedChunk[]): Promise<BatchOutcomes> => chunks.map(() => stored());
const unexpected = (): never => {
  throw new AppError("INTERNAL", "asked");
};

describe("store-batch", () => {
  it("carries the largest batch, each chunk by itself", async () => {
    const chunks = batch(...Array.from({ length: BATCH_CHUNKS_MAX }, () => BATCH_LENGTH_MAX / 64));
    const kept: BatchedChunk[] = [];
    const outcomes = await exchange(
      (stream) => requestStoreBatch(stream, { grant, chunks }),
      (stream) =>
        serveStoreBatch(stream, {
          authorise: (claim) =>
            expect(claim).toEqual({
              grant,
              chunks: chunks.map(({ chunkName, sealed }) => ({ chunkName, length: sealed.length })),
              batchName: batchNameOf(chunks.map(({ chunkName, sealed }) => ({ chunkName, length: sealed.length }))),
              length: BATCH_LENGTH_MAX,
            }) as undefined,
          store: async (received) => {
            kept.push(...received);
            return received.map((_, at) => stored(at % 2 === 1));
          },
        }),
    );
    expect(outcomes).toEqual(chunks.map((_, at) => stored(at % 2 === 1)));
    expect(kept.map(({ chunkName }) => chunkName)).toEqual(chunks.map(({ chunkName }) => chunkName));
    for (const [at, { sealed }] of kept.entries()) expect(Buffer.compare(sealed, chunks[at]!.sealed)).toBe(0);
  });

  it("tells of each chunk by itself what it failed with", async () => {
    const outcomes = await exchange(
      (stream) => requestStoreBatch(stream, { grant, chunks: batch(5, 6, 7) }),
      (stream) =>
        serveStoreBatch(stream, {
          authorise: allow,
          store: async () => [
            stored(),
            { status: "rejected", reason: new AppError("NO_SPACE", "é".repeat(5000)) },
            stored(true),
          ],
        }),
    );
    expect(outcomes).toMatchObject([
      stored(),
      { status: "rejected", reason: { code: "NO_SPACE", message: "é".repeat(1000) } },
      stored(true),
    ]);
  });

  it("has room for the longest refusal of every chunk", async () => {
    const chunks = batch(...Array.from({ length: BATCH_CHUNKS_MAX }, () => 1));
    const reason = new AppError("CHUNK_CORRUPT", "€".repeat(5000));
    const outcomes = await exchange(
      (stream) => requestStoreBatch(stream, { grant, chunks }),
      (stream) =>
        serveStoreBatch(stream, {
          authorise: allow,
          store: async () => chunks.map(() => ({ status: "rejected", reason })),
        }),
    );
    expect(outcomes.every((each) => each.status === "rejected")).toBe(true);
  });

  it("refuses before it reads the bodies, and the sender stops", async () => {
    const [near, far] = createMemoryStreamPair();
    const chunks = batch(BATCH_CHUNK_LENGTH_MAX, BATCH_CHUNK_LENGTH_MAX, BATCH_CHUNK_LENGTH_MAX);
    const request = requestStoreBatch(near, { grant, chunks });
    await serveStoreBatch(far, { authorise: refuse, store: unexpected });
    await expect(request).rejects.toMatchObject({ code: "INVALID_GRANT", message: "no" });
    expect(far.waitingBytes).toBeGreaterThan(0);
    expect(far.waitingBytes).toBeLessThanOrEqual(2 * MEMORY_STREAM_WINDOW_BYTES);
  });

  it("reads into the memory that it is given", async () => {
    const memory = new Uint8Array(11);
    const chunks = batch(5, 6);
    await exchange(
      (stream) => requestStoreBatch(stream, { grant, chunks }),
      (stream) => serveStoreBatch(stream, { authorise: allow, allocate: () => memory, store: storeAll }),
    );
    expect(Buffer.compare(memory, Buffer.concat(chunks.map(({ sealed }) => sealed)))).toBe(0);
  });

  it("is not done before the stream has taken all bytes, whatever the node answers meanwhile", async () => {
    const [near, far] = createMemoryStreamPair();
    let isDone = false;
    const chunks = batch(200_000, 200_000, 200_000, 200_000);
    const request = requestStoreBatch(near, { grant, chunks }).then(() => {
      isDone = true;
    });
    // A liar: it says that it has stored what it has not read.
    await readMessage(far, StoreBatchRequestSchema, FRAME_BYTES_MAX.request);
    const outcomes = chunks.map(() => ({ status: OK_STATUS }));
    const init = { status: OK_STATUS, outcomes };
    await writeMessage(far, StoreBatchResponseSchema, { init, maxBytes: FRAME_BYTES_MAX.batchResponse });
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    expect(isDone).toBe(false);
    await far.read(800_000);
    await request;
  });

  it.each([
    ["no chunk", batch()],
    ["too many chunks", batch(...Array.from({ length: BATCH_CHUNKS_MAX + 1 }, () => 1))],
    ["a chunk of no byte", batch(3, 0)],
    ["a chunk that is too long", batch(3, BATCH_CHUNK_LENGTH_MAX + 1)],
    ["too many bytes in all", batch(...Array.from({ length: 4 }, () => BATCH_LENGTH_MAX / 4), 1)],
    ["a chunk twice", [...batch(3, 4), ...batch(3)]],
  ])("refuses %s without asking anyone", async (_, chunks) => {
    const [near, far] = createMemoryStreamPair();
    const request = requestStoreBatch(near, { grant, chunks });
    await serveStoreBatch(far, { authorise: unexpected, store: unexpected });
    await expect(request).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
  });

  it.each([2n ** 63n, 2n ** 64n - 1n])("refuses an announced length of %d before memory is taken", async (length) => {
    const [near, far] = createMemoryStreamPair();
    const chunks = [0, 1].map((at) => ({ chunkName: encodeChunkName(chunkNameOf(`chunk ${at}`)), length }));
    await writeMessage(near, StoreBatchRequestSchema, { init: { grant, chunks }, maxBytes: FRAME_BYTES_MAX.request });
    await serveStoreBatch(far, { authorise: unexpected, allocate: unexpected, store: unexpected });
    const response = await readMessage(near, StoreBatchResponseSchema, FRAME_BYTES_MAX.batchResponse);
    expect(response.status?.code).toBe("PROTOCOL_ERROR");
  });

  it.each([
    ["fewer outcomes than chunks", [{ status: OK_STATUS }]],
    ["more outcomes than chunks", [{ status: OK_STATUS }, { status: OK_STATUS }, { status: OK_STATUS }]],
  ])("does not take %s for an answer", async (_, outcomes) => {
    const [near, far] = createMemoryStreamPair();
    const request = requestStoreBatch(near, { grant, chunks: batch(1, 2) });
    const init = { status: OK_STATUS, outcomes };
    await writeMessage(far, StoreBatchResponseSchema, { init, maxBytes: FRAME_BYTES_MAX.batchResponse });
    await expect(request).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
  });

  it.each([
    ["no status", {}],
    ["an empty status", { status: {} }],
  ])("does not take an outcome with %s for a stored chunk", async (_, outcome) => {
    const [near, far] = createMemoryStreamPair();
    const request = requestStoreBatch(near, { grant, chunks: batch(1, 2) });
    const init = { status: OK_STATUS, outcomes: [{ status: OK_STATUS }, outcome] };
    await writeMessage(far, StoreBatchResponseSchema, { init, maxBytes: FRAME_BYTES_MAX.batchResponse });
    expect(await request).toMatchObject([stored(), { status: "rejected", reason: { code: "PROTOCOL_ERROR" } }]);
  });

  it("answers INTERNAL for what no one expected of one chunk, without its words, and throws it on", async () => {
    const [near, far] = createMemoryStreamPair();
    const bug = new TypeError("secret detail");
    const served = serveStoreBatch(far, {
      authorise: allow,
      store: async () => [stored(), { status: "rejected", reason: bug }],
    });
    const request = requestStoreBatch(near, { grant, chunks: batch(9, 9) });
    await expect(served).rejects.toBe(bug);
    const outcomes = await request;
    expect(outcomes).toMatchObject([stored(), { status: "rejected", reason: { code: "INTERNAL" } }]);
    expect(JSON.stringify(outcomes)).not.toContain("secret");
  });

  it("ends with the reason of the stream when the peer goes away in the middle", async () => {
    const [near, far] = createMemoryStreamPair();
    const gone = new AppError("NODE_UNREACHABLE", "gone");
    const served = serveStoreBatch(far, { authorise: () => far.cut(gone), store: storeAll });
    const request = requestStoreBatch(near, { grant, chunks: batch(200_000, 200_000) });
    await expect(served).rejects.toBe(gone);
    await expect(request).rejects.toBe(gone);
  });

  it("needs the chunks' own memory no more once the first byte is written", async () => {
    const [near, far] = createMemoryStreamPair();
    const chunks = batch(1000, 1000);
    const expected = Buffer.concat(chunks.map(({ sealed }) => sealed));
    const afterFirst: ByteStream = {
      read: (length) => near.read(length),
      write: (bytes) => {
        for (const { sealed } of chunks) sealed.fill(0);
        return near.write(bytes);
      },
      closeWrite: () => near.closeWrite(),
      abort: (reason) => near.abort(reason),
    };
    const request = requestStoreBatch(afterFirst, { grant, chunks });
    const received: Uint8Array[] = [];
    await serveStoreBatch(far, {
      authorise: allow,
      store: async (taken) => {
        received.push(...taken.map(({ sealed }) => sealed));
        return taken.map(() => stored());
      },
    });
    await request;
    expect(expected.equals(Buffer.concat(received))).toBe(true);
  });
});

describe("the name of a batch", () => {
  const [a, b] = [chunkNameOf("a"), chunkNameOf("b")];

  it("is another one with any name, length or place changed", () => {
    const lists = [
      [{ chunkName: a, length: 1 }],
      [{ chunkName: a, length: 2 }],
      [{ chunkName: b, length: 1 }],
      [
        { chunkName: a, length: 1 },
        { chunkName: b, length: 2 },
      ],
      [
        { chunkName: b, length: 2 },
        { chunkName: a, length: 1 },
      ],
      [
        { chunkName: a, length: 2 },
        { chunkName: b, length: 1 },
      ],
    ];
    expect(new Set(lists.map(batchNameOf)).size).toBe(lists.length);
  });
});
