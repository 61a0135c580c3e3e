import { chunkSizeBytesFor } from "@commonhold/core/chunk-size.ts";
import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { once } from "node:events";
import { Readable } from "node:stream";
import { AppError } from "@commonhold/core/app-error.ts";
import type { CommandPayload, Metadata } from "@commonhold/metadata/metadata.ts";
import { systemRandom } from "@commonhold/runtime/system-random.ts";
import { systemSleep } from "@commonhold/runtime/system-sleep.ts";
import { afterAll, describe, expect, it } from "vitest";
import { createLogFixture } from "../http/http.fixture.ts";
import { ByteBudget } from "../transfers/byte-budget.ts";
import { type DataPath, openDataPath } from "../transfers/data-path.fixture.ts";
import type { StoredChunk } from "./chunk-pipeline.ts";
import { receiveChunk } from "./chunk-receiver.ts";
import { createExpiredUploadsJob } from "./expired-uploads-loop.ts";
import type { OpenUpload } from "./open-uploads.ts";

/** Shared by tests that need the same number of nodes: opening one takes a while. */
const opened = new Map<number, DataPath>();
let path: DataPath;

async function open(nodes: number): Promise<void> {
  path = opened.get(nodes) ?? (await openDataPath({ nodes }));
  opened.set(nodes, path);
  for (const node of path.nodes) {
    await path.heartbeat(node);
    node.chunks.clear();
    node.refusal = undefined;
    node.hold = undefined;
    node.stores = 0;
  }
}
afterAll(async () => {
  for (const each of opened.values()) await each.close();
});

const initiate = (fields: object) =>
  path.json("/api/v1/files/upload/initiate", { method: "POST", body: JSON.stringify(fields) });
const sendChunk = (sessionId: string, index: number, bytes: Uint8Array<ArrayBuffer>) =>
  path.json(`/api/v1/files/upload/${sessionId}/chunk?index=${index}`, { method: "POST", body: bytes });
const complete = (sessionId: string, fields: object = {}) =>
  path.json(`/api/v1/files/upload/${sessionId}/complete`, { method: "POST", body: JSON.stringify(fields) });
const put = (name: string, bytes: Uint8Array<ArrayBuffer>, query = "") =>
  path.json(`/api/v1/files/${name}${query}`, { method: "PUT", body: bytes });
const bytesOf = (length: number) => new Uint8Array(randomBytes(length));
const openUploadCount = async () => (await path.api.metadata.read.selectFrom("uploads").selectAll().execute()).length;
const fileCount = async () => (await path.api.metadata.read.selectFrom("files").selectAll().execute()).length;

describe("an empty file", () => {
  it("goes in by three steps and by one, and comes out", async () => {
    await open(3);
    const before = await path.credits();
    const begun = await initiate({ filename: "empty", size_bytes: 0 });
    expect(begun.body).toMatchObject({ chunk_count: 0 });
    expect(await sendChunk(begun.body.session_id, 0, bytesOf(1))).toMatchObject({
      status: 422,
      body: { error: { code: "INVALID_CHUNK_INDEX" } },
    });
    const done = await complete(begun.body.session_id, {
      sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    });
    const other = await put("empty-too", new Uint8Array(0));
    expect(other.body).toMatchObject({ size_bytes: 0, chunk_count: 0, content_id: done.body.content_id });
    for (const { body } of [done, other]) {
      const whole = await path.call(`/api/v1/files/${body.file_id}/download`);
      expect(whole.status).toBe(200);
      expect(whole.headers.get("content-length")).toBe("0");
      expect((await whole.arrayBuffer()).byteLength).toBe(0);
    }
    expect(await path.credits()).toEqual(before);
  });
});

describe("file sizes", () => {
  it.each([262_144, 262_145, 524_288, 1])("%i bytes come back as they were", async (size) => {
    await open(3);
    const bytes = bytesOf(size);
    const { status, body } = await put("a", bytes);
    expect(status).toBe(201);
    expect(body.chunk_count).toBe(Math.ceil(size / 262_144));
    const back = await path.call(`/api/v1/files/${body.file_id}/download`);
    expect(Buffer.from(await back.arrayBuffer()).equals(bytes)).toBe(true);
  });
});

