import { randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { AppError } from "@commonhold/core/app-error.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import type { Exchange } from "@commonhold/p2p/peer-host.ts";
import { serveRetrieveChunk } from "@commonhold/wire/exchanges/retrieve-chunk.ts";
import { serveStoreChunk } from "@commonhold/wire/exchanges/store-chunk.ts";
import { afterEach, describe, expect, it } from "vitest";
import { type DataPath, type FakeNode, openDataPath } from "./data-path.fixture.ts";
import { badReplicas, download } from "./evil-outcomes.fixture.ts";

type Evil = (node: FakeNode) => NonNullable<FakeNode["instead"]>;

/** Ten chunks: of four nodes, each is to hold some of them. */
const SIZE = 2_500_000;
const CHUNKS = 10;
/** More than what a node is expected to take that was never asked: the honest ones are not preferred for their speed. */
const HONEST_MS = 30;
const authorise = () => undefined;
const untilGone = ({ signal }: Exchange): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));

let path: DataPath;
afterEach(() => path.close());

/** Some nodes, of which the first is evil. Of three, each holds every chunk. */
async function openWith(evil: Evil, nodes: 3 | 4): Promise<FakeNode> {
  path = await openDataPath({ nodes });
  const [node, ...others] = path.nodes as [FakeNode, ...FakeNode[]];
  node.instead = evil(node);
  for (const other of others) Object.defineProperty(other, "hold", { get: () => path.api.clock.advance(HONEST_MS) });
  return node;
}

async function put(bytes: Uint8Array<ArrayBuffer>) {
  return path.json("/api/v1/files/a.bin", { method: "PUT", body: bytes });
}

async function rowsOf(table: "uploads" | "files" | "chunks"): Promise<number> {
  return (await path.api.metadata.read.selectFrom(table).selectAll().execute()).length;
}

/** Answers an upload or a download by what a node that keeps to the rules would not say. */
const ANSWERS: Readonly<Record<string, Evil>> = {
  "has no space":
    () =>
    ({ stream }, kind) =>
      refuse(stream, kind, new AppError("NO_SPACE", "full")),
  "refuses every grant":
    () =>
    ({ stream }, kind) =>
      refuse(stream, kind, new AppError("INVALID_GRANT", "no")),
  "says what nobody has ever said":
    () =>
    ({ stream }, kind) =>
      refuse(stream, kind, Object.assign(new AppError("INTERNAL", "m"), { code: "FROM_THE_FUTURE" })),
  "resets the stream": () => () => Promise.reject(new AppError("INTERNAL", "evil")),
  "ends the stream without a word": () => () => Promise.resolve(),
  "closes in the middle of the request":
    () =>
    async ({ stream }) =>
      void (await stream.read(100)),
  "answers a frame of 4 GB":
    () =>
    async ({ stream }) =>
      stream.write(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f)),
  "answers a length without end":
    () =>
    async ({ stream }) =>
      stream.write(new Uint8Array(500).fill(0x80)),
  "answers what is no message":
    () =>
    async ({ stream }) =>
      stream.write(Uint8Array.of(3, 0xff, 0xff, 0xff)),
  "answers without a status":
    () =>
    async ({ stream }) =>
      stream.write(Uint8Array.of(0)),
};

function refuse(stream: Exchange["stream"], kind: string, error: AppError): Promise<void> {
  const no = (): never => {
    throw error;
  };
  return kind === "storeChunk"
    ? serveStoreChunk(stream, { authorise: no, store: no })
    : serveRetrieveChunk(stream, { authorise: no, retrieve: no });
}

describe("an upload, while one of four nodes", () => {
  it.each(Object.entries(ANSWERS))("%s, has three copies of every chunk on the others", async (_, evil) => {
    await openWith(evil, 4);
    const bytes = new Uint8Array(randomBytes(SIZE));
    const { status, body } = await put(bytes);
    expect(status).toBe(201);
    await path.transfers.late.idle();
    expect(path.nodes.map(({ chunks }) => chunks.size)).toEqual([0, CHUNKS, CHUNKS, CHUNKS]);
    const file = await path.json(`/api/v1/files/${body.file_id}`);
    expect(file.body.replicas).toEqual({ promised: 3, min: 3, pending: 0 });
    expect((await download(path, body.file_id)).equals(bytes)).toBe(true);
    expect(await path.credits()).toMatchObject({ reserved: 0n });
  });

  it("never answers, waits for it neither in sending nor in reading", async () => {
    await openWith(() => untilGone, 4);
    const bytes = new Uint8Array(randomBytes(SIZE));
    const { status, body } = await put(bytes);
    expect(status).toBe(201);
    expect((await download(path, body.file_id)).equals(bytes)).toBe(true);
    for (const { chunks } of path.nodes.slice(1)) expect(chunks.size).toBeGreaterThan(0);
    await path.stopTransfers();
  });
});

