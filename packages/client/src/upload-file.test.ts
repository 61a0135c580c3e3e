import { randomBytes } from "node:crypto";
import { appendFile, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { openFileSource } from "./node/file-source.ts";
import { type FakeCoordinator, startFakeCoordinator } from "./testing/fake-coordinator.ts";
import { createTestClient, failureOf, memorySource } from "./testing/test-client.ts";
import type { TransferProgress } from "./transfer-progress.ts";
import type { UploadSession } from "./upload-session.ts";

vi.setConfig({ testTimeout: 30_000 });

const chunkCalls = (fake: FakeCoordinator) => fake.calls.filter((call) => call.endsWith("/chunk")).length;

function storedBytes(fake: FakeCoordinator, fileId: string): Uint8Array {
  return new Uint8Array(fake.state.files.get(fileId)?.bytes ?? []);
}

test("any length, cut at any size and sent in any number at once, arrives as it was", async () => {
  const sizes = fc.record({
    sizeBytes: fc.integer({ min: 0, max: 2_000 }),
    chunkSize: fc.integer({ min: 1, max: 700 }),
    parallelMax: fc.integer({ min: 1, max: 8 }),
  });
  await fc.assert(
    fc.asyncProperty(sizes, async ({ sizeBytes, chunkSize, parallelMax }) => {
      const chunkSizeUsed = Math.max(chunkSize, Math.ceil(sizeBytes / 40));
      await using fake = await startFakeCoordinator({ chunkSize: chunkSizeUsed });
      const client = await createTestClient(fake);
      const bytes = new Uint8Array(randomBytes(sizeBytes));
      const file = await client.upload(memorySource("notes.txt", bytes), { parallelMax });
      expect(file).toMatchObject({ filename: "notes.txt", size_bytes: sizeBytes });
      expect(storedBytes(fake, file.file_id)).toEqual(bytes);
      expect(chunkCalls(fake)).toBe(Math.ceil(sizeBytes / chunkSizeUsed));
    }),
    { numRuns: 25 },
  );
});

test("a source that has parts sends those, and none of it is read into memory", async () => {
  await using fake = await startFakeCoordinator({ chunkSize: 100 });
  const client = await createTestClient(fake);
  const bytes = new Uint8Array(randomBytes(250));
  const slice = vi.fn<() => Promise<Uint8Array<ArrayBuffer>>>();
  const whole = new Blob([bytes]);
  const part = async (start: number, end: number) => whole.slice(start, end);
  const file = await client.upload({ name: "a", sizeBytes: bytes.length, slice, part });
  expect(storedBytes(fake, file.file_id)).toEqual(bytes);
  expect(slice).not.toHaveBeenCalled();
  const shorter = { name: "a", sizeBytes: 300, slice, part };
  expect(await failureOf(client.upload(shorter))).toMatchObject({ code: "CONCURRENT_CHANGE" });
});

test("at most parallelMax chunks are under way, and progress only grows, up to the whole", async () => {
  await using fake = await startFakeCoordinator({ chunkSize: 100 });
  const client = await createTestClient(fake);
  let underWay = 0;
  let underWayMax = 0;
  fake.fault = async ({ path, response }) => {
    if (!path.endsWith("/chunk")) return false;
    underWayMax = Math.max(underWayMax, ++underWay);
    response.on("close", () => underWay--);
    await new Promise(setImmediate);
    return false;
  };
  const seen: TransferProgress[] = [];
  await client.upload(memorySource("a", randomBytes(2_050)), {
    parallelMax: 3,
    onProgress: (progress) => seen.push(progress),
  });
  expect(underWayMax).toBeGreaterThan(1);
  expect(underWayMax).toBeLessThanOrEqual(3);
  expect(seen.map((progress) => progress.doneBytes)).toEqual(seen.map((p) => p.doneBytes).sort((a, b) => a - b));
  expect(seen[0]).toEqual({ doneBytes: 0, totalBytes: 2_050 });
  expect(seen.at(-1)).toEqual({ doneBytes: 2_050, totalBytes: 2_050 });
});

test("an upload outlives a restart of the coordinator", async () => {
  await using fake = await startFakeCoordinator({ chunkSize: 100 });
  const client = await createTestClient(fake);
  const bytes = new Uint8Array(randomBytes(1_000));
  let restarted: Promise<void> | undefined;
  fake.fault = ({ path }) => {
    if (!path.endsWith("/chunk") || chunkCalls(fake) < 4 || restarted !== undefined) return false;
    restarted = fake.stop().then(() => fake.start());
    return true;
  };
  const file = await client.upload(memorySource("a", bytes));
  expect(restarted).toBeDefined();
  expect(storedBytes(fake, file.file_id)).toEqual(bytes);
});

test("a coordinator that stays away ends the upload, and a later one goes on where it was", async () => {
  await using fake = await startFakeCoordinator({ chunkSize: 100 });
  const client = await createTestClient(fake);
  const bytes = new Uint8Array(randomBytes(1_000));
  let session: UploadSession | undefined;
  fake.fault = ({ path, response }) => {
    if (!path.endsWith("/chunk") || chunkCalls(fake) <= 4) return false;
    response.destroy();
    return true;
  };
  const error = await failureOf(
    client.upload(memorySource("a", bytes), {
      parallelMax: 1,
      stallLimitMs: 50,
      onSession: (begun) => {
        session = begun;
      },
    }),
  );
  expect(error).toMatchObject({ code: "COORDINATOR_UNREACHABLE", details: { session_id: session?.session_id } });
  expect(error.message).toContain("stopped at 40 %");
  expect(error.message).toContain("Start it again");

  fake.fault = undefined;
  fake.calls.length = 0;
  const progress: TransferProgress[] = [];
  const file = await client.upload(memorySource("a", bytes), {
    resumeSessionId: session?.session_id ?? "",
    onProgress: (now) => progress.push(now),
  });
  expect(chunkCalls(fake)).toBe(6);
  expect(progress[0]?.doneBytes).toBe(400);
  expect(fake.calls).not.toContain("POST /api/v1/files/upload/initiate");
  expect(storedBytes(fake, file.file_id)).toEqual(bytes);
});

test("more missing chunks than one answer lists are all sent", async () => {
  await using fake = await startFakeCoordinator({ chunkSize: 1 });
  const client = await createTestClient(fake);
  const bytes = new Uint8Array(randomBytes(1_100));
  const stop = new AbortController();
  let sessionId = "";
  const begun = client.upload(memorySource("a", bytes), {
    signal: stop.signal,
    onSession: (session) => {
      sessionId = session.session_id;
      stop.abort(new Error("later"));
    },
  });
  await expect(begun).rejects.toThrow("later");
  const file = await client.upload(memorySource("a", bytes), { resumeSessionId: sessionId, parallelMax: 8 });
  expect(chunkCalls(fake)).toBe(1_100);
  expect(storedBytes(fake, file.file_id)).toEqual(bytes);
});

test.each([
  { why: "is gone", change: (fake: FakeCoordinator) => fake.state.uploads.clear(), source: "a" },
  { why: "is for another name", change: () => {}, source: "b" },
])("a session that $why is not resumed: a new one is begun", async ({ change, source }) => {
  await using fake = await startFakeCoordinator({ chunkSize: 100 });
  const client = await createTestClient(fake);
  const bytes = new Uint8Array(randomBytes(300));
  let sessionId = "";
  const onSession = (session: UploadSession) => {
    sessionId = session.session_id;
    throw new Error("crash");
  };
  await failureOf(client.upload(memorySource("a", bytes), { onSession }));
  change(fake);
  const file = await client.upload(memorySource(source, bytes), { resumeSessionId: sessionId });
  expect(file.filename).toBe(source);
  expect(fake.calls.filter((call) => call.endsWith("/initiate"))).toHaveLength(2);
});

test("a chunk whose acknowledgement was lost is sent again, and the file is right", async () => {
  await using fake = await startFakeCoordinator({ chunkSize: 100 });
  const client = await createTestClient(fake);
  const bytes = new Uint8Array(randomBytes(500));
  let lost = 0;
  fake.fault = ({ path, response, query, body, state }) => {
    if (!path.endsWith("/chunk") || lost >= 2) return false;
    lost++;
    [...state.uploads.values()][0]?.chunks.set(Number(query.get("index")), body);
    response.destroy();
    return true;
  };
  const file = await client.upload(memorySource("a", bytes));
  expect(chunkCalls(fake)).toBe(7);
  expect(storedBytes(fake, file.file_id)).toEqual(bytes);
});

test("a completion whose answer was lost gives the file", async () => {
  await using fake = await startFakeCoordinator({ chunkSize: 100 });
  const client = await createTestClient(fake);
  const bytes = new Uint8Array(randomBytes(250));
  let lost = false;
  fake.fault = ({ path, response }) => {
    if (!path.endsWith("/complete") || lost) return false;
    lost = true;
    // The fake completes the upload, and the connection breaks before its answer.
    response.writeHead = () => response.destroy();
    return false;
  };
  const file = await client.upload(memorySource("a", bytes));
  expect(fake.state.files.size).toBe(1);
  expect(storedBytes(fake, file.file_id)).toEqual(bytes);
});

test("chunks that the coordinator misses at completion are sent again", async () => {
  await using fake = await startFakeCoordinator({ chunkSize: 100 });
  const client = await createTestClient(fake);
  const bytes = new Uint8Array(randomBytes(500));
  let forgot = false;
  fake.fault = ({ path, state }) => {
    if (path.endsWith("/complete") && !forgot) {
      forgot = true;
      [...state.uploads.values()][0]?.chunks.delete(2);
    }
    return false;
  };
  const file = await client.upload(memorySource("a", bytes));
  expect(storedBytes(fake, file.file_id)).toEqual(bytes);
});

test("what will not pass by itself ends the upload at once", async () => {
  await using fake = await startFakeCoordinator({ chunkSize: 10 });
  const client = await createTestClient(fake);
  fake.fault = ({ path, response }) => {
    if (!path.endsWith("/chunk")) return false;
    response.writeHead(402).end('{"error":{"code":"INSUFFICIENT_CREDITS","message":"buy some"}}');
    return true;
  };
  const error = await failureOf(client.upload(memorySource("a", randomBytes(1_000)), { parallelMax: 4 }));
  expect(error).toMatchObject({ code: "INSUFFICIENT_CREDITS", message: "buy some" });
  expect(chunkCalls(fake)).toBeLessThanOrEqual(4);
});

test.each(["/initiate", "/chunk"])("where nodes are lacking at %s it says so soon, with what to do", async (step) => {
  await using fake = await startFakeCoordinator({ chunkSize: 1_000 });
  const client = await createTestClient(fake);
  fake.fault = ({ path, response }) => {
    if (!path.endsWith(step)) return false;
    response.writeHead(503).end('{"error":{"code":"NOT_ENOUGH_NODES","message":"start more nodes"}}');
    return true;
  };
  const error = await failureOf(client.upload(memorySource("a", randomBytes(100))));
  expect(error).toMatchObject({ code: "NOT_ENOUGH_NODES", message: "start more nodes" });
  expect(fake.calls.filter((call) => call.endsWith(step))).toHaveLength(step === "/chunk" ? 8 : 1);
});

test("a chunk for which nodes were lacking for a moment is sent again", async () => {
  await using fake = await startFakeCoordinator({ chunkSize: 1_000 });
  const client = await createTestClient(fake);
  fake.fault = ({ path, response }) => {
    if (!path.endsWith("/chunk") || chunkCalls(fake) > 6) return false;
    response.writeHead(503).end('{"error":{"code":"NOT_ENOUGH_NODES","message":"start more nodes"}}');
    return true;
  };
  const bytes = randomBytes(100);
  const file = await client.upload(memorySource("a", bytes));
  expect(storedBytes(fake, file.file_id)).toEqual(new Uint8Array(bytes));
});

test("a source that has become shorter is noticed", async () => {
  await using fake = await startFakeCoordinator({ chunkSize: 100 });
  const client = await createTestClient(fake);
  const source = { name: "a", sizeBytes: 500, slice: async (start: number) => new Uint8Array(start === 0 ? 100 : 7) };
  expect(await failureOf(client.upload(source))).toMatchObject({ code: "CONCURRENT_CHANGE" });
  expect(fake.state.files.size).toBe(0);
  expect(fake.state.uploads.size).toBe(0);
});

test.each([
  { how: "written to", change: (path: string) => appendFile(path, "more") },
  { how: "replaced in place", change: (path: string) => writeFile(path, Buffer.alloc(500, "z")) },
  { how: "touched", change: (path: string) => utimes(path, 1, 1) },
])("a file on disk that is $how while it is being uploaded is noticed", async ({ change }) => {
  const folder = await mkdtemp(join(tmpdir(), "commonhold-client-"));
  const path = join(folder, "a.bin");
  await writeFile(path, Buffer.alloc(500, "a"));
  await utimes(path, 1_000_000_000, 1_000_000_000);
  const source = await openFileSource(path);
  try {
    await using fake = await startFakeCoordinator({ chunkSize: 100 });
    const client = await createTestClient(fake);
    fake.fault = async () => {
      if (chunkCalls(fake) === 1) await change(path);
      return false;
    };
    expect(await failureOf(client.upload(source, { parallelMax: 1 }))).toMatchObject({ code: "CONCURRENT_CHANGE" });
    expect(fake.state.files.size).toBe(0);
  } finally {
    await source.close();
    await rm(folder, { recursive: true });
  }
});

test.each([
  { what: "counts its chunks wrongly", patch: { chunk_count: 99 } },
  { what: "wants chunks of no length", patch: { chunk_size: 0 } },
])("a coordinator that $what is refused", async ({ patch }) => {
  await using fake = await startFakeCoordinator({ chunkSize: 100 });
  const client = await createTestClient(fake);
  fake.fault = ({ path, response }) => {
    if (!path.endsWith("/initiate")) return false;
    const fields = { session_id: "s", file_id: "f", filename: "a", size_bytes: 500, chunk_size: 100, chunk_count: 5 };
    response.writeHead(201).end(JSON.stringify({ ...fields, expires_at: "2030-01-01T00:00:00Z", ...patch }));
    return true;
  };
  expect(await failureOf(client.upload(memorySource("a", randomBytes(500))))).toMatchObject({ code: "PROTOCOL_ERROR" });
});
