import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { FileId, UserId } from "@commonhold/core/ids.ts";
import type { BufferLease } from "@commonhold/runtime/buffer-pool.ts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openFileKey } from "../files/file-key.ts";
import { createFileService } from "../files/file-service.ts";
import { ByteBudget } from "../transfers/byte-budget.ts";
import { type DataPath, openDataPath } from "../transfers/data-path.fixture.ts";
import { type FileReaderDeps, type ReadableContent, readFile } from "./file-reader.ts";

let path: DataPath;
/** Three chunks: two whole ones and a short one. */
const bytes = new Uint8Array(randomBytes(600_000));
let fileId: string;
let emptyId: string;

beforeAll(async () => {
  path = await openDataPath({ nodes: 3 });
  const put = async (name: string, body: Uint8Array<ArrayBuffer>): Promise<string> =>
    (await path.json(`/api/v1/files/${name}`, { method: "PUT", body })).body.file_id;
  fileId = await put("three chunks.bin", bytes);
  emptyId = await put("empty", new Uint8Array(0));
  await path.transfers.late.idle();
});
afterEach(() => {
  for (const node of path.nodes) node.hold = undefined;
});
afterAll(() => path.close());

const get = (headers: Record<string, string> = {}, options: { id?: string; method?: string } = {}) =>
  path.call(`/api/v1/files/${options.id ?? fileId}/download`, { headers, method: options.method ?? "GET" });
const bodyOf = async (response: Response) => Buffer.from(await response.arrayBuffer());

describe("ranges (RFC 9110, 14)", () => {
  it.each([
    ["bytes=0-0", 0, 0],
    ["bytes=262143-262144", 262_143, 262_144],
    ["bytes=262144-524287", 262_144, 524_287],
    ["bytes=-1", 599_999, 599_999],
    ["bytes=524288-9223372036854775807", 524_288, 599_999],
    ["bytes=0-", 0, 599_999],
  ])("%s", async (range, start, end) => {
    const response = await get({ range });
    expect(response.status).toBe(206);
    expect(response.headers.get("content-range")).toBe(`bytes ${start}-${end}/600000`);
    expect(response.headers.get("content-length")).toBe(String(end - start + 1));
    expect((await bodyOf(response)).equals(bytes.subarray(start, end + 1))).toBe(true);
  });

  it("behind the end: 416 says how long the file is, and nothing of the file's own", async () => {
    for (const [id, size] of [
      [fileId, 600_000],
      [emptyId, 0],
    ] as const) {
      const response = await get({ range: `bytes=${size}-` }, { id });
      expect(response.status).toBe(416);
      expect(response.headers.get("content-range")).toBe(`bytes */${size}`);
      expect(response.headers.get("etag")).toBeNull();
      await response.arrayBuffer();
    }
  });

  it("is not for HEAD", async () => {
    for (const range of ["bytes=0-9", "bytes=9999999-"]) {
      const response = await get({ range }, { method: "HEAD" });
      expect([response.status, response.headers.get("content-length")]).toEqual([200, "600000"]);
      expect(response.headers.get("content-range")).toBeNull();
    }
  });
});

describe("validators (RFC 9110, 13)", () => {
  it("If-None-Match and If-Range", async () => {
    const etag = (await get({}, { method: "HEAD" })).headers.get("etag")!;
    for (const header of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      const response = await get({ "if-none-match": header });
      expect([response.status, response.headers.get("etag")]).toEqual([304, etag]);
    }
    const changed = await get({ "if-none-match": '"other"' });
    expect(changed.status).toBe(200);
    await changed.arrayBuffer();
    for (const [header, status] of [
      [etag, 206],
      [`W/${etag}`, 200],
      ['"other"', 200],
    ] as const) {
      const response = await get({ range: "bytes=0-9", "if-range": header });
      expect(response.status).toBe(status);
      await response.arrayBuffer();
    }
  });
});

