import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Answer } from "../http/api-caller.fixture.ts";
import type {} from "../http/api.fixture.ts";
import { openWholeApi, type WholeApi } from "../http/whole-api.fixture.ts";
import { readZip } from "./zip.fixture.ts";

const NOBODYS = "0190a0b0-0000-7000-8000-000000000000";
const bytes = new Uint8Array(randomBytes(600_000));

let api: WholeApi;
beforeEach(async () => {
  api = await openWholeApi();
});
afterEach(() => api.close());

interface Stored {
  readonly file_id: string;
  readonly folder_id: string;
}

async function store(path: string, content: Uint8Array): Promise<Stored> {
  const url = `/api/v1/files/${path.split("/").map(encodeURIComponent).join("/")}`;
  const answer = await api.call("PUT", url, { body: content });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body;
}

const make = (body: object, token?: string) => api.call("POST", "/api/v1/archives", { body, token });
const read = (url: string) => api.fetch("GET", url, { token: "" });
const refusal = ({ status, body }: Answer) => [status, body.error?.code];

it("holds files and folders as they are, under names that lead nowhere else, and is as long as it says", async () => {
  const one = await store("one/a.txt", bytes.subarray(0, 10));
  const two = await store("two/a.txt", bytes.subarray(10, 30));
  const deep = await store("photos/2026/<script>.jpg", bytes);
  await store("photos/..\\..\\evil.exe", bytes.subarray(0, 5));
  await store("photos/2026/empty", new Uint8Array());
  await store("photos/2026/deleted", bytes.subarray(0, 1));
  const gone = (await api.call("GET", "/api/v1/files?name=deleted")).body.items[0].file_id;
  await api.call("DELETE", `/api/v1/files/${gone}`);
  const path = (await api.call("GET", `/api/v1/files/${deep.file_id}`)).body;
  const { parent_id } = (await api.path.api.metadata.read
    .selectFrom("folders")
    .select("parent_id")
    .where("id", "=", path.folder_id)
    .executeTakeFirstOrThrow()) as { readonly parent_id: string };
  const made = (await make({ file_ids: [one.file_id, two.file_id, one.file_id], folder_ids: [parent_id] })).body;
  expect(made).toMatchObject({ file_count: 5, size_bytes: 600_035 });
  const answer = await read(made.url);
  const zip = Buffer.from(await answer.arrayBuffer());
  expect([answer.headers.get("content-type"), answer.headers.get("content-disposition")]).toEqual([
    "application/zip",
    "attachment; filename=\"files.zip\"; filename*=UTF-8''files.zip",
  ]);
  expect(Number(answer.headers.get("content-length"))).toBe(zip.length);
  const entries = readZip(zip);
  expect(entries.map(({ name, content }) => [name, content.length])).toEqual([
    ["photos/", 0],
    ["photos/.._.._evil.exe", 5],
    ["photos/2026/", 0],
    ["photos/2026/<script>.jpg", 600_000],
    ["photos/2026/empty", 0],
    ["a.txt", 10],
    ["a (2).txt", 20],
  ]);
  expect(entries.every(({ isUtf8 }) => isUtf8)).toBe(true);
  expect(entries[3]!.content.equals(bytes)).toBe(true);
  expect(api.path.transfers.streams.usedBytes, "memory of the streams").toBe(0);
});

it("of one thing has its name, and of nothing is empty", async () => {
  const { folder_id } = await store("Müll/a", bytes.subarray(0, 1));
  const answer = await read((await make({ folder_ids: [folder_id] })).body.url);
  expect(answer.headers.get("content-disposition")).toMatch(/filename="M_ll.zip"; filename\*=UTF-8''M%C3%BCll.zip$/);
  await answer.arrayBuffer();
  const none = (await make({})).body;
  expect(none).toMatchObject({ file_count: 0, size_bytes: 0 });
  expect(readZip(Buffer.from(await (await read(none.url)).arrayBuffer()))).toEqual([]);
});

it("breaks off where a file cannot be read, and says so in the log: it is never short", async () => {
  const good = await store("good", bytes.subarray(0, 1_000));
  const bad = await store("bad", bytes);
  await api.path.transfers.late.idle();
  const { url } = (await make({ file_ids: [good.file_id, bad.file_id] })).body;
  for (const node of api.path.nodes) {
    for (const name of node.chunks.keys()) {
      const chunk = node.chunks.get(name)!;
      if (chunk.length > 100_000) node.chunks.delete(name);
    }
  }
  const answer = await read(url);
  expect(answer.status).toBe(200);
  await expect(answer.arrayBuffer()).rejects.toThrow();
  await expect.poll(() => api.path.transfers.streams.usedBytes).toBe(0);
});

it("is of one's own files alone, and not of too many", async () => {
  const { file_id, folder_id } = await store("own/a", bytes.subarray(0, 1));
  const stranger = await api.path.api.newUser();
  const cases: readonly (readonly [object, string, number, string])[] = [
    [{ file_ids: [file_id] }, stranger.accessToken, 404, "FILE_NOT_FOUND"],
    [{ file_ids: [NOBODYS] }, stranger.accessToken, 404, "FILE_NOT_FOUND"],
    [{ folder_ids: [folder_id] }, stranger.accessToken, 404, "FOLDER_NOT_FOUND"],
    [{ folder_ids: [NOBODYS] }, api.user.accessToken, 404, "FOLDER_NOT_FOUND"],
    [{ file_ids: ["../../etc/passwd"] }, api.user.accessToken, 400, "INVALID_REQUEST"],
    [{ file_ids: Array.from({ length: 801 }, () => file_id) }, api.user.accessToken, 400, "INVALID_REQUEST"],
  ];
  for (const [body, token, status, code] of cases) {
    expect(refusal(await make(body, token)), JSON.stringify(body).slice(0, 80)).toEqual([status, code]);
  }
});

it("is read by its address for a while, which no log shows; a deleted file is told before the first byte", async () => {
  const { file_id } = await store("a", bytes.subarray(0, 1));
  const { url } = (await make({ file_ids: [file_id] })).body;
  expect((await read(url)).status).toBe(200);
  expect((await read(`${url}x`)).status).toBe(401);
  expect((await read("/api/v1/archives/download")).status).toBe(400);
  expect(JSON.stringify(api.logLines)).not.toContain(url.split("ticket=")[1]);
  await api.call("DELETE", `/api/v1/files/${file_id}`);
  expect((await read(url)).status).toBe(404);
  api.path.api.clock.advance(3_601_000);
  expect((await read(url)).status).toBe(401);
});

it("is not read by its address while the account is shut", async () => {
  const { file_id } = await store("a", bytes.subarray(0, 10));
  const { url } = (await make({ file_ids: [file_id] })).body;
  const shut = (disabled: boolean) =>
    api.path.api.metadata.apply("user.set_disabled", { id: api.user.id, disabled, now_ms: 1 });
  await shut(true);
  const refused = await read(url);
  expect([refused.status, ((await refused.json()) as Answer["body"]).error.code]).toEqual([403, "ACCOUNT_DISABLED"]);
  await shut(false);
  expect((await read(url)).status).toBe(200);
});
