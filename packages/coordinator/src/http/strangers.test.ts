import { createHmac, randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openWholeApi, type WholeApi } from "./whole-api.fixture.ts";
import type { Answer } from "./api-caller.fixture.ts";
import type { TestUser } from "./api.fixture.ts";

let api: WholeApi;
let stranger: TestUser;
/** The user's: a file of three chunks, the upload that it came by, and one that is open with one of two chunks. */
let fileId: string;
let endedUpload: string;
let openUpload: string;
const bytes = new Uint8Array(randomBytes(300_000));

beforeAll(async () => {
  api = await openWholeApi();
  stranger = await api.path.api.newUser();
  endedUpload = await api.initiate({ filename: "mine" });
  await api.call("POST", `/api/v1/files/upload/${endedUpload}/chunk?index=0`, { body: bytes.subarray(0, 262_144) });
  await api.call("POST", `/api/v1/files/upload/${endedUpload}/chunk?index=1`, { body: bytes.subarray(262_144) });
  fileId = (await api.call("POST", `/api/v1/files/upload/${endedUpload}/complete`)).body.file_id;
  openUpload = await api.initiate();
  await api.call("POST", `/api/v1/files/upload/${openUpload}/chunk?index=1`, { body: bytes.subarray(262_144) });
  await api.path.transfers.late.idle();
});
afterAll(() => api.close());

const NOBODYS = "0190a0b0-0000-7000-8000-000000000000";

interface Call {
  readonly method: string;
  readonly url: string;
}

/** Every call of the API's document that asks for an access token, and those that it does not show. */
async function userCalls(): Promise<readonly Call[]> {
  const documents = [
    (await api.path.api.call("GET", "/openapi.json")).body,
    await (await fetch(`${api.url}/openapi.json`)).json(),
  ];
  const shown = documents.flatMap(({ paths }: { paths: Record<string, Record<string, Operation>> }) =>
    Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item)
        .filter(([, operation]) => operation.security?.some((one) => "accessToken" in one))
        .map(([method]) => ({ method: method.toUpperCase(), url: path.replace(/\{[^}]*\}/, NOBODYS) })),
    ),
  );
  return [
    ...shown,
    { method: "PUT", url: `/api/v1/files/upload/${NOBODYS}/chunk?index=0` },
    { method: "HEAD", url: `/api/v1/files/${NOBODYS}/download` },
    { method: "HEAD", url: `/api/v1/files/${NOBODYS}` },
    { method: "HEAD", url: "/api/v1/files" },
  ];
}

interface Operation {
  readonly security?: readonly object[];
}

/** Calls go to the application that has the route. */
async function answerTo({ method, url }: Call, headers: Record<string, string>): Promise<Answer> {
  const isHere = /^\/api\/v1\/(?:files|folders|search|shares|archives)\b/.test(url);
  const {
    statusCode,
    body,
    headers: answered,
  } = await (isHere ? api.app : api.path.api.app).inject({
    method: method as "GET",
    url,
    headers,
    ...(method === "GET" || method === "HEAD" ? {} : { payload: "{}" }),
  });
  return { status: statusCode, body: body === "" ? undefined : JSON.parse(body), headers: answered };
}

const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

function tokenOf(claims: object, header: object, key: Uint8Array): string {
  const signed = `${base64url(header)}.${base64url(claims)}`;
  return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
}

function claimsOf(expiresInS: number): object {
  const nowS = Math.floor(api.path.api.clock.nowMs() / 1000);
  return { sub: api.user.id, iss: "commonhold", aud: "commonhold-api", iat: nowS - 100, exp: nowS + expiresInS };
}

const HEADER = { alg: "HS256", typ: "at+jwt" };

const wrong: readonly [string, string, () => Record<string, string>][] = [
  ["nothing", "UNAUTHENTICATED", () => ({})],
  ["a refresh token", "UNAUTHENTICATED", () => ({ authorization: `Bearer ${api.user.refreshToken}` })],
  ["a node's API key", "UNAUTHENTICATED", () => ({ "x-api-key": api.path.nodes[0]!.apiKey })],
  ["a node's API key as bearer", "UNAUTHENTICATED", () => ({ authorization: `Bearer ${api.path.nodes[0]!.apiKey}` })],
  [
    "an unsigned token",
    "UNAUTHENTICATED",
    () => ({ authorization: `Bearer ${base64url({ ...HEADER, alg: "none" })}.${base64url(claimsOf(60))}.` }),
  ],
  [
    "a token of another coordinator",
    "UNAUTHENTICATED",
    () => ({ authorization: `Bearer ${tokenOf(claimsOf(60), HEADER, new Uint8Array(32))}` }),
  ],
  [
    "an expired token",
    "TOKEN_EXPIRED",
    () => ({ authorization: `Bearer ${tokenOf(claimsOf(-1), HEADER, api.path.api.tokenKey)}` }),
  ],
];

describe("every call of a user", () => {
  it.each(wrong)("is refused with %s, and changes nothing", async (_what, code, headers) => {
    const before = await api.traces();
    const calls = await userCalls();
    expect(calls.length).toBeGreaterThan(20);
    for (const call of calls) {
      const answer = await answerTo(call, headers());
      const got = [answer.status, answer.body?.error.code, String(answer.headers["www-authenticate"]).slice(0, 6)];
      const expected = call.method === "HEAD" ? undefined : code;
      expect(got, `${call.method} ${call.url}`).toEqual([401, expected, "Bearer"]);
    }
    expect(await api.traces()).toEqual(before);
  });

  it("is not refused with a good token, by this test's own making", async () => {
    const authorization = `Bearer ${tokenOf(claimsOf(60), HEADER, api.path.api.tokenKey)}`;
    for (const call of await userCalls()) {
      // Its answer has no end; its own tests read it.
      if (call.url === "/api/v1/events") continue;
      expect((await answerTo(call, { authorization })).status).not.toBe(401);
    }
  });
});

