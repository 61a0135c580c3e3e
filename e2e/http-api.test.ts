import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { realFiles } from "./harness/real-files.ts";
import { TestNetwork } from "./harness/test-network.ts";

/** What `curl -d` claims its body to be. */
const CURL = { "content-type": "application/x-www-form-urlencoded" };

let network: TestNetwork;

beforeAll(async () => {
  network = await TestNetwork.start(4);
});
afterAll(() => network.stop());

type Json = Record<string, unknown>;

async function post(path: string, body: unknown, token?: string): Promise<{ status: number; json: Json }> {
  const response = await fetch(`${network.url}${path}`, {
    method: "POST",
    headers: { ...CURL, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, json: (text === "" ? {} : JSON.parse(text)) as Json };
}

async function newAccount(): Promise<string> {
  const email = `${randomBytes(6).toString("hex")}@example.org`;
  const { status, json } = await post("/api/v1/auth/register", { email, password: "a long enough one" });
  expect(status).toBe(201);
  return json["access_token"] as string;
}

function as(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

describe("the API by hand", () => {
  it("signs in, uploads in three steps, lists, downloads whole and in part, deletes", async () => {
    const token = await newAccount();
    const bytes = randomBytes(700_000);
    const begun = await post(
      "/api/v1/files/upload/initiate",
      { filename: "notes.bin", size_bytes: bytes.length },
      token,
    );
    expect(begun.status).toBe(201);
    const { session_id, chunk_size, chunk_count } = begun.json as {
      session_id: string;
      chunk_size: number;
      chunk_count: number;
    };
    const path = `/api/v1/files/upload/${session_id}`;
    const chunk = (index: number): Buffer => bytes.subarray(index * chunk_size, (index + 1) * chunk_size);

    for (const index of [...Array(chunk_count).keys()].slice(1).reverse()) {
      const sent = await fetch(`${network.url}${path}/chunk?index=${index}`, {
        method: "POST",
        headers: as(token),
        body: new Uint8Array(chunk(index)),
      });
      expect(sent.status).toBe(200);
    }
    const early = await post(`${path}/complete`, {}, token);
    expect(early).toMatchObject({
      status: 409,
      json: { error: { code: "CHUNKS_MISSING", details: { missing: [0] } } },
    });
    const asJson = await post(`${path}/chunk`, { chunk_index: 0, data: chunk(0).toString("base64") }, token);
    expect(asJson).toMatchObject({ status: 200, json: { index: 0, chunk_count } });
    expect(asJson.json["replicas"]).toBeGreaterThanOrEqual(2);

    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const wrong = await post(`${path}/complete`, { sha256: "0".repeat(64) }, token);
    expect(wrong).toMatchObject({ status: 422, json: { error: { code: "CHECKSUM_MISMATCH" } } });
    const done = await post(`${path}/complete`, { sha256, md5: createHash("md5").update(bytes).digest("hex") }, token);
    expect(done.status).toBe(201);
    expect((await post(`${path}/complete`, {}, token)).json["file_id"]).toBe(done.json["file_id"]);

    const list = await (await fetch(`${network.url}/api/v1/files`, { headers: as(token) })).json();
    expect(list).toMatchObject({ items: [{ filename: "notes.bin", size_bytes: bytes.length }], next_cursor: null });

    const url = `${network.url}/api/v1/files/${done.json["file_id"] as string}`;
    const whole = await fetch(`${url}/download`, { headers: as(token) });
    expect(Buffer.from(await whole.arrayBuffer()).equals(bytes)).toBe(true);
    const part = await fetch(`${url}/download`, { headers: { ...as(token), range: "bytes=262100-262200" } });
    expect(part.status).toBe(206);
    expect(part.headers.get("content-range")).toBe(`bytes 262100-262200/${bytes.length}`);
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(262100, 262201))).toBe(true);
    const etag = whole.headers.get("etag") ?? "";
    expect((await fetch(`${url}/download`, { headers: { ...as(token), "if-none-match": etag } })).status).toBe(304);
    const head = await fetch(`${url}/download`, { method: "HEAD", headers: as(token) });
    expect(head.headers.get("content-length")).toBe(String(bytes.length));
    const beyond = await fetch(`${url}/download`, { headers: { ...as(token), range: `bytes=${bytes.length}-` } });
    expect(beyond.status).toBe(416);

    expect((await fetch(url, { method: "DELETE", headers: as(token) })).status).toBe(204);
    expect((await fetch(url, { headers: as(token) })).status).toBe(404);
    expect((await fetch(`${url}/download`, { headers: as(token) })).status).toBe(404);
  });

  it("uploads in one step: raw, of unknown length, by PUT to a name, and as a form", async () => {
    const token = await newAccount();
    const bytes = randomBytes(9_000_000);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const uploads: readonly (() => Promise<Response>)[] = [
      () =>
        fetch(`${network.url}/api/v1/files?filename=raw.bin`, {
          method: "POST",
          headers: { ...as(token), "x-content-sha256": sha256 },
          body: new Uint8Array(bytes),
        }),
      () =>
        fetch(`${network.url}/api/v1/files?filename=unknown.bin`, {
          method: "POST",
          headers: as(token),
          body: new Blob([new Uint8Array(bytes)]).stream(),
          duplex: "half",
        }),
      () =>
        fetch(`${network.url}/api/v1/files/folder/put.bin`, {
          method: "PUT",
          headers: as(token),
          body: new Uint8Array(bytes),
        }),
      () => {
        const form = new FormData();
        form.set("file", new File([new Uint8Array(bytes)], "form.bin", { type: "application/x-thing" }));
        return fetch(`${network.url}/api/v1/files`, { method: "POST", headers: as(token), body: form });
      },
    ];
    const names = ["raw.bin", "unknown.bin", "put.bin", "form.bin"];
    const contentIds = new Set<unknown>();
    for (const [index, upload] of uploads.entries()) {
      const response = await upload();
      const file = (await response.json()) as {
        file_id: string;
        filename: string;
        content_id: string;
        chunk_size: number;
      };
      expect(response.status, JSON.stringify(file)).toBe(201);
      expect(file.filename).toBe(names[index]);
      contentIds.add(`${file.chunk_size}:${file.content_id}`);
      const back = await fetch(`${network.url}/api/v1/files/${file.file_id}/download`, { headers: as(token) });
      expect(
        createHash("sha256")
          .update(Buffer.from(await back.arrayBuffer()))
          .digest("hex"),
      ).toBe(sha256);
    }
    expect(contentIds.size).toBe(2);
  });

  it("keeps one copy of equal chunks of one owner, and none in common with another owner", async () => {
    const [one, other] = await Promise.all([newAccount(), newAccount()]);
    const bytes = new Uint8Array(randomBytes(100_000));
    /** A chunk is kept under its name. */
    const chunkOf = async (token: string, filename: string): Promise<unknown> => {
      const { json } = await post("/api/v1/files/upload/initiate", { filename, size_bytes: bytes.length }, token);
      const path = `/api/v1/files/upload/${json["session_id"] as string}`;
      const chunk = { method: "POST", headers: as(token), body: bytes };
      const receipt = (await (await fetch(`${network.url}${path}/chunk?index=0`, chunk)).json()) as Json;
      expect((await post(`${path}/complete`, {}, token)).status).toBe(201);
      return receipt["chunk_name"];
    };
    const first = await chunkOf(one, "first");
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(await chunkOf(one, "again")).toBe(first);
    expect(await chunkOf(other, "other")).not.toBe(first);
  });

  it("charges a month of storage, and buys credits", async () => {
    const token = await newAccount();
    const me = async () =>
      ((await (await fetch(`${network.url}/api/v1/auth/me`, { headers: as(token) })).json()) as Json)["credits"] as {
        available_microcredits: string;
        reserved_microcredits: string;
      };
    const before = BigInt((await me()).available_microcredits);
    const begun = await post("/api/v1/files/upload/initiate", { filename: "a", size_bytes: 1_000_000 }, token);
    expect(await me()).toMatchObject({ reserved_microcredits: "3000" });
    await fetch(`${network.url}/api/v1/files/upload/${begun.json["session_id"] as string}`, {
      method: "DELETE",
      headers: as(token),
    });
    expect(BigInt((await me()).available_microcredits)).toBe(before);
    await fetch(`${network.url}/api/v1/files?filename=b`, {
      method: "POST",
      headers: as(token),
      body: new Uint8Array(randomBytes(1_000_000)),
    });
    expect(BigInt((await me()).available_microcredits)).toBe(before - 3000n);
    const tooMuch = await post("/api/v1/files/upload/initiate", { filename: "c", size_bytes: 10 ** 15 }, token);
    expect(tooMuch).toMatchObject({ status: 402, json: { error: { code: "INSUFFICIENT_CREDITS" } } });
    const bought = await post("/api/v1/auth/credits/purchase", { amount_usd: 10 }, token);
    expect(bought).toMatchObject({ status: 201, json: { status: "completed", credits: "1000" } });
    expect(BigInt((await me()).available_microcredits)).toBe(before - 3000n + 1_000_000_000n);
  });

  it("answers health, readiness, metrics, nodes, the API's document and its page", async () => {
    expect(await (await fetch(`${network.url}/health`)).json()).toMatchObject({ status: "ok" });
    expect((await fetch(`${network.url}/ready`)).status).toBe(200);
    expect(await (await fetch(`${network.url}/metrics`)).text()).toContain("commonhold_chunks_stored_total");
    const nodes = (await (await network.call("/api/v1/nodes")).json()) as { items: Json[] };
    expect(nodes.items).toHaveLength(4);
    expect(nodes.items.every((node) => node["status"] === "active")).toBe(true);
    const document = (await (await fetch(`${network.url}/openapi.json`)).json()) as { paths: Json };
    expect(Object.keys(document.paths)).toContain("/api/v1/files/upload/initiate");
    const page = await fetch(`${network.url}/docs`);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain("<title>Commonhold");
    expect((await fetch(network.url)).url).toMatch(/\/docs/);
  });

  it("a node asks for its own balance with its API key", async () => {
    const credentials = JSON.parse(await readFile(`${network.nodeFolder("node-1")}/credentials.json`, "utf8")) as Json;
    const balance = await fetch(`${network.url}/api/v1/balance`, {
      headers: { "x-api-key": credentials["api_key"] as string },
    });
    expect(await balance.json()).toMatchObject({
      node_id: credentials["node_id"],
      earned: "0",
      pending: "0",
      paid: "0",
    });
    expect((await fetch(`${network.url}/api/v1/balance`, { headers: { "x-api-key": "guess" } })).status).toBe(401);
  });
});

describe("ordinary bad input gets an error that says what would be right", () => {
  const bad: readonly [string, string, unknown, number, string, RegExp][] = [
    ["missing field", "/api/v1/files/upload/initiate", { filename: "a" }, 400, "INVALID_REQUEST", /size_bytes/],
    [
      "wrong type",
      "/api/v1/files/upload/initiate",
      { filename: "a", size_bytes: "1" },
      400,
      "INVALID_REQUEST",
      /size_bytes/,
    ],
    [
      "negative size",
      "/api/v1/files/upload/initiate",
      { filename: "a", size_bytes: -1 },
      400,
      "INVALID_REQUEST",
      /size_bytes/,
    ],
    [
      "fraction",
      "/api/v1/files/upload/initiate",
      { filename: "a", size_bytes: 1.5 },
      400,
      "INVALID_REQUEST",
      /size_bytes/,
    ],
    [
      "2^53",
      "/api/v1/files/upload/initiate",
      { filename: "a", size_bytes: 2 ** 53 },
      400,
      "INVALID_REQUEST",
      /size_bytes/,
    ],
    [
      "bad name",
      "/api/v1/files/upload/initiate",
      { filename: "../a", size_bytes: 1 },
      400,
      "INVALID_REQUEST",
      /filename/,
    ],
    [
      "unknown upload",
      `/api/v1/files/upload/${"0".repeat(8)}-0000-7000-8000-${"0".repeat(12)}/complete`,
      {},
      404,
      "UPLOAD_NOT_FOUND",
      /upload/,
    ],
    ["wrong amount", "/api/v1/auth/credits/purchase", { amount_usd: -1 }, 400, "INVALID_REQUEST", /amount_usd/],
    [
      "wrong password",
      "/api/v1/auth/login",
      { email: "nobody@example.org", password: "not the password" },
      401,
      "INVALID_CREDENTIALS",
      /password/,
    ],
  ];
  it.each(bad)("%s", async (_what, path, body, status, code, message) => {
    const response = await network.call(path, { method: "POST", headers: CURL, body: JSON.stringify(body) });
    expect(response.status).toBe(status);
    const { error } = (await response.json()) as { error: { code: string; message: string; request_id: string } };
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.request_id).not.toBe("");
  });

  it("chunks: out of range, too long, too short, other bytes, no base64", async () => {
    const begun = await network.call("/api/v1/files/upload/initiate", {
      method: "POST",
      body: JSON.stringify({ filename: "chunks", size_bytes: 300_000 }),
    });
    const { session_id } = (await begun.json()) as { session_id: string };
    const path = `/api/v1/files/upload/${session_id}/chunk`;
    const send = async (query: string, body: string | Uint8Array<ArrayBuffer>) => {
      const response = await network.call(`${path}${query}`, { method: "POST", body });
      return { status: response.status, json: (await response.json()) as { error?: { code: string } } };
    };
    expect(await send("?index=2", "x")).toMatchObject({
      status: 422,
      json: { error: { code: "INVALID_CHUNK_INDEX" } },
    });
    expect(await send("?index=-1", "x")).toMatchObject({ status: 400, json: { error: { code: "INVALID_REQUEST" } } });
    expect(await send("?index=0", "short")).toMatchObject({
      status: 422,
      json: { error: { code: "WRONG_CHUNK_LENGTH" } },
    });
    const long = new Uint8Array(262_145);
    expect(await send("?index=0", long)).toMatchObject({
      status: 422,
      json: { error: { code: "WRONG_CHUNK_LENGTH" } },
    });
    expect(await send("", "{}")).toMatchObject({ status: 400, json: { error: { code: "INVALID_REQUEST" } } });
    expect(await send("", '{"chunk_index":0,"data":"%%%%"}')).toMatchObject({ status: 400 });
    const last = new Uint8Array(randomBytes(300_000 - 262_144));
    expect((await send("?index=1", last)).status).toBe(200);
    expect((await send("?index=1", last)).status).toBe(200);
    const other = new Uint8Array(randomBytes(300_000 - 262_144));
    expect(await send("?index=1", other)).toMatchObject({ status: 409, json: { error: { code: "CHUNK_CONFLICT" } } });
  });

  it("another person's upload and file look as if they were not there", async () => {
    const stranger = await newAccount();
    const [file] = await realFiles();
    const stored = await network.call("/api/v1/files?filename=mine", {
      method: "POST",
      body: new Uint8Array(await readFile(file!.path)),
    });
    const { file_id } = (await stored.json()) as { file_id: string };
    for (const [method, path] of [
      ["GET", ""],
      ["GET", "/download"],
      ["DELETE", ""],
    ] as const) {
      const response = await fetch(`${network.url}/api/v1/files/${file_id}${path}`, { method, headers: as(stranger) });
      expect(response.status).toBe(404);
    }
    expect((await network.call(`/api/v1/files/${file_id}`)).status).toBe(200);
  });

  it("a digest that does not fit leaves nothing behind", async () => {
    const response = await network.call("/api/v1/files?filename=wrong-digest", {
      method: "POST",
      headers: { "content-md5": Buffer.alloc(16).toString("base64") },
      body: "some text",
    });
    expect(response.status).toBe(422);
    const list = (await (await network.call("/api/v1/files?name=wrong-digest")).json()) as { items: unknown[] };
    expect(list.items).toEqual([]);
  });

  it("an upload that is refused before its body was read leaves the connection usable", async () => {
    const bytes = new Uint8Array(8_000_000);
    const refused = await fetch(`${network.url}/api/v1/files?filename=..`, {
      method: "POST",
      headers: as("nonsense"),
      body: bytes,
    });
    expect(refused.status).toBe(401);
    await refused.json();
    expect((await fetch(`${network.url}/health`)).status).toBe(200);
  });
});
