import { randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { dial, hangUpAll } from "../http/raw-client.fixture.ts";
import { openWholeApi, type WholeApi } from "../http/whole-api.fixture.ts";

const SOON = { interval: 5, timeout: 10_000 };

let api: WholeApi;
beforeAll(async () => {
  api = await openWholeApi({ http: { headersBytesMax: 8192 } });
});
afterEach(hangUpAll);
afterAll(() => api.close());

const HALF = "x".repeat(200_000);
const CHUNKED_HALF = `${HALF.length.toString(16)}\r\n${HALF}\r\n`;
const FORM_HALF = `--b\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n${HALF}`;
const FORM = "Content-Type: multipart/form-data; boundary=b\r\n";
const JSON_HALF = `{"chunk_index":0,"data":"${HALF}`;

const head = (request: string, headers: string): string =>
  `${request} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.user.accessToken}\r\n${headers}\r\n`;

/** Of each kind of upload: its request, its headers, and the first part of its body. */
const kinds: readonly [string, string, string, string][] = [
  ["a chunk of a known length", "POST /chunk?index=0", "Content-Length: 262144\r\n", HALF],
  ["a chunk of an unknown length", "PUT /chunk?index=0", "Transfer-Encoding: chunked\r\n", CHUNKED_HALF],
  ["a chunk as JSON", "POST /chunk", "Content-Length: 349600\r\n", JSON_HALF],
  ["a chunk as JSON of an unknown length", "POST /chunk", "Transfer-Encoding: chunked\r\n", CHUNKED_HALF],
  ["a file of a known length", "PUT /api/v1/files/a", "Content-Length: 400000\r\n", HALF],
  ["a file of an unknown length", "PUT /api/v1/files/a", "Transfer-Encoding: chunked\r\n", CHUNKED_HALF],
  ["a file with its name in the query", "POST /api/v1/files?filename=a", "Content-Length: 400000\r\n", HALF],
  ["a form of a known length", "POST /api/v1/files", `${FORM}Content-Length: 400000\r\n`, FORM_HALF],
  [
    "a form of an unknown length",
    "POST /api/v1/files",
    `${FORM}Transfer-Encoding: chunked\r\n`,
    `${FORM_HALF.length.toString(16)}\r\n${FORM_HALF}\r\n`,
  ],
];

/** Sends the half and waits until it shows; what must be there when all is over is returned. */
async function sendHalf([, request, headers, half]: (typeof kinds)[number]) {
  const isChunk = request.includes("/chunk");
  const id = isChunk ? await api.initiate() : undefined;
  const before = await api.traces();
  const client = await dial(api.app);
  client.send(head(request.replace(" /chunk", ` /api/v1/files/upload/${id}/chunk`), headers) + half);
  await expect.poll(() => api.traces(), SOON).not.toEqual(before);
  return { id, before, client };
}

async function expectNothingLeft(id: string | undefined, before: unknown): Promise<void> {
  await expect.poll(() => api.traces(), SOON).toEqual(before);
  if (id === undefined) return;
  expect((await api.call("GET", `/api/v1/files/upload/${id}`)).body).toMatchObject({ received: 0 });
  expect((await api.call("DELETE", `/api/v1/files/upload/${id}`)).status).toBe(204);
}

describe("a body that does not come whole", () => {
  it.each(kinds)("%s: the client is gone", async (...kind) => {
    const { id, before, client } = await sendHalf(kind);
    client.socket.destroy();
    await expectNothingLeft(id, before);
  });

  it.each(kinds)("%s: the client sends no more and still listens", async (...kind) => {
    const { id, before, client } = await sendHalf(kind);
    client.socket.end();
    expect(await client.ended).toMatch(/^HTTP\/1\.1 400 [\s\S]*"code":"INVALID_REQUEST"/);
    await expectNothingLeft(id, before);
  });

  it("the client stands still, whatever it sends", async () => {
    const patient = api;
    api = await openWholeApi({ http: { idleTimeoutMs: 200 } });
    const id = await api.initiate();
    const before = await api.traces();
    const clients = await Promise.all(
      kinds.map(async ([, request, headers, half]) => {
        const client = await dial(api.app);
        client.send(head(request.replace(" /chunk", ` /api/v1/files/upload/${id}/chunk`), headers) + half);
        return client;
      }),
    );
    for (const answer of await Promise.all(clients.map((client) => client.ended))) {
      expect(answer).toMatch(/^HTTP\/1\.1 408 [\s\S]*"code":"REQUEST_TIMEOUT"/);
    }
    await expectNothingLeft(id, before);
    await api.close();
    api = patient;
  });

  const broken: readonly [string, string][] = [
    ["a length that is none", "zz\r\n"],
    ["a negative length", "-1\r\n"],
    ["a length beyond 2^64", "fffffffffffffffff\r\n"],
    ["more bytes than the length says", "3\r\nhello\r\n"],
    ["a line that ends without CR", "3\nabc\n"],
  ];
  it.each(broken)("chunked coding with %s", async (_what, next) => {
    for (const kind of kinds.filter(([, , headers]) => headers.includes("chunked"))) {
      const { id, before, client } = await sendHalf(kind);
      client.send(next);
      expect(await client.ended).toMatch(/^HTTP\/1\.1 400 [\s\S]*"code":"INVALID_REQUEST"/);
      await expectNothingLeft(id, before);
    }
  });
});

describe("a request whose length cannot be believed", () => {
  const bad: readonly [string, string][] = [
    ["both Content-Length and Transfer-Encoding", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"],
    ["two lengths", "Content-Length: 5\r\nContent-Length: 6\r\n"],
    ["a list of lengths", "Content-Length: 5, 5\r\n"],
    ["a negative length", "Content-Length: -5\r\n"],
    ["an exponent", "Content-Length: 1e1\r\n"],
    ["a sign", "Content-Length: +5\r\n"],
    ["a fraction", "Content-Length: 5.0\r\n"],
    ["2^53", "Content-Length: 9007199254740992\r\n"],
    ["2^64 - 1", "Content-Length: 18446744073709551615\r\n"],
    ["2^64", "Content-Length: 18446744073709551616\r\n"],
    ["a compressing transfer", "Transfer-Encoding: gzip, chunked\r\n"],
    ["a transfer that does not end", "Transfer-Encoding: identity\r\n"],
    ["chunked twice", "Transfer-Encoding: chunked, chunked\r\n"],
  ];
  it.each(bad)("%s", async (_what, headers) => {
    const before = await api.traces();
    const client = await dial(api.app);
    client.send(`${head("PUT /api/v1/files/a", headers)}5\r\nhello\r\n0\r\n\r\n`);
    expect(await client.until("}}")).toMatch(/^HTTP\/1\.1 400 [\s\S]*"code":"INVALID_REQUEST"/);
    await expect.poll(() => api.traces(), SOON).toEqual(before);
  });

  it("a file that is longer than its length: what was announced is kept and answered, the rest is refused", async () => {
    const client = await dial(api.app);
    client.send(`${head("PUT /api/v1/files/short", "Content-Length: 5\r\n")}hello, world\r\n\r\n`);
    const answers = await client.ended;
    expect(answers).toMatch(/^HTTP\/1\.1 201 [\s\S]*"size_bytes":5[\s\S]*HTTP\/1\.1 400 [\s\S]*"INVALID_REQUEST"/);
  });

  it("headers that are too large", async () => {
    const before = await api.traces();
    const client = await dial(api.app);
    client.send(head("PUT /api/v1/files/a", `Content-Length: 5\r\nX-Large: ${"x".repeat(9000)}\r\n`));
    expect(await client.ended).toMatch(/^HTTP\/1\.1 431 [\s\S]*"code":"HEADERS_TOO_LARGE"/);
    expect(await api.traces()).toEqual(before);
  });
});

describe("several requests sent at once on one connection", () => {
  const get = (path: string) => head(`GET ${path}`, "");
  const put = (name: string, body: string) =>
    head(`PUT /api/v1/files/${name}`, `Content-Length: ${body.length}\r\n`) + body;
  const statusesOf = (text: string) => [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));

  it("are answered in order, refused ones with their bodies too", async () => {
    const client = await dial(api.app);
    client.send(
      put("one", "1") + put("..%2f", "22") + put("two", "333") + get("/api/v1/files?limit=0") + get("/nothing"),
    );
    await client.until('"path":"/nothing"');
    expect(statusesOf(client.received())).toEqual([201, 400, 201, 400, 404]);
  });

  it("nonsense behind a download does not get into it", async () => {
    const bytes = randomBytes(3_000_000);
    const { body } = await api.call("PUT", "/api/v1/files/big", { body: bytes });
    await api.path.transfers.late.idle();
    const client = await dial(api.app);
    client.send(`${get(`/api/v1/files/${body.file_id}/download`)}NONSENSE\r\n\r\n`);
    const received = await client.ended;
    const from = received.indexOf("\r\n\r\n") + 4;
    const got = Buffer.from(received.slice(from, from + bytes.length), "latin1");
    expect(got.equals(bytes)).toBe(true);
    expect(statusesOf(received.slice(from + bytes.length))).toEqual([400]);
  });

  it("nonsense behind an upload is not taken for its answer", async () => {
    const hold = Promise.withResolvers<void>();
    for (const node of api.path.nodes) node.hold = hold.promise;
    const stores = api.path.nodes[0]!.stores;
    const client = await dial(api.app);
    client.send(`${put("kept", randomBytes(20).toString("hex"))}NONSENSE\r\n\r\n`);
    await expect.poll(() => api.path.nodes[0]!.stores, SOON).toBeGreaterThan(stores);
    expect(client.received()).toBe("");
    for (const node of api.path.nodes) node.hold = undefined;
    hold.resolve();
    expect(statusesOf(await client.ended)).toEqual([201, 400]);
  });
});

describe("expectations", () => {
  it("one that is not known does no harm", async () => {
    const client = await dial(api.app);
    client.send(`${head("PUT /api/v1/files/a", "Content-Length: 5\r\nExpect: the-unexpected\r\n")}hello`);
    expect(await client.until("}")).toMatch(/^HTTP\/1\.1 201 /);
  });

  it.each([
    ["PUT /api/v1/files/..%2f", "Content-Length: 5\r\n", 400],
    ["PUT /api/v1/files/a", "Content-Length: 5\r\nContent-Encoding: gzip\r\n", 400],
    ["PUT /api/v1/files/a", "Content-Length: 1000000000000\r\n", 402],
    ["POST /api/v1/files/upload/0190a0b0-0000-7000-8000-000000000000/chunk?index=0", "Content-Length: 5\r\n", 404],
  ])("%s is refused before its body is asked for", async (request, headers, status) => {
    const before = await api.traces();
    const client = await dial(api.app);
    client.send(head(request, `${headers}Expect: 100-continue\r\n`));
    expect(await client.ended).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(await api.traces()).toEqual(before);
  });

  it("a chunk whose sender waits for 100 Continue and then goes leaves nothing", async () => {
    const id = await api.initiate();
    const before = await api.traces();
    const client = await dial(api.app);
    client.send(
      head(`PUT /api/v1/files/upload/${id}/chunk?index=0`, "Content-Length: 262144\r\nExpect: 100-continue\r\n"),
    );
    expect(await client.until("\r\n\r\n")).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    client.socket.destroy();
    await expectNothingLeft(id, before);
  });
});

it("nothing of all this was taken for a fault of the coordinator", () => {
  expect(api.logLines.filter(({ level }) => level === "error")).toEqual([]);
});
