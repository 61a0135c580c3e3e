import { randomBytes } from "node:crypto";
import { CHUNK_SIZE_BYTES_MIN } from "@commonhold/core/chunk-size.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DataPath, openDataPath } from "../transfers/data-path.fixture.ts";

let path: DataPath;
beforeAll(async () => {
  path = await openDataPath({ nodes: 4 });
  for (const node of path.nodes) await path.heartbeat(node);
});
afterAll(() => path.close());

const bytesOf = (length: number) => new Uint8Array(randomBytes(length));
const send = (key: string, name: string, body: RequestInit["body"]) =>
  path.json(`/api/v1/files?filename=${name}`, { method: "POST", body: body!, headers: { "idempotency-key": key } });
const put = (key: string, name: string, body: RequestInit["body"]) =>
  path.json(`/api/v1/files/${name}`, { method: "PUT", body: body!, headers: { "idempotency-key": key } });
const begin = (key: string, filename: string, sizeBytes: number) =>
  path.json("/api/v1/files/upload/initiate", {
    method: "POST",
    headers: { "idempotency-key": key, "content-type": "application/json" },
    body: JSON.stringify({ filename, size_bytes: sizeBytes }),
  });
const rowsOf = async (name: string) =>
  (await path.api.metadata.read.selectFrom("files").selectAll().execute()).filter((file) => file.name === name);

describe("a file that is sent again with its key", () => {
  it.each([
    ["a small one", 10_000],
    ["an empty one", 0],
    ["one of several chunks", 3 * CHUNK_SIZE_BYTES_MIN + 1],
  ])("is stored and paid for once: %s", async (name, length) => {
    const bytes = bytesOf(length);
    const first = await send(`key of ${name}`.replaceAll(" ", "-"), `${length}.bin`, bytes);
    expect(first.status).toBe(201);
    const paid = await path.credits();
    const again = await send(`key of ${name}`.replaceAll(" ", "-"), `${length}.bin`, bytes);
    expect(again).toEqual(first);
    expect(await rowsOf(`${length}.bin`)).toHaveLength(1);
    expect(await path.credits()).toEqual(paid);
  });

  it("is stored once where both are under way", async () => {
    const bytes = bytesOf(50_000);
    const answers = await Promise.all(Array.from({ length: 5 }, () => send("together", "together.bin", bytes)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ body }) => body.file_id)).size).toBe(1);
    expect(await rowsOf("together.bin")).toHaveLength(1);
  });

  it("is tried anew where the first was refused", async () => {
    const bytes = bytesOf(1000);
    const refused = await path.json("/api/v1/files?filename=checked.bin", {
      method: "POST",
      body: bytes,
      headers: { "idempotency-key": "checked", "x-content-sha256": "0".repeat(64) },
    });
    expect(refused.body.error.code).toBe("CHECKSUM_MISMATCH");
    expect((await send("checked", "checked.bin", bytes)).status).toBe(201);
  });

  it("is known as a form and as a path too", async () => {
    const form = () => {
      const data = new FormData();
      data.set("file", new Blob([bytesOf(2000)]), "form.bin");
      return data;
    };
    const [first, again] = [await send("form", "form.bin", form()), await send("form", "form.bin", form())];
    expect(first.status).toBe(201);
    expect(again.body.file_id).toBe(first.body.file_id);
    const bytes = bytesOf(2000);
    const one = await put("path", "folder/path.bin", bytes);
    expect((await put("path", "folder/path.bin", bytes)).body.file_id).toBe(one.body.file_id);
    expect(await rowsOf("path.bin")).toHaveLength(1);
  });

  it("has another key: then it is another version", async () => {
    const bytes = bytesOf(500);
    expect((await send("one-key", "versions.bin", bytes)).body.version).toBe(1);
    expect((await send("other-key", "versions.bin", bytes)).body.version).toBe(2);
  });

  it("is refused where the key stands for another one, and where it is no key", async () => {
    await send("taken", "taken.bin", bytesOf(700));
    const other = await send("taken", "other.bin", bytesOf(701));
    expect(other.status).toBe(400);
    expect(other.body.error).toMatchObject({ code: "INVALID_REQUEST", details: { field: "idempotency-key" } });
    expect(await rowsOf("other.bin")).toHaveLength(0);
    const wrong = await send("k".repeat(256), "wrong.bin", bytesOf(1));
    expect(wrong.body.error).toMatchObject({ code: "INVALID_REQUEST", details: { field: "idempotency-key" } });
  });
});

describe("an upload in steps that is begun again with its key", () => {
  it("is the same upload, reserved once", async () => {
    const first = await begin("steps", "steps.bin", 600_000);
    const reserved = await path.credits();
    expect(await begin("steps", "steps.bin", 600_000)).toEqual(first);
    expect(await path.credits()).toEqual(reserved);
    expect((await begin("steps", "steps.bin", 600_001)).status).toBe(400);
    await path.call(`/api/v1/files/upload/${first.body.session_id}`, { method: "DELETE" });
    const anew = await begin("steps", "steps.bin", 600_000);
    expect(anew.status).toBe(201);
    await path.call(`/api/v1/files/upload/${anew.body.session_id}`, { method: "DELETE" });
  });

  it("is another one once the first has run out of time", async () => {
    const first = await begin("late", "late.bin", 600_000);
    path.api.clock.advance(8 * 86_400_000);
    for (const node of path.nodes) await path.heartbeat(node);
    const reserved = await path.credits();
    const anew = await begin("late", "late.bin", 600_000);
    expect(anew.status).toBe(201);
    expect(Date.parse(anew.body.expires_at)).toBeGreaterThan(Date.parse(first.body.expires_at));
    expect(await path.credits()).toEqual(reserved);
    expect((await send("late", "late.bin", bytesOf(600_000))).body.error.code).toBe("CONCURRENT_CHANGE");
    await path.call(`/api/v1/files/upload/${anew.body.session_id}`, { method: "DELETE" });
  });

  it("tells which file it was where that was completed", async () => {
    const bytes = bytesOf(1000);
    const { body } = await begin("completed", "completed.bin", bytes.length);
    const upload = `/api/v1/files/upload/${body.session_id}`;
    await path.json(`${upload}/chunk?index=0`, { method: "POST", body: bytes });
    expect((await path.json(`${upload}/complete`, { method: "POST" })).status).toBe(201);
    const refused = await begin("completed", "completed.bin", bytes.length);
    expect(refused.body.error).toMatchObject({ code: "UPLOAD_ENDED", details: { file_id: body.file_id } });
  });

  it("tells which file it was where it was stored in one request", async () => {
    const { body } = await send("done", "done.bin", bytesOf(900));
    const refused = await begin("done", "done.bin", 900);
    expect(refused.status).toBe(409);
    expect(refused.body.error).toMatchObject({ code: "UPLOAD_ENDED", details: { file_id: body.file_id } });
  });
});