describe("an upload, while every node", () => {
  const some = ["has no space", "resets the stream", "closes in the middle of the request", "answers a frame of 4 GB"];
  it.each(some)("%s, fails by its name and leaves nothing half-made", async (name) => {
    const evil = ANSWERS[name]!;
    await openWith(evil, 4);
    for (const node of path.nodes) node.instead = evil(node);
    const before = await path.credits();
    const { status, body } = await put(new Uint8Array(randomBytes(SIZE)));
    expect([status, body.error.code]).toEqual([503, "NOT_ENOUGH_NODES"]);
    await path.transfers.late.idle();
    expect(await path.credits()).toEqual(before);
    expect([await rowsOf("uploads"), await rowsOf("files"), await rowsOf("chunks")]).toEqual([0, 0, 0]);
    expect(await readdir(path.spoolFolder)).toEqual([]);
    await expect.poll(() => path.transfers.uploadBudget.usedBytes).toBe(0);
  });
});

/** What a node gives in place of a chunk that it holds. */
const WRONG_CHUNKS: Readonly<Record<string, readonly [reason: string, evil: Evil]>> = {
  "sends other bytes": ["wrong", (node) => give(node, (held) => new Uint8Array(randomBytes(held.length)))],
  "sends them with one bit changed": [
    "wrong",
    (node) => give(node, (held) => held.map((byte, i) => byte ^ Number(i === 9))),
  ],
  "sends half of them as if they were all": [
    "wrong",
    (node) => give(node, (held) => held.subarray(0, held.length >> 1)),
  ],
  "sends more than there are": ["wrong", (node) => give(node, (held) => Buffer.concat([held, held]))],
  "sends nothing as if it were all": ["wrong", (node) => give(node, () => new Uint8Array())],
  "closes in the middle of them": ["unreachable", (node) => give(node, closeHalfWay)],
  "has lost them": ["missing", (node) => give(node, () => undefined)],
};

function give(node: FakeNode, bend: (held: Uint8Array) => Uint8Array | AsyncIterable<Uint8Array> | undefined) {
  const take = async (name: ChunkName, bytes: Uint8Array) => {
    node.chunks.set(name, bytes.slice());
    return { alreadyHeld: false };
  };
  const retrieve = async (name: ChunkName) => {
    node.retrievals += 1;
    const held = node.chunks.get(name)!;
    const bytes = bend(held);
    if (bytes === undefined) throw new AppError("CHUNK_NOT_FOUND", "not here");
    return { length: bytes instanceof Uint8Array ? bytes.length : held.length, bytes };
  };
  return ({ stream }: Exchange, kind: string): Promise<void> =>
    kind === "storeChunk"
      ? serveStoreChunk(stream, { authorise, store: take })
      : serveRetrieveChunk(stream, { authorise, retrieve });
}

async function* closeHalfWay(held: Uint8Array): AsyncGenerator<Uint8Array> {
  yield held.subarray(0, held.length >> 1);
  throw new AppError("INTERNAL", "evil");
}

describe("a download, while one holder", () => {
  it.each(Object.entries(WRONG_CHUNKS))(
    "%s, is whole; the holder is counted and avoided",
    async (_, [reason, evil]) => {
      const node = await openWith(evil, 3);
      const bytes = new Uint8Array(randomBytes(SIZE));
      const { body } = await put(bytes);
      await path.transfers.late.idle();
      expect((await download(path, body.file_id)).equals(bytes)).toBe(true);
      const asked = node.retrievals;
      expect(asked).toBeGreaterThan(0);
      expect(await badReplicas(path)).toEqual({ [reason]: asked });
      expect((await download(path, body.file_id)).equals(bytes)).toBe(true);
      expect(node.retrievals).toBe(asked);
    },
  );

  const some = ["refuses every grant", "resets the stream", "answers a frame of 4 GB", "answers without a status"];
  it.each(some)("%s, is whole; the holder is counted", async (name) => {
    const node = await openWith((each) => give(each, (held) => held), 3);
    const bytes = new Uint8Array(randomBytes(SIZE));
    const { body } = await put(bytes);
    await path.transfers.late.idle();
    node.instead = ANSWERS[name]!(node);
    expect((await download(path, body.file_id)).equals(bytes)).toBe(true);
    expect((await badReplicas(path))["unreachable"]).toBeGreaterThan(0);
  });
});

it("a node that says stored and stores nothing is found out by reading, counted and avoided; the file is whole", async () => {
  const liar = await openWith(
    (node) =>
      ({ stream }, kind) => {
        if (kind === "storeChunk")
          return serveStoreChunk(stream, { authorise, store: async () => ({ alreadyHeld: false }) });
        node.retrievals += 1;
        return refuse(stream, kind, new AppError("CHUNK_NOT_FOUND", "never had it"));
      },
    3,
  );
  const bytes = new Uint8Array(randomBytes(SIZE));
  const { status, body } = await put(bytes);
  expect(status).toBe(201);
  await path.transfers.late.idle();
  expect((await download(path, body.file_id)).equals(bytes)).toBe(true);
  const foundOut = liar.retrievals;
  expect(foundOut).toBeGreaterThan(0);
  expect(await badReplicas(path)).toEqual({ missing: foundOut });
  expect((await download(path, body.file_id)).equals(bytes)).toBe(true);
  expect(liar.retrievals).toBe(foundOut);
});
