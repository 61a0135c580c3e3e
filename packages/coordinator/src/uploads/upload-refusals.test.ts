import { createHash, randomBytes } from "node:crypto";
import { AppError } from "@commonhold/core/app-error.ts";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openWholeApi, type WholeApi } from "../http/whole-api.fixture.ts";

/** A busy machine is given time; what is waited for comes at once by custom. */
const SOON = { interval: 5, timeout: 10_000 };

let api: WholeApi;
beforeAll(async () => {
  api = await openWholeApi();
});
afterEach(async () => {
  for (const node of api.path.nodes) node.hold = undefined;
  await api.path.transfers.late.idle();
});
afterAll(() => api.close());

/** Of two chunks, which is what `initiate` announces. */
const bytes = new Uint8Array(randomBytes(300_000));
const chunk = (index: number) => bytes.subarray(index * 262_144, (index + 1) * 262_144);
const upload = (id: string, rest = "") => `/api/v1/files/upload/${id}${rest}`;
const send = (id: string, index: number | string, body: unknown = chunk(Number(index))) =>
  api.call("POST", upload(id, `/chunk?index=${index}`), { body });
const isIdle = () => expect.poll(() => api.path.transfers.uploadBudget.usedBytes, SOON).toBe(0);

async function begin(chunks: readonly number[] = []): Promise<string> {
  const id = await api.initiate();
  for (const index of chunks) expect((await send(id, index)).status).toBe(200);
  await api.path.transfers.late.idle();
  await isIdle();
  return id;
}

describe("a chunk that is not what it should be", () => {
  const bad: readonly [string, string, unknown, number, string][] = [
    ["too short", "index=0", chunk(1), 422, "WRONG_CHUNK_LENGTH"],
    ["too long", "index=1", chunk(0), 422, "WRONG_CHUNK_LENGTH"],
    ["empty", "index=0", "", 422, "WRONG_CHUNK_LENGTH"],
    ["just behind the last", "index=2", "x", 422, "INVALID_CHUNK_INDEX"],
    ["far behind the last", "index=999999999999999", "x", 422, "INVALID_CHUNK_INDEX"],
    ["beyond 2^53", "index=9007199254740993", "x", 400, "INVALID_REQUEST"],
    ["negative", "index=-1", "x", 400, "INVALID_REQUEST"],
    ["minus zero", "index=-0", chunk(0), 400, "INVALID_REQUEST"],
    ["a fraction", "index=0.5", "x", 400, "INVALID_REQUEST"],
    ["a fraction that is none", "index=1.0", chunk(1), 400, "INVALID_REQUEST"],
    ["with an exponent", "index=1e0", chunk(1), 400, "INVALID_REQUEST"],
    ["no number", "index=NaN", "x", 400, "INVALID_REQUEST"],
    ["hexadecimal", "index=0x1", chunk(1), 400, "INVALID_REQUEST"],
    ["without a value", "index=", "x", 400, "INVALID_REQUEST"],
    ["twice in the query", "index=0&index=1", chunk(1), 400, "INVALID_REQUEST"],
    ["a list in the query", "index[]=1", chunk(1), 400, "INVALID_REQUEST"],
    ["without an index", "", chunk(1), 400, "INVALID_REQUEST"],
    ["JSON, negative", "", { chunk_index: -1, data: "AAAA" }, 400, "INVALID_REQUEST"],
    ["JSON, a fraction", "", { chunk_index: 0.5, data: "AAAA" }, 400, "INVALID_REQUEST"],
    ["JSON, text", "", { chunk_index: "0", data: "AAAA" }, 400, "INVALID_REQUEST"],
    ["JSON, huge", "", { chunk_index: 1e300, data: "AAAA" }, 422, "INVALID_CHUNK_INDEX"],
    ["JSON, beyond double", "", '{"chunk_index":1e400,"data":"AAAA"}', 400, "INVALID_REQUEST"],
    ["JSON, without bytes", "", { chunk_index: 0 }, 400, "INVALID_REQUEST"],
    ["JSON, empty", "", { chunk_index: 0, data: "" }, 422, "WRONG_CHUNK_LENGTH"],
    ["JSON, base64 for URLs", "", { chunk_index: 0, data: "--__" }, 400, "INVALID_REQUEST"],
    ["JSON, cut base64", "", { chunk_index: 0, data: "AAA" }, 400, "INVALID_REQUEST"],
    ["JSON, of more than a chunk", "", { chunk_index: 0, data: "A".repeat(5_594_000) }, 400, "INVALID_REQUEST"],
    ["JSON of 10 MB", "", { chunk_index: 0, data: "A".repeat(10_000_000) }, 413, "BODY_TOO_LARGE"],
    ["JSON, as deep as fits", "", "[".repeat(2_000_000) + "]".repeat(2_000_000), 400, "INVALID_REQUEST"],
    ["JSON, as wide as fits", "", `[${"0,".repeat(2_000_000)}0]`, 400, "INVALID_REQUEST"],
  ];

  it.each(bad)("%s: refused, and the upload is as it was", async (_what, query, body, status, code) => {
    const id = await begin([1]);
    const before = await api.traces();
    const answer = await api.call("POST", upload(id, `/chunk?${query}`), { body });
    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
    await isIdle();
    expect(await api.traces()).toEqual(before);
    expect((await api.call("GET", upload(id))).body).toMatchObject({ received: 1, missing: [0] });
    expect((await send(id, 0)).status).toBe(200);
    expect((await api.call("POST", upload(id, "/complete"))).status).toBe(201);
  });

  it("says how to give the index where it is missing", async () => {
    const answer = await api.call("POST", upload(await begin(), "/chunk"), { body: chunk(0) });
    expect(answer.body.error.message).toContain("?index=");
  });

  it("the same again is the same; other bytes are refused and the first ones stay", async () => {
    const id = await begin([0, 1]);
    const before = await api.traces();
    for (const index of [0, 1]) expect((await send(id, index)).status).toBe(200);
    const other = await send(id, 1, new Uint8Array(randomBytes(chunk(1).length)));
    expect([other.status, other.body.error.code]).toEqual([409, "CHUNK_CONFLICT"]);
    await isIdle();
    expect(await api.traces()).toEqual(before);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    expect((await api.call("POST", upload(id, "/complete"), { body: { sha256 } })).status).toBe(201);
  });
});

