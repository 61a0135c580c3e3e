import { randomBytes } from "node:crypto";
import { AppError } from "@commonhold/core/app-error.ts";
import type { ByteStream } from "@commonhold/core/byte-stream.ts";
import type { Exchange } from "@commonhold/p2p/peer-host.ts";
import { type RetrievedChunks, serveRetrieveBatch } from "@commonhold/wire/exchanges/retrieve-batch.ts";
import { serveRetrieveChunk } from "@commonhold/wire/exchanges/retrieve-chunk.ts";
import { afterEach, describe, expect, it } from "vitest";
import { type DataPath, type FakeNode, openDataPath } from "./data-path.fixture.ts";
import { badReplicas, download } from "./evil-outcomes.fixture.ts";

const FILES = 8;
/** More than what a node is expected to take that was never asked: the honest ones are not preferred for their speed. */
const HONEST_MS = 30;
const authorise = () => undefined;

let path: DataPath;
afterEach(() => path.close());

type Given = RetrievedChunks[number];
/** How a node bends a batch that it gives, whose chunks are all there. */
interface Evil {
  readonly bend?: (found: readonly Given[]) => readonly Given[];
  /** What goes out in place of the bodies. */
  readonly body?: (bytes: Uint8Array, exchange: Exchange) => Uint8Array | Promise<Uint8Array>;
}

const isHad = (given: Given): given is PromiseFulfilledResult<Uint8Array> => given.status === "fulfilled";
const bent = ([first, ...others]: readonly Given[], bend: (bytes: Uint8Array) => Uint8Array): readonly Given[] => [
  isHad(first!) ? { status: "fulfilled", value: bend(first.value) } : first!,
  ...others,
];
const refusedFirst = ([, ...others]: readonly Given[], reason: AppError): readonly Given[] => [
  { status: "rejected", reason },
  ...others,
];

function serveBatch(exchange: Exchange, node: FakeNode, { bend = (found) => found, body }: Evil): Promise<void> {
  const { stream } = exchange;
  let writes = 0;
  const bending: ByteStream = {
    read: (length, target) => stream.read(length, target),
    // The first is the answer's frame.
    write: async (bytes) => stream.write(++writes === 1 || body === undefined ? bytes : await body(bytes, exchange)),
    closeWrite: () => stream.closeWrite(),
    abort: (reason) => stream.abort(reason),
  };
  return serveRetrieveBatch(bending, {
    authorise,
    retrieve: async (chunks) => {
      node.retrievals += chunks.length;
      const found = chunks.map(({ chunkName }): Given => {
        const value = node.chunks.get(chunkName);
        if (value === undefined) throw new AppError("INTERNAL", "it was never stored");
        return { status: "fulfilled", value };
      });
      return bend(found);
    },
  });
}

/** Three nodes hold every file; the first is evil in the first batch. The others are not asked before it. */
async function openWith(evil: Evil) {
  path = await openDataPath({ nodes: 3 });
  const files = await Promise.all(
    Array.from({ length: FILES }, async (_, at) => {
      const bytes = new Uint8Array(randomBytes(20_000));
      const { status, body } = await path.json(`/api/v1/files/${at}.bin`, { method: "PUT", body: bytes });
      expect(status).toBe(201);
      return { id: String(body.file_id), bytes };
    }),
  );
  await path.transfers.late.idle();
  const [node, ...others] = path.nodes as [FakeNode, ...FakeNode[]];
  for (const other of others) Object.defineProperty(other, "hold", { get: () => path.api.clock.advance(HONEST_MS) });
  let batches = 0;
  node.instead = (exchange, kind) => {
    if (kind === "retrieveBatch") {
      batches += 1;
      return serveBatch(exchange, node, batches === 1 ? evil : {});
    }
    return serveRetrieveChunk(exchange.stream, {
      authorise,
      retrieve: async (name) => {
        const bytes = node.chunks.get(name)!;
        return { length: bytes.length, bytes };
      },
    });
  };
  return { node, files, batches: () => batches };
}

const EVIL: Readonly<Record<string, readonly [counted: object, evil: Evil]>> = {
  "has lost one of them": [
    { missing: 1 },
    { bend: (found) => refusedFirst(found, new AppError("CHUNK_NOT_FOUND", "gone")) },
  ],
  "says that one has rotted": [
    { wrong: 1 },
    { bend: (found) => refusedFirst(found, new AppError("CHUNK_CORRUPT", "rotten")) },
  ],
  "gives one with a bit changed": [
    { wrong: 1 },
    { bend: (found) => bent(found, (bytes) => bytes.map((byte, i) => byte ^ Number(i === 9))) },
  ],
  "gives one that is too short": [{ wrong: 1 }, { bend: (found) => bent(found, (bytes) => bytes.subarray(1)) }],
  "gives them in another order": [{ wrong: expect.any(Number) }, { bend: (found) => found.toReversed() }],
  "sends more than it announced": [{}, { body: (bytes) => Buffer.concat([bytes, bytes]) }],
  "ends in the middle of them": [{}, { body: (bytes) => bytes.subarray(0, bytes.length >> 1) }],
  "resets in the middle of them": [
    {},
    {
      body: async (bytes, { stream }) => {
        await stream.write(bytes.subarray(0, bytes.length >> 1));
        throw new AppError("INTERNAL", "evil");
      },
    },
  ],
  "never goes on in the middle of them": [
    {},
    {
      body: async (bytes, { stream, signal }) => {
        await stream.write(bytes.subarray(0, bytes.length >> 1));
        return await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
      },
    },
  ],
};

describe("small files that are read together, while one holder", () => {
  it.each(Object.entries(EVIL))("%s, are whole; what it bent is counted", async (_, [counted, evil]) => {
    const { files, batches } = await openWith(evil);
    for (let round = 0; round < 20 && batches() === 0; round++) {
      const read = await Promise.all(files.map(({ id }) => download(path, id)));
      for (const [at, { bytes }] of files.entries()) expect(read[at]!.equals(bytes)).toBe(true);
    }
    expect(batches()).toBeGreaterThan(0);
    expect(await badReplicas(path)).toEqual(counted);
  });
});
