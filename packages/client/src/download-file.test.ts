import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openFileSink } from "./node/file-sink.ts";
import type { FakeCall } from "./testing/fake-call.ts";
import { startFakeCoordinator } from "./testing/fake-coordinator.ts";
import { addFakeFile } from "./testing/fake-state.ts";
import { createTestClient, failureOf, memorySink } from "./testing/test-client.ts";

async function storeWith(bytes: Uint8Array) {
  const fake = await startFakeCoordinator();
  const client = await createTestClient(fake);
  const file = addFakeFile(fake.state, "film.mp4", bytes);
  return { fake, client, file, sink: memorySink() };
}

/** Sends the first bytes of what was asked for and cuts the connection. */
function sendAndCut({ request, response }: FakeCall, all: Uint8Array, options: { etag: string; length: number }): true {
  const start = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
  const headers: Record<string, string | number> = { etag: options.etag, "content-length": all.length - start };
  if (start > 0) headers["content-range"] = `bytes ${start}-${all.length - 1}/${all.length}`;
  response.writeHead(start > 0 ? 206 : 200, headers);
  response.write(all.subarray(start, start + options.length), () => response.destroy());
  return true;
}

const isDownload = ({ path }: FakeCall) => path.endsWith("/download");

test.each([0, 1, 1_000, 300_000])("a file of %i bytes comes whole", async (length) => {
  const bytes = new Uint8Array(randomBytes(length));
  const { fake, client, file, sink } = await storeWith(bytes);
  await using _ = fake;
  const progress: number[] = [];
  const result = await client.download(file.file_id, sink, { onProgress: ({ doneBytes }) => progress.push(doneBytes) });
  expect(result).toEqual({ sizeBytes: length, etag: `"${file.content_id}"` });
  expect(sink.bytes()).toEqual(bytes);
  expect(progress.at(-1)).toBe(length);
});

test("after each cut it goes on where it was", async () => {
  const bytes = new Uint8Array(randomBytes(100_000));
  const { fake, client, file, sink } = await storeWith(bytes);
  await using _ = fake;
  const ranges: (string | undefined)[] = [];
  fake.fault = (call) => {
    if (!isDownload(call)) return false;
    ranges.push(call.request.headers.range);
    return ranges.length <= 9 && sendAndCut(call, bytes, { etag: `"${file.content_id}"`, length: 10_000 });
  };
  await client.download(file.file_id, sink, { triesWithoutProgressMax: 3 });
  expect(sink.bytes()).toEqual(bytes);
  expect(ranges.slice(0, 3)).toEqual([undefined, "bytes=10000-", "bytes=20000-"]);
});

test("a file that is another one after a cut is begun anew", async () => {
  const old = new Uint8Array(randomBytes(5_000));
  const { fake, client, file, sink } = await storeWith(new Uint8Array(randomBytes(5_000)));
  await using _ = fake;
  let cut = false;
  fake.fault = (call) => {
    if (!isDownload(call) || cut) return false;
    cut = true;
    return sendAndCut(call, old, { etag: '"another"', length: 2_000 });
  };
  await client.download(file.file_id, sink);
  expect(sink.bytes()).toEqual(new Uint8Array(file.bytes));
  expect(sink.truncations).toContain(0);
});

test("without a strong ETag a part is not trusted", async () => {
  const bytes = new Uint8Array(randomBytes(5_000));
  const { fake, client, file, sink } = await storeWith(bytes);
  await using _ = fake;
  const ranges: (string | undefined)[] = [];
  fake.fault = (call) => {
    if (!isDownload(call)) return false;
    ranges.push(call.request.headers.range);
    return ranges.length === 1 && sendAndCut(call, bytes, { etag: 'W/"weak"', length: 2_000 });
  };
  await client.download(file.file_id, sink);
  expect(ranges).toEqual([undefined, undefined]);
  expect(sink.bytes()).toEqual(bytes);
});

test.each([
  { held: 400, asked: "bytes=400-" },
  { held: 1_000, asked: "bytes=999-" },
  { held: 7_000, asked: "bytes=999-" },
])("with $held of 1000 bytes from before it asks for $asked", async ({ held, asked }) => {
  const bytes = new Uint8Array(randomBytes(1_000));
  const { fake, client, file, sink } = await storeWith(bytes);
  await using _ = fake;
  const filler = new Uint8Array(held);
  filler.set(bytes.subarray(0, held));
  await sink.write(filler);
  let range: string | undefined;
  fake.fault = (call) => {
    range ??= call.request.headers.range;
    return false;
  };
  const resume = { offset: held, etag: `"${file.content_id}"` };
  await client.download(file.file_id, sink, { resume, sizeBytes: 1_000 });
  expect(range).toBe(asked);
  expect(sink.bytes()).toEqual(bytes);
});

test("a part of another version is thrown away", async () => {
  const bytes = new Uint8Array(randomBytes(1_000));
  const { fake, client, file, sink } = await storeWith(bytes);
  await using _ = fake;
  await sink.write(new Uint8Array(300));
  await client.download(file.file_id, sink, { resume: { offset: 300, etag: '"old"' } });
  expect(sink.bytes()).toEqual(bytes);
});

