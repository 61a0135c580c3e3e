import { expect, test } from "vitest";
import { object, text } from "./answer.ts";
import { createMemoryCredentialStore } from "./credentials.ts";
import { createHttpTransport } from "./http-transport.ts";
import { type FakeCoordinator, startFakeCoordinator } from "./testing/fake-coordinator.ts";
import { createTestClient, failureOf, TEST_BACKOFF, TEST_DEPS } from "./testing/test-client.ts";

const anything = (value: unknown) => value;

function transportTo(baseUrl: string, timeoutMs = 5_000) {
  const credentials = createMemoryCredentialStore({ accessToken: "any" });
  return createHttpTransport({ ...TEST_DEPS, credentials }, { baseUrl, backoff: TEST_BACKOFF, timeoutMs });
}

interface FixedAnswer {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Record<string, string>;
}

/** In place of every answer. */
function alwaysAnswer(fake: FakeCoordinator, { status, body = "", headers = {} }: FixedAnswer): void {
  fake.fault = ({ response }) => {
    response.writeHead(status, headers).end(body);
    return true;
  };
}

test.each([429, 502, 503, 504])("a GET answered with %i is tried three times", async (status) => {
  await using fake = await startFakeCoordinator();
  alwaysAnswer(fake, { status });
  const error = await failureOf(transportTo(fake.url).call({ method: "GET", path: "/x" }, anything));
  expect(fake.calls).toHaveLength(3);
  expect(error).toMatchObject({ name: "AppError", status });
});

test("a GET succeeds when a later try does", async () => {
  await using fake = await startFakeCoordinator();
  fake.fault = ({ response }) => {
    response.writeHead(fake.calls.length < 3 ? 503 : 200).end('{"word":"here"}');
    return true;
  };
  const answer = await transportTo(fake.url).call({ method: "GET", path: "/x" }, object({ word: text }));
  expect(answer.word).toBe("here");
});

test.each([
  { status: 502, calls: 1 },
  { status: 504, calls: 1 },
  { status: 500, calls: 1 },
  { status: 503, calls: 3 },
  { status: 429, calls: 3 },
])("a POST answered with $status is sent $calls times: only what was not begun may be repeated", async (row) => {
  await using fake = await startFakeCoordinator();
  alwaysAnswer(fake, { status: row.status });
  await failureOf(transportTo(fake.url).call({ method: "POST", path: "/x", body: {} }, anything));
  expect(fake.calls).toHaveLength(row.calls);
});

test("a cut connection is tried again for GET and not for POST", async () => {
  await using fake = await startFakeCoordinator();
  fake.fault = ({ response }) => {
    response.destroy();
    return true;
  };
  const transport = transportTo(fake.url);
  expect(await failureOf(transport.call({ method: "GET", path: "/x" }, anything))).toMatchObject({
    code: "COORDINATOR_UNREACHABLE",
  });
  expect(fake.calls.splice(0)).toHaveLength(3);
  await failureOf(transport.call({ method: "POST", path: "/x", body: {} }, anything));
  expect(fake.calls).toHaveLength(1);
});

test("asked to wait for long, it fails at once and says for how long", async () => {
  await using fake = await startFakeCoordinator();
  const body = '{"error":{"code":"TOO_MANY_REQUESTS","message":"slow down","request_id":"r1"}}';
  alwaysAnswer(fake, { status: 429, body, headers: { "retry-after": "3600" } });
  const error = await failureOf(transportTo(fake.url).call({ method: "GET", path: "/x" }, anything));
  expect(fake.calls).toHaveLength(1);
  expect(error).toMatchObject({
    code: "TOO_MANY_REQUESTS",
    message: "slow down",
    details: { retry_after_ms: 3_600_000, request_id: "r1" },
  });
});

test("an unreachable coordinator is named, with what to do", async () => {
  const fake = await startFakeCoordinator();
  await fake.stop();
  const error = await failureOf(transportTo(fake.url).call({ method: "GET", path: "/x" }, anything));
  expect(error.code).toBe("COORDINATOR_UNREACHABLE");
  expect(error.message).toContain(fake.url);
  expect(error.message).toContain("nothing listens there");
  expect(error.message).toContain("Check that it is running");
});

test("a coordinator that says nothing is a TIMEOUT", async () => {
  await using fake = await startFakeCoordinator();
  fake.fault = () => true;
  const error = await failureOf(transportTo(fake.url, 50).call({ method: "GET", path: "/x", triesMax: 1 }, anything));
  expect(error).toMatchObject({ code: "TIMEOUT", message: expect.stringContaining("GET /x") });
});

test("an aborted call rejects with the reason and is not tried again", async () => {
  await using fake = await startFakeCoordinator();
  const reason = new Error("enough");
  const stop = new AbortController();
  fake.fault = () => {
    stop.abort(reason);
    return true;
  };
  const call = transportTo(fake.url).call({ method: "GET", path: "/x", signal: stop.signal }, anything);
  expect(await failureOf(call)).toBe(reason);
  expect(fake.calls).toHaveLength(1);
});

