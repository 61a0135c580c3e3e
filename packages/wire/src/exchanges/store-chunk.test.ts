import { randomBytes } from "node:crypto";
import { AppError } from "@commonhold/core/app-error.ts";
import type { ByteStream } from "@commonhold/core/byte-stream.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { describe, expect, it } from "vitest";
import { StoreChunkRequestSchema, StoreChunkResponseSchema } from "../gen/commonhold_pb.ts";
import { createMemoryStreamPair, MEMORY_STREAM_WINDOW_BYTES } from "../memory-byte-stream.ts";
import { readMessage, writeMessage } from "../message.ts";
import { FRAME_BYTES_MAX, SEALED_LENGTH_MAX } from "../protocols.ts";
import { OK_STATUS } from "../status.ts";
import { CHUNK, sampleGrant } from "../testing/samples.ts";
import { requestStoreChunk, serveStoreChunk } from "./store-chunk.ts";

import { allow, exchange, refuse } from "../testing/exchange-pair.ts";

const grant = sampleGrant();

describe("store-chunk", () => {
  const sealed = randomBytes(SEALED_LENGTH_MAX);

  it("carries the largest chunk and says whether it was held", async () => {
    const stored: [ChunkName, Uint8Array][] = [];
    const result = await exchange(
      (stream) => requestStoreChunk(stream, { grant, chunkName: CHUNK, sealed }),
      (stream) =>
        serveStoreChunk(stream, {
          authorise: (claim) =>
            expect(claim).toMatchObject({ grant, chunkName: CHUNK, length: SEALED_LENGTH_MAX }) as undefined,
          store: async (chunkName, bytes) => {
            stored.push([chunkName, bytes]);
            return { alreadyHeld: true };
          },
        }),
    );
    expect(result).toEqual({ alreadyHeld: true });
    expect(stored[0]![0]).toBe(CHUNK);
    expect(sealed.equals(stored[0]![1])).toBe(true);
  });

  it("refuses before it reads the body, and the sender stops", async () => {
    const [near, far] = createMemoryStreamPair();
    const request = requestStoreChunk(near, { grant, chunkName: CHUNK, sealed });
    const store = async () => ({ alreadyHeld: false });
    await serveStoreChunk(far, { authorise: refuse, store });
    await expect(request).rejects.toMatchObject({ code: "INVALID_GRANT", message: "no" });
    expect(far.waitingBytes).toBeGreaterThan(0);
    expect(far.waitingBytes).toBeLessThanOrEqual(2 * MEMORY_STREAM_WINDOW_BYTES);
  });

  it("authorises before the body has come", async () => {
    const [near, far] = createMemoryStreamPair();
    let storedBytes = -1;
    const authorised = Promise.withResolvers<void>();
    const served = serveStoreChunk(far, {
      authorise: () => authorised.resolve(),
      store: async (_, bytes) => {
        storedBytes = bytes.length;
        return { alreadyHeld: false };
      },
    });
    const body = Promise.withResolvers<void>();
    const slow: ByteStream = {
      read: (length) => near.read(length),
      write: (bytes) => (bytes.length === 5 ? body.promise.then(() => near.write(bytes)) : near.write(bytes)),
      closeWrite: () => near.closeWrite(),
      abort: (reason) => near.abort(reason),
    };
    const request = requestStoreChunk(slow, { grant, chunkName: CHUNK, sealed: randomBytes(5) });
    await authorised.promise;
    expect(storedBytes).toBe(-1);
    body.resolve();
    expect(await request).toEqual({ alreadyHeld: false });
    await served;
    expect(storedBytes).toBe(5);
  });

  it("is not done before the stream has taken all bytes, whatever the node answers meanwhile", async () => {
    const [near, far] = createMemoryStreamPair();
    let isDone = false;
    const sealed = randomBytes(10 * MEMORY_STREAM_WINDOW_BYTES);
    const request = requestStoreChunk(near, { grant, chunkName: CHUNK, sealed }).then(() => {
      isDone = true;
    });
    // A liar: it says that it has stored what it has not read.
    await readMessage(far, StoreChunkRequestSchema, FRAME_BYTES_MAX.request);
    const init = { status: OK_STATUS, alreadyHeld: false };
    await writeMessage(far, StoreChunkResponseSchema, { init, maxBytes: FRAME_BYTES_MAX.response });
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    expect(isDone).toBe(false);
    await far.read(sealed.length);
    await request;
  });

  it.each([
    ["no byte", 0],
    ["more bytes than any chunk", SEALED_LENGTH_MAX + 1],
  ])("refuses %s without asking anyone", async (_, length) => {
    const unexpected = () => {
      throw new AppError("INTERNAL", "asked");
    };
    const [near, far] = createMemoryStreamPair();
    const request = requestStoreChunk(near, { grant, chunkName: CHUNK, sealed: new Uint8Array(length) });
    await serveStoreChunk(far, { authorise: unexpected, store: unexpected });
    await expect(request).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
  });

  it("passes on what the store says", async () => {
    const request = exchange(
      (stream) => requestStoreChunk(stream, { grant, chunkName: CHUNK, sealed: randomBytes(9) }),
      (stream) =>
        serveStoreChunk(stream, {
          authorise: allow,
          store: () => Promise.reject(new AppError("NO_SPACE", "the quota of 1 GB is used up")),
        }),
    );
    await expect(request).rejects.toMatchObject({ code: "NO_SPACE", message: "the quota of 1 GB is used up" });
  });

  it("answers INTERNAL for what no one expected, without its words, and throws it on", async () => {
    const [near, far] = createMemoryStreamPair();
    const bug = new TypeError("secret detail");
    const served = serveStoreChunk(far, { authorise: allow, store: () => Promise.reject(bug) });
    const request = requestStoreChunk(near, { grant, chunkName: CHUNK, sealed: randomBytes(9) });
    await expect(served).rejects.toBe(bug);
    const refusal = await request.catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: "INTERNAL" });
    expect(String(refusal)).not.toContain("secret");
  });

  it("ends with the reason of the stream when the peer goes away in the middle", async () => {
    const [near, far] = createMemoryStreamPair();
    const gone = new AppError("NODE_UNREACHABLE", "gone");
    const served = serveStoreChunk(far, {
      authorise: () => far.cut(gone),
      store: async () => ({ alreadyHeld: false }),
    });
    const request = requestStoreChunk(near, { grant, chunkName: CHUNK, sealed });
    await expect(served).rejects.toBe(gone);
    await expect(request).rejects.toBe(gone);
  });
});