test("tries that bring nothing are limited, and the last reason is told", async () => {
  const { fake, client, file, sink } = await storeWith(new Uint8Array(10));
  await using _ = fake;
  fake.fault = (call) => {
    if (!isDownload(call)) return false;
    call.response.writeHead(503).end('{"error":{"code":"CHUNK_UNAVAILABLE","message":"no copy answers"}}');
    return true;
  };
  fake.calls.length = 0;
  const error = await failureOf(client.download(file.file_id, sink, { triesWithoutProgressMax: 4 }));
  expect(error).toMatchObject({ code: "CHUNK_UNAVAILABLE", message: "no copy answers" });
  expect(fake.calls).toHaveLength(4);
});

test("a file that stays unreadable until nodes return is not asked for again", async () => {
  const { fake, client, file, sink } = await storeWith(new Uint8Array(10));
  await using _ = fake;
  fake.fault = (call) => {
    if (!isDownload(call)) return false;
    const error = { code: "CHUNK_UNAVAILABLE", message: "node attic is away", details: { lasting: true } };
    call.response.writeHead(503).end(JSON.stringify({ error }));
    return true;
  };
  fake.calls.length = 0;
  const error = await failureOf(client.download(file.file_id, sink));
  expect(error).toMatchObject({ code: "CHUNK_UNAVAILABLE", message: "node attic is away" });
  expect(fake.calls).toHaveLength(1);
});

test("a body that stops coming counts as cut", async () => {
  const bytes = new Uint8Array(randomBytes(5_000));
  const { fake, client, file, sink } = await storeWith(bytes);
  await using _ = fake;
  let stalled = false;
  fake.fault = (call) => {
    if (!isDownload(call) || stalled) return false;
    stalled = true;
    call.response.writeHead(200, { etag: `"${file.content_id}"`, "content-length": 5_000 });
    call.response.write(bytes.subarray(0, 1_000));
    return true;
  };
  await client.download(file.file_id, sink, { idleLimitMs: 50 });
  expect(sink.bytes()).toEqual(bytes);
});

test.each([
  { what: "another length than the listing's", headers: { "content-length": 20 } },
  { what: "more than it said", headers: {} },
])("$what is refused", async ({ headers }) => {
  const { fake, client, file, sink } = await storeWith(new Uint8Array(10));
  await using _ = fake;
  fake.fault = (call) => {
    if (!isDownload(call)) return false;
    call.response.writeHead(200, { ...headers });
    call.response.end(new Uint8Array(20));
    return true;
  };
  const error = await failureOf(client.download(file.file_id, sink, { sizeBytes: 10 }));
  expect(error).toMatchObject({ code: "PROTOCOL_ERROR" });
});

test("a range that was not asked for is refused", async () => {
  const { fake, client, file, sink } = await storeWith(new Uint8Array(10));
  await using _ = fake;
  fake.fault = (call) => {
    if (!isDownload(call)) return false;
    call.response.writeHead(206, { "content-range": "bytes 5-9/10", "content-length": 5 }).end("five!");
    return true;
  };
  expect(await failureOf(client.download(file.file_id, sink))).toMatchObject({ code: "PROTOCOL_ERROR" });
  expect(sink.bytes()).toHaveLength(0);
});

test("what the sink throws is thrown unchanged, and not tried again", async () => {
  const { fake, client, file } = await storeWith(new Uint8Array(10));
  await using _ = fake;
  const full = Object.assign(new Error("full"), { code: "ENOSPC" });
  fake.calls.length = 0;
  const sink = { write: () => Promise.reject(full), truncate: async () => {} };
  expect(await failureOf(client.download(file.file_id, sink))).toBe(full);
  expect(fake.calls).toHaveLength(1);
});

test("a missing file is FILE_NOT_FOUND", async () => {
  const { fake, client, sink } = await storeWith(new Uint8Array(10));
  await using _ = fake;
  expect(await failureOf(client.download("nothing", sink))).toMatchObject({ code: "FILE_NOT_FOUND" });
});

test("an aborted download ends with the reason and keeps what it has", async () => {
  const bytes = new Uint8Array(randomBytes(5_000));
  const { fake, client, file, sink } = await storeWith(bytes);
  await using _ = fake;
  const stop = new AbortController();
  fake.fault = (call) => {
    if (!isDownload(call)) return false;
    call.response.writeHead(200, { "content-length": 5_000 }).write(bytes.subarray(0, 1_000));
    return true;
  };
  const download = client.download(file.file_id, sink, {
    signal: stop.signal,
    onProgress: ({ doneBytes }) => doneBytes > 0 && stop.abort(new Error("enough")),
  });
  await expect(download).rejects.toThrow("enough");
  expect(sink.bytes()).toEqual(bytes.slice(0, 1_000));
});

test("a file on disk is continued at its end and cut where asked", async () => {
  const folder = await mkdtemp(join(tmpdir(), "commonhold-client-"));
  try {
    const path = join(folder, "a.part");
    const first = await openFileSink(path);
    expect(first.sizeBytes).toBe(0);
    await first.write(new TextEncoder().encode("hello wor"));
    await first.close();
    const second = await openFileSink(path);
    expect(second.sizeBytes).toBe(9);
    await second.truncate(6);
    await second.write(new TextEncoder().encode("there"));
    await second.finish();
    expect(await readFile(path, "utf8")).toBe("hello there");
    expect(await failureOf(openFileSink(join(folder, "no", "such")))).toMatchObject({ code: "STORAGE_FAILURE" });
  } finally {
    await rm(folder, { recursive: true });
  }
});