describe("completing", () => {
  const complete = (id: string, body: object = {}) => api.call("POST", upload(id, "/complete"), { body });

  it("many times at once is once", async () => {
    const id = await begin([0, 1]);
    const before = await api.path.credits();
    const sha256 = createHash("sha256").update(bytes).digest("hex").toUpperCase();
    const done = await Promise.all(Array.from({ length: 20 }, () => complete(id, { sha256 })));
    expect(new Set(done.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(done.map(({ body }) => body.file_id)).size).toBe(1);
    const after = await api.path.credits();
    expect(before.available + before.reserved - after.available - after.reserved).toBe(900n);
    expect(await complete(id)).toMatchObject({ status: 201, body: { file_id: done[0]!.body.file_id } });
    for (const index of [0, 1]) expect((await send(id, index)).body.error.code).toBe("UPLOAD_ENDED");
    await isIdle();
  });

  it.each([
    ["a wrong digest", { sha256: "0".repeat(64) }, 422, "CHECKSUM_MISMATCH"],
    ["one that is none", { sha256: "0".repeat(63) }, 400, "INVALID_REQUEST"],
    ["two that contradict each other", { md5: "0".repeat(32) }, 422, "CHECKSUM_MISMATCH"],
    ["a field that is not known", { sha: "x" }, 400, "INVALID_REQUEST"],
    ["a list", [], 400, "INVALID_REQUEST"],
  ])("with %s is refused, and may be done right after it", async (_what, body, status, code) => {
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const id = await begin([0, 1]);
    const before = await api.traces();
    const answer = await complete(id, Array.isArray(body) ? body : { sha256, ...body });
    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
    expect(await api.traces()).toEqual(before);
    expect((await complete(id, { sha256 })).status).toBe(201);
  });

  it("again checks a digest that was not promised before", async () => {
    const id = await begin([0, 1]);
    expect((await complete(id)).status).toBe(201);
    const wrong = await complete(id, { sha256: "0".repeat(64) });
    expect([wrong.status, wrong.body.error.code]).toEqual([422, "CHECKSUM_MISMATCH"]);
    expect((await complete(id, { sha256: createHash("sha256").update(bytes).digest("hex") })).status).toBe(201);
    const empty = await api.initiate({ size_bytes: 0 });
    expect((await complete(empty)).status).toBe(201);
    expect((await complete(empty, { sha256: "0".repeat(64) })).status).toBe(422);
  });

  it("with another digest than was promised at the start is refused", async () => {
    const id = await api.initiate({ sha256: "1".repeat(64), size_bytes: 0 });
    const answer = await complete(id, { sha256: createHash("sha256").digest("hex") });
    expect([answer.status, answer.body.error.code]).toEqual([422, "CHECKSUM_MISMATCH"]);
  });

  it("while a chunk is on its way says which is missing, and the chunk arrives", async () => {
    const id = await begin([0]);
    const hold = Promise.withResolvers<void>();
    for (const node of api.path.nodes) node.hold = hold.promise;
    const own = new Uint8Array(randomBytes(chunk(1).length));
    const stores = api.path.nodes[0]!.stores;
    const sending = send(id, 1, own);
    await expect.poll(() => api.path.nodes[0]!.stores, SOON).toBeGreaterThan(stores);
    expect(await complete(id)).toMatchObject({
      status: 409,
      body: { error: { code: "CHUNKS_MISSING", details: { missing: [1] } } },
    });
    hold.resolve();
    expect((await sending).status).toBe(200);
    expect((await complete(id)).status).toBe(201);
  });

  it("while a chunk comes a second time ends well, whichever is first", async () => {
    const id = await begin([0, 1]);
    const [again, done] = await Promise.all([send(id, 1), complete(id)]);
    expect(done.status).toBe(201);
    expect([200, 409]).toContain(again.status);
  });

  it("while it is given up: one of the two wins, and nothing stays reserved", async () => {
    for (let round = 0; round < 5; round++) {
      const id = await begin([0, 1]);
      const calls = [() => complete(id), () => api.call("DELETE", upload(id))];
      const order = round % 2 === 0 ? calls : calls.toReversed();
      const statuses = (await Promise.all(order.map((call) => call()))).map(({ status }) => status);
      const [completed, aborted] = round % 2 === 0 ? statuses : statuses.toReversed();
      expect([201, 404]).toContain(completed);
      expect(aborted).toBe(204);
      expect((await api.call("GET", upload(id))).status).toBe(404);
      const left = api.path.api.metadata.read.selectFrom("uploads").select("reserved_microcredits");
      expect(await left.where("id", "=", id).execute()).toEqual([]);
    }
  });

  it("a file that was deleted since is told so", async () => {
    const id = await begin([0, 1]);
    const { file_id } = (await complete(id)).body;
    expect((await api.call("DELETE", `/api/v1/files/${file_id}`)).status).toBe(204);
    expect((await complete(id)).body.error.code).toBe("FILE_NOT_FOUND");
    expect((await api.call("DELETE", `/api/v1/files/${file_id}`)).body.error.code).toBe("FILE_NOT_FOUND");
  });
});

describe("giving up", () => {
  it("while a chunk is on its way leaves nothing", async () => {
    const before = await api.traces();
    const id = await api.initiate();
    const hold = Promise.withResolvers<void>();
    for (const node of api.path.nodes) node.hold = hold.promise;
    const stores = api.path.nodes[0]!.stores;
    const sending = send(id, 1, new Uint8Array(randomBytes(chunk(1).length)));
    await expect.poll(() => api.path.nodes[0]!.stores, SOON).toBeGreaterThan(stores);
    expect((await api.call("DELETE", upload(id))).status).toBe(204);
    hold.resolve();
    expect((await sending).body.error.code).toBe("UPLOAD_NOT_FOUND");
    await api.path.transfers.late.idle();
    await expect.poll(() => api.traces(), SOON).toEqual(before);
  });

  it("twice, or at once: the first ends it, the others find nothing", async () => {
    const before = await api.traces();
    const id = await begin([0, 1]);
    const ended = await Promise.all([1, 2, 3].map(() => api.call("DELETE", upload(id))));
    expect(ended.map(({ status }) => status).sort()).toEqual([204, 404, 404]);
    expect(await api.traces()).toEqual(before);
    for (const answer of [await send(id, 0), await api.call("POST", upload(id, "/complete"))]) {
      expect([answer.status, answer.body.error.code]).toEqual([404, "UPLOAD_NOT_FOUND"]);
    }
    await isIdle();
  });
});

describe("initiating", () => {
  const bad: readonly [string, string][] = [
    ["a negative size", '"size_bytes":-1'],
    ["a fraction", '"size_bytes":1.5'],
    ["2^53", '"size_bytes":9007199254740992'],
    ["more than a double", '"size_bytes":1e400'],
    ["text", '"size_bytes":"1e3"'],
    ["no number", '"size_bytes":NaN'],
    ["nothing", '"size_bytes":null'],
    ["a list", '"size_bytes":[1]'],
    ["no size", '"x":1'],
    ["an unknown field", '"size_bytes":1,"copy":3'],
    ["no copies", '"size_bytes":1,"copies":0'],
    ["too many copies", '"size_bytes":1,"copies":17'],
    ["a digest that is none", '"size_bytes":1,"md5":"x"'],
    ["a type that would end its header", '"size_bytes":1,"content_type":"a/b\\r\\nx: y"'],
    ["a prototype", '"size_bytes":1,"__proto__":{"size_bytes":2}'],
    ["a constructor", '"size_bytes":1,"constructor":{"prototype":{}}'],
    ["10 MB", `"size_bytes":1,"content_type":"${"x".repeat(10_000_000)}"`],
  ];

  it.each(bad)("with %s is refused, and reserves nothing", async (_what, fields) => {
    const before = await api.traces();
    const answer = await api.call("POST", upload("initiate"), { body: `{"filename":"a",${fields}}` });
    expect(answer.body.error.code).toBe(answer.status === 413 ? "BODY_TOO_LARGE" : "INVALID_REQUEST");
    expect([400, 413]).toContain(answer.status);
    expect(await api.traces()).toEqual(before);
  });

  it("says of an unknown field that there is none", async () => {
    const answer = await api.call("POST", upload("initiate"), { body: { filename: "a", size_bytes: 1, extra: 1 } });
    expect(answer.body.error.details).toEqual({
      in: "body",
      field: "extra",
      received: "the number 1",
      expected: "nothing: this call has no such field",
    });
  });

  it.each([
    ["a byte order mark", '\ufeff{"filename":"a","size_bytes":1}', 1],
    ["an exponent", '{"filename":"a","size_bytes":1e3}', 1000],
    ["a key twice, of which the last counts", '{"filename":"a","size_bytes":7,"size_bytes":8}', 8],
    ["minus zero", '{"filename":"a","size_bytes":-0}', 0],
  ])("takes %s", async (_what, body, size) => {
    const answer = await api.call("POST", upload("initiate"), { body });
    expect([answer.status, answer.body.size_bytes]).toEqual([201, size]);
    expect((await api.call("DELETE", upload(answer.body.session_id))).status).toBe(204);
  });

  it("of what no credits suffice for reserves nothing", async () => {
    const before = await api.traces();
    for (const size_bytes of [2 ** 53 - 1, 10 ** 13]) {
      const answer = await api.call("POST", upload("initiate"), { body: { filename: "a", size_bytes } });
      expect([answer.status, answer.body.error.code]).toEqual([402, "INSUFFICIENT_CREDITS"]);
    }
    expect(await api.traces()).toEqual(before);
  });
});

describe("uploads in one step", () => {
  const md5 = (text: string) => createHash("md5").update(text).digest("base64");
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

  const bad: readonly [string, Record<string, string>, number, string][] = [
    ["compressed bytes", { "content-encoding": "gzip" }, 400, "INVALID_REQUEST"],
    ["twice compressed bytes", { "content-encoding": "identity, br" }, 400, "INVALID_REQUEST"],
    ["a part of a file", { "content-range": "bytes 4-7/8" }, 400, "INVALID_REQUEST"],
    ["a wrong MD5", { "content-md5": md5("other") }, 422, "CHECKSUM_MISMATCH"],
    ["a wrong SHA-256", { "x-content-sha256": sha256("other") }, 422, "CHECKSUM_MISMATCH"],
    [
      "a right MD5 and a wrong SHA-256",
      { "content-md5": md5("text"), "x-content-sha256": sha256("other") },
      422,
      "CHECKSUM_MISMATCH",
    ],
    [
      "a right SHA-256 and a wrong MD5",
      { "content-md5": md5("other"), "x-content-sha256": sha256("text") },
      422,
      "CHECKSUM_MISMATCH",
    ],
    ["an MD5 in hex", { "content-md5": "0".repeat(32) }, 400, "INVALID_REQUEST"],
    ["an MD5 that is cut", { "content-md5": md5("text").slice(1) }, 400, "INVALID_REQUEST"],
    ["an empty MD5", { "content-md5": "" }, 400, "INVALID_REQUEST"],
    ["a SHA-256 in base64", { "x-content-sha256": `${"A".repeat(43)}=` }, 400, "INVALID_REQUEST"],
    ["two SHA-256", { "x-content-sha256": `${sha256("text")}, ${sha256("text")}` }, 400, "INVALID_REQUEST"],
    ["copies that are none", { "?": "copies=1.5" }, 400, "INVALID_REQUEST"],
    ["copies twice", { "?": "copies=2&copies=3" }, 400, "INVALID_REQUEST"],
  ];

  it.each(bad)("%s: refused, and nothing stays", async (_what, { "?": query = "", ...headers }, status, code) => {
    const before = await api.traces();
    const form = new FormData();
    form.set("file", new File(["text"], "a"));
    const uploads = [
      ["POST", `/api/v1/files?filename=a&${query}`, "text"],
      ["PUT", `/api/v1/files/a?${query}`, "text"],
      ["POST", `/api/v1/files?${query}`, form],
    ] as const;
    for (const [method, url, body] of uploads) {
      const answer = await api.call(method, url, { headers, body });
      expect([answer.status, answer.body.error.code]).toEqual([status, code]);
    }
    expect(await api.traces()).toEqual(before);
  });

  it.each(["/complete", "", "/x"])("PUT to an upload's own address%s makes no file of that name", async (rest) => {
    const id = await begin([0, 1]);
    const before = await api.traces();
    const answer = await api.call("PUT", upload(id, rest), { body: {} });
    expect([answer.status, answer.body.error.code]).toEqual([400, "INVALID_REQUEST"]);
    expect(await api.traces()).toEqual(before);
    const named = await api.call("POST", "/api/v1/files?filename=upload/x", { body: "x" });
    expect([named.status, named.body.filename]).toEqual([201, "x"]);
  });

  it("a compressed chunk is refused too", async () => {
    const id = await begin();
    const headers = { "content-encoding": "gzip" };
    const answer = await api.call("POST", upload(id, "/chunk?index=1"), { headers, body: chunk(1) });
    expect([answer.status, answer.body.error.code]).toEqual([400, "INVALID_REQUEST"]);
  });

  it("when nodes are full leave nothing", async () => {
    const before = await api.traces();
    for (const node of api.path.nodes) node.refusal = new AppError("NO_SPACE", "full");
    const answer = await api.call("PUT", "/api/v1/files/a", { body: new Uint8Array(randomBytes(600_000)) });
    for (const node of api.path.nodes) node.refusal = undefined;
    expect([answer.status, answer.body.error.code]).toEqual([503, "NOT_ENOUGH_NODES"]);
    await expect.poll(() => api.traces(), SOON).toEqual(before);
  });
});