describe("replicas", () => {
  it("one that is wrong and one that is lost do no harm while a third is right", async () => {
    const body = new Uint8Array(randomBytes(1000));
    const { body: file } = await path.json("/api/v1/files/b", { method: "PUT", body });
    await path.transfers.late.idle();
    const [name] = [...path.nodes[0]!.chunks.keys()].slice(-1);
    const [wrong, lost] = path.nodes;
    wrong!.chunks.set(name!, new Uint8Array(randomBytes(wrong!.chunks.get(name!)!.byteLength)));
    lost!.chunks.delete(name!);
    expect((await bodyOf(await get({}, { id: file.file_id }))).equals(body)).toBe(true);
  });

  it("a file that cannot be read answers with an error that has nothing of the file's own", async () => {
    const body = new Uint8Array(randomBytes(1000));
    const { body: file } = await path.json("/api/v1/files/c", { method: "PUT", body });
    await path.transfers.late.idle();
    const [name] = [...path.nodes[0]!.chunks.keys()].slice(-1);
    for (const node of path.nodes) node.chunks.delete(name!);
    const response = await get({ range: "bytes=0-9" }, { id: file.file_id });
    expect(response.status).toBe(503);
    const { error } = (await response.json()) as { error: { message: string } };
    expect(error).toMatchObject({ code: "CHUNK_UNAVAILABLE" });
    expect(error.message).toMatch(/every copy was found to be missing|does not come: node node-\d \(active/);
    for (const header of ["etag", "content-disposition", "content-range", "last-modified"]) {
      expect(response.headers.get(header)).toBeNull();
    }
  });

  it("a file whose nodes are away names them, says since when, and that it is of no use to ask again at once", async () => {
    const body = new Uint8Array(randomBytes(1000));
    const { body: file } = await path.json("/api/v1/files/d", { method: "PUT", body });
    await path.transfers.late.idle();
    const lastHeard = new Date(path.api.clock.nowMs()).toISOString().slice(0, 16);
    path.api.clock.advance(200_000);
    for (const node of path.nodes) node.instead = () => Promise.reject(new Error("away"));
    const answer = await path.json(`/api/v1/files/${file.file_id}/download`);
    expect(answer).toMatchObject({
      status: 503,
      body: { error: { code: "CHUNK_UNAVAILABLE", details: { chunks_unreadable: 1, lasting: true } } },
    });
    const { message } = answer.body.error;
    expect(message).toContain("no readable copy of 1 chunk");
    for (const { name } of path.api.directory.list()) {
      expect(message).toContain(`node ${name} (offline, last heard ${lastHeard}`);
    }
    for (const node of path.nodes) {
      node.instead = undefined;
      await path.heartbeat(node);
    }
    expect((await path.call(`/api/v1/files/${file.file_id}/download`)).status).toBe(200);
  });
});

describe("memory", () => {
  const inUse = () => [path.transfers.reader.budget.usedBytes, path.transfers.streams.usedBytes];
  async function request(): Promise<Socket> {
    const socket = connect({ port: Number(new URL(path.url).port), host: "127.0.0.1" });
    await once(socket, "connect");
    socket.write(
      `GET /api/v1/files/${fileId}/download HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${path.user.accessToken}\r\n\r\n`,
    );
    return socket;
  }

  it("is given back when the client goes before the first byte, and in the middle", async () => {
    const hold = Promise.withResolvers<void>();
    for (const node of path.nodes) node.hold = hold.promise;
    const early = await request();
    await expect.poll(() => inUse()[1]).toBeGreaterThan(0);
    early.destroy();
    await expect.poll(inUse).toEqual([0, 0]);
    hold.resolve();
    for (const node of path.nodes) node.hold = undefined;
    const late = await request();
    await once(late, "readable");
    late.destroy();
    await expect.poll(inUse).toEqual([0, 0]);
  });

  it("is given back when the client goes just as the first bytes are there", async () => {
    const { reader } = path.transfers;
    const { fetch } = reader;
    const clients: Socket[] = [];
    let fetched = 0;
    const closing: FileReaderDeps["fetch"] = async (...request) => {
      const sealed = await fetch(...request);
      const connections = () => new Promise<number>((resolve) => path.app.server.getConnections((_, n) => resolve(n)));
      const before = await connections();
      if (fetched++ === 0) clients[0]!.destroy();
      await expect.poll(connections).toBeLessThan(before);
      return sealed;
    };
    Object.assign(reader, { fetch: closing });
    clients.push(await request());
    await expect.poll(() => fetched).toBeGreaterThan(0);
    await expect.poll(inUse).toEqual([0, 0]);
    Object.assign(reader, { fetch });
  });

  describe("of a long file", () => {
    let content: ReadableContent;
    /** Fetches that were begun, each to be let go on. */
    let fetches: (() => void)[] = [];
    const signal = new AbortController().signal;

    beforeAll(async () => {
      const body = new Uint8Array(randomBytes(12 * 262_144));
      const { body: uploaded } = await path.json("/api/v1/files/long.bin", { method: "PUT", body });
      await path.transfers.late.idle();
      const file = await createFileService(path.api).get(uploaded.file_id, path.user.id as UserId);
      content = { ...file, fileId: file.id, fileKey: openFileKey(file.sealedKey, file.id, path.api.masterKey) };
    });
    beforeEach(() => {
      fetches = [];
    });

    const pieces = (budgets: Partial<FileReaderDeps> = {}) => {
      const { reader } = path.transfers;
      const fetch: FileReaderDeps["fetch"] = async (...request) => {
        await new Promise<void>((resolve) => void fetches.push(resolve));
        return reader.fetch(...request);
      };
      const range = { start: 0, end: content.sizeBytes - 1 };
      return readFile({ ...reader, fetch, ...budgets }, content, { range, signal });
    };
    const begun = async (count: number): Promise<void> => {
      await expect.poll(() => fetches.length).toBe(count);
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
      expect(fetches.length).toBe(count);
    };
    /** Asks for the next piece before its chunk may come, and gets it. */
    const waitForNext = async (reading: AsyncGenerator<BufferLease>, index: number): Promise<void> => {
      const next = reading.next();
      await expect.poll(() => fetches.length).toBeGreaterThan(index);
      fetches[index]!();
      expect((await next).done).toBe(false);
    };

    it("is taken for one chunk more than was asked for, and for further ones only where the consumer waits", async () => {
      const reading = pieces();
      for (const [index, count] of [2, 4, 6, 8].entries()) {
        await waitForNext(reading, index);
        await begun(count);
      }
      for (const goOn of fetches) goOn();
      for (const count of [8, 8, 8, 9]) {
        for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
        await reading.next();
        await begun(count);
      }
      await reading.return();
    });

    it("is taken for sealed bytes by one fetch after the other where there is no more", async () => {
      const fetching = new ByteBudget(300_000, 10);
      const reading = pieces({ fetching });
      for (const index of [0, 1, 2, 3]) {
        await waitForNext(reading, index);
        await begun(index + 2);
      }
      await reading.return();
      for (const goOn of fetches) goOn();
      await expect.poll(() => fetching.usedBytes).toBe(0);
    });
  });

  it("bounds how many read at once: the next begins when one has ended", async () => {
    const files = createFileService(path.api);
    const file = await files.get(fileId as FileId, path.user.id as UserId);
    const content = { ...file, fileId: file.id, fileKey: openFileKey(file.sealedKey, file.id, path.api.masterKey) };
    const deps = { ...path.transfers.reader, streams: new ByteBudget(600_000, 10) };
    const part = { range: { start: 0, end: 599_999 }, signal: new AbortController().signal };
    const first = readFile(deps, content, part);
    await first.next();
    let hasBegun = false;
    const second = readFile(deps, content, part);
    const begun = second.next().then(() => (hasBegun = true));
    await first.next();
    expect(hasBegun).toBe(false);
    await first.return();
    await begun;
    await second.return();
    expect(deps.streams.usedBytes).toBe(0);
  });
});

describe("lists of files", () => {
  it("every file once, in order, whatever the sort and however small the pages", async () => {
    for (const name of ["école.txt", "École 2.txt", "b%c", "B_d"]) {
      const body = new Uint8Array(randomBytes(7));
      await path.json(`/api/v1/files/${encodeURIComponent(name)}`, { method: "PUT", body });
    }
    const { body: all } = await path.json("/api/v1/files?limit=100");
    for (const sort of ["name", "-name", "created_at", "-created_at", "size_bytes", "-size_bytes"]) {
      const seen: { file_id: string; [field: string]: string | number }[] = [];
      let cursor = "";
      do {
        const { body } = await path.json(`/api/v1/files?limit=2&sort=${sort}${cursor}`);
        seen.push(...body.items);
        cursor = body.next_cursor === null ? "" : `&cursor=${encodeURIComponent(body.next_cursor)}`;
      } while (cursor !== "");
      expect(new Set(seen.map((file) => file.file_id)).size).toBe(all.items.length);
      expect(seen).toHaveLength(all.items.length);
      const field = { name: "filename", created_at: "completed_at", size_bytes: "size_bytes" }[sort.replace("-", "")]!;
      const values = seen.map((file) => file[field]!);
      const compare = (a: string | number, b: string | number) => (a < b ? -1 : Number(a > b));
      const sorted = values.toSorted((a, b) => (sort.startsWith("-") ? compare(b, a) : compare(a, b)));
      expect(values).toEqual(sorted);
    }
  });

  it.each([
    ["École", ["École 2.txt"]],
    ["\u0045\u0301cole", ["École 2.txt"]],
    ["COLE", ["École 2.txt", "école.txt"]],
    ["%", ["b%c"]],
    ["_", ["B_d"]],
  ])("finds names with %j in them", async (part, names) => {
    const { body } = await path.json(`/api/v1/files?sort=name&name=${encodeURIComponent(part)}`);
    expect(body.items.map((file: { filename: string }) => file.filename)).toEqual(names);
  });
});