describe("tokens of one kind in place of another", () => {
  it.each(["/api/v1/auth/refresh"])("an access token buys nothing at %s", async (url) => {
    const answer = await api.path.api.call("POST", url, { body: { refresh_token: stranger.accessToken } });
    expect([answer.status, answer.body.error.code]).toEqual([401, "UNAUTHENTICATED"]);
  });

  it("an access token ends no login", async () => {
    const user = await api.path.api.newUser();
    await api.path.api.call("POST", "/api/v1/auth/logout", { body: { refresh_token: user.accessToken } });
    const body = { refresh_token: user.refreshToken };
    expect((await api.path.api.call("POST", "/api/v1/auth/refresh", { body })).status).toBe(200);
  });

  it.each([
    ["POST", "/api/v1/nodes/heartbeat"],
    ["GET", "/api/v1/balance"],
  ])("a person's tokens are no API key at %s %s", async (method, url) => {
    for (const token of [stranger.accessToken, stranger.refreshToken]) {
      for (const options of [{ token }, { apiKey: token }]) {
        const answer = await api.path.api.call(method, url, options);
        expect([answer.status, answer.body.error.code]).toEqual([401, "UNAUTHENTICATED"]);
      }
    }
  });
});

type IdCall = readonly [string, string, { readonly body?: unknown; readonly headers?: Record<string, string> }?];

const uploadCalls: readonly IdCall[] = [
  ["GET", ""],
  ["DELETE", ""],
  ["POST", "/chunk?index=0", { body: "x" }],
  ["PUT", "/chunk?index=0", { body: "x" }],
  ["POST", "/chunk?index=1", { body: bytes.subarray(262_144) }],
  ["POST", "/chunk?index=9", { body: "x" }],
  ["POST", "/chunk", { body: { chunk_index: 0, data: "AAAA" } }],
  ["POST", "/complete", { body: {} }],
  ["POST", "/complete", { body: { sha256: "0".repeat(64) } }],
];

const fileCalls: readonly IdCall[] = [
  ["GET", ""],
  ["HEAD", ""],
  ["DELETE", ""],
  ["GET", "/download"],
  ["HEAD", "/download"],
  ["GET", "/download", { headers: { range: "bytes=0-9" } }],
  ["GET", "/download", { headers: { range: "bytes=9999999-" } }],
  ["GET", "/download", { headers: { "if-none-match": "*" } }],
];

describe("another person's things are as if they were not there", () => {
  /** Without what differs from answer to answer in any case. */
  async function compared(id: string, base: string, [method, rest, call = {}]: IdCall): Promise<unknown> {
    const answer = await api.fetch(method, `${base}/${id}${rest}`, { ...call, token: stranger.accessToken });
    const { "x-request-id": requestId = "", date: _date, ...headers } = Object.fromEntries(answer.headers);
    const body = (await answer.text()).replaceAll(id, "ID").replaceAll(requestId, "REQUEST");
    return { status: answer.status, headers, body };
  }

  async function expectNothingTold(id: string, base: string, calls: readonly IdCall[]): Promise<void> {
    const before = await api.traces();
    for (const call of calls) {
      const told = await compared(id, base, call);
      expect(told, `${call[0]} ${call[1]}`).toMatchObject({ status: 404 });
      expect(told).toEqual(await compared(NOBODYS, base, call));
    }
    expect(await api.traces()).toEqual(before);
  }

  it("an open upload", async () => {
    await expectNothingTold(openUpload, "/api/v1/files/upload", uploadCalls);
    expect((await api.call("GET", `/api/v1/files/upload/${openUpload}`)).body.missing).toEqual([0]);
  });

  it("a completed upload", () => expectNothingTold(endedUpload, "/api/v1/files/upload", uploadCalls));

  it("a file", async () => {
    await expectNothingTold(fileId, "/api/v1/files", fileCalls);
    const mine = await api.fetch("GET", `/api/v1/files/${fileId}/download`);
    expect(Buffer.from(await mine.arrayBuffer()).equals(bytes)).toBe(true);
    expect((await api.call("GET", "/api/v1/files", { token: stranger.accessToken })).body.items).toEqual([]);
  });

  it("a file's id as an upload's, an upload's as a file's", async () => {
    expect((await api.call("GET", `/api/v1/files/upload/${fileId}`)).body.error.code).toBe("UPLOAD_NOT_FOUND");
    expect((await api.call("GET", `/api/v1/files/${openUpload}`)).body.error.code).toBe("FILE_NOT_FOUND");
  });

  it.each(["x", "..", "%00", "0", "0190a0b0-0000-7000-8000-00000000000g", "' OR 1=1 --", `${NOBODYS}0`])(
    "what is no id at all is told so: %s",
    async (id) => {
      for (const [base, calls] of [
        ["/api/v1/files/upload", uploadCalls] as const,
        ["/api/v1/files", fileCalls] as const,
      ]) {
        for (const [method, rest, call] of calls) {
          if (id === ".." || method === "PUT") continue;
          expect((await api.fetch(method, `${base}/${encodeURI(id)}${rest}`, call)).status).toBe(400);
        }
      }
    },
  );
});