describe("concurrent calls", () => {
  it("the same chunk several times at once is one chunk, and so is the completion", async () => {
    await open(3);
    const before = await path.credits();
    const bytes = bytesOf(1000);
    const { body } = await initiate({ filename: "a", size_bytes: 1000 });
    const sent = await Promise.all([1, 2, 3].map(() => sendChunk(body.session_id, 0, bytes)));
    expect(sent.map(({ status }) => status)).toEqual([200, 200, 200]);
    const done = await Promise.all([1, 2, 3].map(() => complete(body.session_id)));
    expect(new Set(done.map(({ body: file }) => file.file_id)).size).toBe(1);
    expect(await path.credits()).toEqual({ ...before, available: before.available - 3n });
    expect(await sendChunk(body.session_id, 0, bytes)).toMatchObject({ body: { error: { code: "UPLOAD_ENDED" } } });
  });

  it("other bytes for one index at once: one wins, the other is told", async () => {
    await open(3);
    const { body } = await initiate({ filename: "a", size_bytes: 1000 });
    const sent = await Promise.all([1, 2].map(() => sendChunk(body.session_id, 0, bytesOf(1000))));
    expect(sent.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  it("two uploads of the same bytes at once leave three copies of each chunk at most per node", async () => {
    await open(4);
    const bytes = bytesOf(600_000);
    const done = await Promise.all(["a", "b"].map((name) => put(name, bytes)));
    expect(done.map(({ status }) => status)).toEqual([201, 201]);
    await path.transfers.late.idle();
    for (const { body } of done) {
      const file = await path.json(`/api/v1/files/${body.file_id}`);
      expect(file.body.replicas).toEqual({ promised: 3, min: 3, pending: 0 });
    }
  });

  it("many small files at once all find room, however slow the nodes are", async () => {
    await open(3);
    const hold = Promise.withResolvers<void>();
    for (const node of path.nodes) node.hold = hold.promise;
    const uploading = Promise.all(Array.from({ length: 90 }, (_, i) => put(`f${i}`, bytesOf(100))));
    await expect.poll(() => path.transfers.uploadBudget.usedBytes, { timeout: 30_000 }).toBe(90 * 100);
    hold.resolve();
    expect((await uploading).filter(({ status }) => status !== 201)).toEqual([]);
    await path.transfers.late.idle();
  });
});

describe("copies", () => {
  it("one copy needs one node", async () => {
    await open(1);
    const { status, body } = await put("a", bytesOf(1000), "?copies=1");
    expect([status, body.error?.code]).toEqual([201, undefined]);
    expect(path.nodes[0]!.chunks.size).toBe(1);
  });

  it("as many as asked for lie on distinct nodes, as far as there are nodes", async () => {
    await open(4);
    const { body } = await put("a", bytesOf(1000), "?copies=10");
    await path.transfers.late.idle();
    expect(path.nodes.map((node) => node.chunks.size)).toEqual([1, 1, 1, 1]);
    const file = await path.json(`/api/v1/files/${body.file_id}`);
    expect(file.body.replicas).toEqual({ promised: 10, min: 4, pending: 0 });
  });

  it("a later upload that asks for more copies of the same bytes gets them", async () => {
    await open(4);
    const bytes = bytesOf(1000);
    await put("few", bytes, "?copies=2");
    await path.transfers.late.idle();
    const { body } = await put("more", bytes, "?copies=4");
    await path.transfers.late.idle();
    const file = await path.json(`/api/v1/files/${body.file_id}`);
    expect(file.body.replicas).toEqual({ promised: 4, min: 4, pending: 0 });
    const recorded = path.api.metadata.read.selectFrom("file_chunks").innerJoin("chunks", "name", "chunk_name");
    const rows = await recorded.select("copies").where("file_id", "=", body.file_id).execute();
    expect(rows).toEqual([{ copies: 4 }]);
  });

  it("a single copy is deduplicated as well", async () => {
    await open(3);
    const bytes = bytesOf(1000);
    await put("a", bytes, "?copies=1");
    await put("b", bytes, "?copies=1");
    expect(path.nodes.reduce((sum, node) => sum + node.stores, 0)).toBe(1);
  });

  it("bytes that a node was found not to hold are sent again", async () => {
    await open(3);
    const bytes = bytesOf(1000);
    const { body } = await put("a", bytes);
    await path.transfers.late.idle();
    for (const node of path.nodes) node.chunks.clear();
    expect((await path.call(`/api/v1/files/${body.file_id}/download`)).status).toBe(503);
    expect((await put("again", bytes)).status).toBe(201);
    await path.transfers.late.idle();
    expect((await path.call(`/api/v1/files/${body.file_id}/download`)).status).toBe(200);
  });
});

describe("credits", () => {
  it("a price that rose meanwhile does not hinder an upload that was begun before", async () => {
    await open(3);
    const before = await path.credits();
    const { body } = await initiate({ filename: "a", size_bytes: 1000 });
    const { file_id } = body;
    await sendChunk(body.session_id, 0, bytesOf(1000));
    const nowMs = path.api.clock.nowMs();
    await path.api.metadata.apply("upload.complete", {
      upload_id: body.session_id,
      folder_ids: [],
      size_bytes: 1000,
      chunk_count: 1,
      content_id: "0".repeat(64),
      cost_microcredits: "6",
      transaction_id: "dearer",
      now_ms: nowMs,
    });
    expect((await path.json(`/api/v1/files/${file_id}`)).status).toBe(200);
    expect(await path.credits()).toEqual({ ...before, available: before.available - 3n });
  });

  it("nothing stays reserved after an upload that fails", async () => {
    await open(3);
    const before = await path.credits();
    const counts = [await openUploadCount(), await fileCount()];
    const wrong = await path.json("/api/v1/files?filename=a", {
      method: "POST",
      headers: { "content-md5": Buffer.alloc(16).toString("base64") },
      body: bytesOf(1000),
    });
    expect(wrong.body.error.code).toBe("CHECKSUM_MISMATCH");
    for (const node of path.nodes) node.refusal = new AppError("NO_SPACE", "full");
    const full = await put("b", bytesOf(1000));
    expect(full).toMatchObject({ status: 503, body: { error: { code: "NOT_ENOUGH_NODES" } } });
    expect(await path.credits()).toEqual(before);
    expect([await openUploadCount(), await fileCount()]).toEqual(counts);
  });

  it("an upload whose client goes away is given up", async () => {
    await open(3);
    const before = await path.credits();
    const uploads = await openUploadCount();
    const socket = connect({ port: Number(new URL(path.url).port), host: "127.0.0.1" });
    await once(socket, "connect");
    socket.write(
      `POST /api/v1/files?filename=a HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${path.user.accessToken}\r\n` +
        `content-length: 900000\r\n\r\n${"x".repeat(400_000)}`,
    );
    await expect.poll(openUploadCount).toBe(uploads + 1);
    expect((await path.credits()).reserved).toBeGreaterThan(0n);
    socket.destroy();
    await expect.poll(openUploadCount).toBe(uploads);
    expect(await path.credits()).toEqual(before);
  });

  it("an upload in one step that the coordinator did not survive is forgotten within hours", async () => {
    await open(3);
    const before = await path.credits();
    const upload = await path.transfers.sessions.initiate({
      ownerId: path.user.id as never,
      folderId: null,
      name: "a",
      sizeBytes: 1_000_000,
      mediaType: undefined,
      sha256: undefined,
      md5: undefined,
      copies: undefined,
      oneStep: true,
      ids: undefined,
    });
    expect(upload.sizeBytes).toBe(1_000_000);
    path.api.clock.advance(2 * 3_600_000);
    for (const job of path.transfers.jobs) await job.runNow();
    expect(await path.credits()).toEqual(before);
  });

  it("an upload in one step lives as long as chunks come", async () => {
    await open(3);
    let send: ReadableStreamDefaultController<Uint8Array> | undefined;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        send = controller;
      },
    });
    const uploading = path.json("/api/v1/files?filename=slow", { method: "POST", body, duplex: "half" } as RequestInit);
    const chunkCount = async () =>
      (await path.api.metadata.read.selectFrom("file_chunks").selectAll().execute()).length;
    const before = await chunkCount();
    for (let chunk = 1; chunk <= 3; chunk++) {
      send!.enqueue(bytesOf(chunkSizeBytesFor(undefined)));
      await expect.poll(chunkCount).toBe(before + chunk);
      path.api.clock.advance(50 * 60_000);
      for (const node of path.nodes) await path.heartbeat(node);
      for (const job of path.transfers.jobs) await job.runNow();
    }
    send!.close();
    expect((await uploading).status).toBe(201);
  });
});

