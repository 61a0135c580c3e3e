import { expect, test } from "vitest";
import type { AppError } from "@commonhold/core/app-error.ts";
import { createMemoryCredentialStore } from "./credentials.ts";
import { createHttpTransport } from "./http-transport.ts";
import { type FakeCoordinator, startFakeCoordinator } from "./testing/fake-coordinator.ts";
import { failureOf, memorySource, TEST_BACKOFF, TEST_DEPS } from "./testing/test-client.ts";
import { uploadFile } from "./upload-file.ts";
import { uploadWhole } from "./upload-whole.ts";

function uploadTo(fake: FakeCoordinator) {
  fake.state.accessTokens.set("any", { email: "ada@example.org", expired: false });
  const credentials = createMemoryCredentialStore({ accessToken: "any" });
  const transport = createHttpTransport(
    { ...TEST_DEPS, credentials },
    { baseUrl: fake.url, backoff: TEST_BACKOFF, timeoutMs: 5_000 },
  );
  return { ...TEST_DEPS, transport };
}

/** The keys of the requests to this path, the first `count` of which get no answer. */
function loseAnswers(fake: FakeCoordinator, path: string, count: number): string[] {
  const keys: string[] = [];
  fake.fault = ({ path: asked, request, response, method }) => {
    if (asked !== path || method !== "POST") return false;
    keys.push(String(request.headers["idempotency-key"]));
    if (keys.length > count) return false;
    response.destroy();
    return true;
  };
  return keys;
}

test("a small file whose answers are lost is sent again under its key", async () => {
  await using fake = await startFakeCoordinator();
  const keys = loseAnswers(fake, "/api/v1/files", 2);
  const told: AppError[] = [];
  const source = memorySource("notes.txt", new TextEncoder().encode("three tries"));
  const file = await uploadWhole(uploadTo(fake), source, { key: "k-1", onRetry: (error) => told.push(error) });
  expect(file).toMatchObject({ filename: "notes.txt", size_bytes: 11 });
  expect(keys).toEqual(["k-1", "k-1", "k-1"]);
  expect(told.map(({ code }) => code)).toEqual(["COORDINATOR_UNREACHABLE", "COORDINATOR_UNREACHABLE"]);
  expect(fake.state.files.size).toBe(1);
});

test("a small file is given up when nothing got through for too long, or when it changed", async () => {
  await using fake = await startFakeCoordinator();
  loseAnswers(fake, "/api/v1/files", Number.POSITIVE_INFINITY);
  const source = memorySource("notes.txt", new Uint8Array(10));
  const stalled = await failureOf(uploadWhole(uploadTo(fake), source, { key: "k", stallLimitMs: 20 }));
  expect(stalled).toMatchObject({ code: "COORDINATOR_UNREACHABLE", message: expect.stringContaining("notes.txt") });
  const shorter = { ...source, sizeBytes: 11 };
  expect(await failureOf(uploadWhole(uploadTo(fake), shorter, { key: "k" }))).toMatchObject({
    code: "CONCURRENT_CHANGE",
  });
});

test("an upload in steps whose key stands for a stored file gives that file, and sends nothing", async () => {
  await using fake = await startFakeCoordinator();
  const source = memorySource("notes.txt", new Uint8Array(10));
  const stored = await uploadWhole(uploadTo(fake), source, { key: "stored" });
  fake.fault = ({ path, response }) => {
    if (!path.endsWith("/initiate")) return false;
    const error = { code: "UPLOAD_ENDED", message: "its file is stored", details: { file_id: stored.file_id } };
    response.writeHead(409, { "content-type": "application/json" }).end(JSON.stringify({ error }));
    return true;
  };
  expect(await uploadFile(uploadTo(fake), source, { key: "stored" })).toEqual(stored);
  expect(fake.calls.filter((call) => call.includes("/chunk"))).toEqual([]);
});

test("an upload in steps whose beginning gets no answer is begun again under one key", async () => {
  await using fake = await startFakeCoordinator({ chunkSize: 4 });
  const keys = loseAnswers(fake, "/api/v1/files/upload/initiate", 2);
  await uploadFile(uploadTo(fake), memorySource("notes.txt", new Uint8Array(10)));
  expect(keys).toHaveLength(3);
  expect(new Set(keys).size).toBe(1);
  await uploadFile(uploadTo(fake), memorySource("notes.txt", new Uint8Array(10)));
  expect(new Set(keys).size).toBe(2);
  await uploadFile(uploadTo(fake), memorySource("notes.txt", new Uint8Array(10)), { key: "given" });
  expect(keys.at(-1)).toBe("given");
});