test.each([
  { what: "no JSON", status: 200, body: "<html>", says: "is not JSON" },
  { what: "a missing field", status: 200, body: "{}", says: "body.word should be text and is missing" },
  { what: "a field of another kind", status: 200, body: '{"word":7}', says: "body.word should be text and is 7" },
  { what: "a list", status: 200, body: "[]", says: "body should be an object" },
  { what: "a redirect", status: 302, body: "", says: "a redirect to http://elsewhere/" },
  { what: "a status of no meaning", status: 418, body: "tea", says: "answered GET /x with 418" },
])("$what is a PROTOCOL_ERROR that says so", async ({ status, body, says }) => {
  await using fake = await startFakeCoordinator();
  alwaysAnswer(fake, { status, body, headers: { location: "http://elsewhere/" } });
  const error = await failureOf(transportTo(fake.url).call({ method: "GET", path: "/x" }, object({ word: text })));
  expect(error).toMatchObject({ code: "PROTOCOL_ERROR", message: expect.stringContaining(says) });
});

test("an answer without end is given up", async () => {
  await using fake = await startFakeCoordinator();
  fake.fault = ({ response }) => {
    response.writeHead(200);
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(1024 * 1024)));
    };
    response.on("drain", more);
    more();
    return true;
  };
  const error = await failureOf(transportTo(fake.url).call({ method: "GET", path: "/x" }, anything));
  expect(error).toMatchObject({ code: "PROTOCOL_ERROR", message: expect.stringContaining("more than") });
});

test("an error of a code that is not known yet keeps its message and takes the status's code", async () => {
  await using fake = await startFakeCoordinator();
  alwaysAnswer(fake, { status: 404, body: '{"error":{"code":"NEW_KIND","message":"no such comet"}}' });
  const error = await failureOf(transportTo(fake.url).call({ method: "GET", path: "/x" }, anything));
  expect(error).toMatchObject({ code: "NOT_FOUND", message: "no such comet" });
});

test("many calls with an expired token spend the refresh token once", async () => {
  await using fake = await startFakeCoordinator();
  const client = await createTestClient(fake);
  for (const token of fake.state.accessTokens.values()) token.expired = true;
  const accounts = await Promise.all(Array.from({ length: 10 }, () => client.accounts.me()));
  expect(accounts.map((account) => account.email)).toEqual(Array(10).fill("ada@example.org"));
  expect(fake.calls.filter((call) => call === "POST /api/v1/auth/refresh")).toHaveLength(1);
});

test("tokens renewed by another process are taken over", async () => {
  await using fake = await startFakeCoordinator();
  fake.state.users.set("ada@example.org", { id: "1", email: "ada@example.org", name: "", password: "" });
  fake.state.accessTokens.set("old", { email: "ada@example.org", expired: true });
  fake.state.accessTokens.set("new", { email: "ada@example.org", expired: false });
  const credentials = createMemoryCredentialStore({ accessToken: "old", refreshToken: "spent" });
  const transport = createHttpTransport({ ...TEST_DEPS, credentials }, { baseUrl: fake.url });
  expect(await transport.tokens.current()).toBe("old");
  await credentials.write({ accessToken: "new", refreshToken: "fresh" });
  await transport.call({ method: "GET", path: "/api/v1/auth/me" }, anything);
  expect(fake.calls).toEqual(["GET /api/v1/auth/me", "GET /api/v1/auth/me"]);
});

test("a session that has ended is forgotten and asks for a login", async () => {
  await using fake = await startFakeCoordinator();
  const credentials = createMemoryCredentialStore({ accessToken: "old", refreshToken: "spent" });
  fake.state.accessTokens.set("old", { email: "ada@example.org", expired: true });
  const transport = createHttpTransport({ ...TEST_DEPS, credentials }, { baseUrl: fake.url });
  const error = await failureOf(transport.call({ method: "GET", path: "/api/v1/auth/me" }, anything));
  expect(error).toMatchObject({ code: "UNAUTHENTICATED", message: expect.stringContaining("log in again") });
  expect(await credentials.read()).toBeUndefined();
});

test("credentials outlive a coordinator that is away while they are renewed", async () => {
  await using fake = await startFakeCoordinator();
  const credentials = createMemoryCredentialStore({ accessToken: "old", refreshToken: "good" });
  fake.state.accessTokens.set("old", { email: "ada@example.org", expired: true });
  fake.fault = ({ path, response }) => {
    if (path.endsWith("/refresh")) response.destroy();
    return path.endsWith("/refresh");
  };
  const transport = createHttpTransport({ ...TEST_DEPS, credentials }, { baseUrl: fake.url });
  const error = await failureOf(transport.call({ method: "GET", path: "/api/v1/auth/me" }, anything));
  expect(error.code).toBe("COORDINATOR_UNREACHABLE");
  expect(await credentials.read()).toEqual({ accessToken: "old", refreshToken: "good" });
});

test.each(["localhost:8080", "ftp://host", "", "http://user:secret@host", "http://host/?x=1"])(
  "%j is no address of a coordinator",
  (address) => {
    expect(() => transportTo(address)).toThrowError(expect.objectContaining({ code: "INVALID_REQUEST" }));
  },
);

test("an address may have a path, and its last slash does not matter", () => {
  expect(transportTo("https://Example.org/store/").baseUrl).toBe("https://example.org/store");
});