/** Leaves no credits; the path is of no use for uploads afterwards. */
async function spendAll(): Promise<void> {
  const { available } = await path.credits();
  if (available === 0n) return;
  const { status } = await initiate({ filename: "all", size_bytes: Number((available * 1000n) / 3n) });
  expect(status).toBe(201);
}

describe("a sender that waits for 100 Continue", () => {
  it("is not asked for a body that credits do not suffice for", async () => {
    await open(2);
    await spendAll();
    const socket = connect({ port: Number(new URL(path.url).port), host: "127.0.0.1" });
    socket.write(
      `PUT /api/v1/files/a HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${path.user.accessToken}\r\n` +
        "content-length: 900000\r\nexpect: 100-continue\r\n\r\n",
    );
    let answer = "";
    socket.setEncoding("utf8").on("data", (text: string) => (answer += text));
    await once(socket, "end");
    expect(answer).toMatch(/^HTTP\/1.1 402 /);
  });
});

describe("a chunk as JSON", () => {
  it("is stored, or refused, and gives its memory back", async () => {
    await open(3);
    const { body } = await initiate({ filename: "a", size_bytes: 1000 });
    const send = (index: number, bytes: Uint8Array) =>
      path.json(`/api/v1/files/upload/${body.session_id}/chunk`, {
        method: "POST",
        body: JSON.stringify({ chunk_index: index, data: Buffer.from(bytes).toString("base64") }),
      });
    expect((await send(1, bytesOf(1000))).body.error.code).toBe("INVALID_CHUNK_INDEX");
    expect((await send(0, bytesOf(999))).body.error.code).toBe("WRONG_CHUNK_LENGTH");
    expect((await send(0, bytesOf(1000))).status).toBe(200);
    await path.transfers.late.idle();
    await expect.poll(() => path.transfers.uploadBudget.usedBytes).toBe(0);
  });

  it("is in memory that it was given, and needs no more", async () => {
    const budget = new ByteBudget(10, 10);
    const held = await budget.acquire(10, new AbortController().signal);
    const upload = { chunkCount: 1, sizeBytes: 5, chunkSizeBytes: 5 } as OpenUpload;
    const stored = { released: Promise.resolve() } as StoredChunk;
    const receiving = receiveChunk(
      {
        pipeline: () => Promise.resolve(stored),
        budget,
        buffers: path.transfers.buffers,
        stopping: new AbortController().signal,
      },
      upload,
      { index: 0, body: Readable.from([new Uint8Array(5)]), held, signal: new AbortController().signal },
    );
    expect(await receiving).toBe(stored);
    expect(budget.usedBytes).toBe(0);
  });
});

describe("uploads that ran out of time", () => {
  it("are forgotten, also behind one that cannot be", async () => {
    await open(3);
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) ids.push((await initiate({ filename: "a", size_bytes: 1000 })).body.session_id);
    path.api.clock.advance(8 * 24 * 3_600_000);
    const { metadata } = path.api;
    const apply = (name: "upload.abort", payload: CommandPayload<"upload.abort">) =>
      payload.upload_id === ids[0]
        ? Promise.reject(new AppError("INTERNAL", "a fault"))
        : metadata.apply(name, payload);
    const faulty: Metadata = { ...metadata, apply: apply as Metadata["apply"] };
    const { logger } = createLogFixture();
    const { openUploads } = path.transfers;
    const { clock } = path.api;
    const deps = { metadata: faulty, openUploads, clock, sleep: systemSleep, random: systemRandom, logger };
    await createExpiredUploadsJob(deps, 1_000_000).runNow();
    const left = await metadata.read.selectFrom("uploads").select("id").where("id", "in", ids).execute();
    expect(left).toEqual([{ id: ids[0] }]);
    await path.transfers.jobs[1]!.runNow();
    expect((await path.credits()).reserved).toBe(0n);
  });
});
