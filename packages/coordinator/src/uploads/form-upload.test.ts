import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DataPath, openDataPath } from "../transfers/data-path.fixture.ts";

let path: DataPath;
beforeAll(async () => {
  path = await openDataPath({ nodes: 3 });
});
afterAll(() => path.close());

const rowsOf = async (table: "uploads" | "files") =>
  (await path.api.metadata.read.selectFrom(table).select("id").execute()).length;
/** All that a refused upload must leave as it was. */
const traces = async () => [await rowsOf("uploads"), await rowsOf("files"), await path.credits()];

describe("forms", () => {
  const BOUNDARY = "----form";
  const part = (headers: string, content: string) => `--${BOUNDARY}\r\n${headers}\r\n\r\n${content}\r\n`;
  const file = (name: string, content: string, type = "text/plain") =>
    part(`Content-Disposition: form-data; name="f"; filename="${name}"\r\nContent-Type: ${type}`, content);
  const field = (name: string) => part(`Content-Disposition: form-data; name="${name}"`, "value");
  const END = `--${BOUNDARY}--\r\n`;
  const send = (body: string, query = "") =>
    path.json(`/api/v1/files${query}`, {
      method: "POST",
      headers: { "content-type": `multipart/form-data; boundary=${BOUNDARY}` },
      body,
    });

  it("takes the file between fields, under its name", async () => {
    const { status, body } = await send(field("a") + file("élan.txt", "hello") + field("b") + END);
    expect([status, body.filename, body.size_bytes, body.content_type]).toEqual([201, "élan.txt", 5, "text/plain"]);
  });

  it.each([
    ["several files", file("a", "one") + file("b", "two") + END],
    ["several files between fields", file("a", "one") + field("b") + file("c", "two") + END],
    ["no file", field("a") + END],
    ["no end", file("a", "one").repeat(1)],
    [
      "a file without a name",
      part('Content-Disposition: form-data; name="f"\r\nContent-Type: application/octet-stream', "x") + END,
    ],
  ])("refuses %s, and nothing stays", async (_what, body) => {
    const before = await traces();
    expect(await send(body)).toMatchObject({ status: 400, body: { error: { code: "INVALID_REQUEST" } } });
    expect(await traces()).toEqual(before);
  });

  it.each([
    ["a second file beyond them", field("a").repeat(15) + file("a", "one") + field("b").repeat(2) + file("b", "two")],
    ["the file before them", file("a", "one") + field("a").repeat(17)],
    ["the file after them", field("a").repeat(17) + file("a", "one")],
    ["the file and another after them", field("a").repeat(17) + file("a", "one") + file("b", "two")],
  ])("are refused for too many parts with %s, and nothing stays", async (_what, parts) => {
    const before = await traces();
    const error = { code: "INVALID_REQUEST", message: "the form has too many parts" };
    expect(await send(parts + END)).toMatchObject({ status: 400, body: { error } });
    expect(await traces()).toEqual(before);
  });

  it("take as many fields as they may have", async () => {
    const { status, body } = await send(field("a").repeat(15) + file("a", "hello") + field("b") + END);
    expect([status, body.size_bytes]).toEqual([201, 5]);
  });

  it("is refused for a second file that comes long after the first, and nothing stays", async () => {
    const before = await traces();
    const encoder = new TextEncoder();
    let sending: ReadableStreamDefaultController<Uint8Array> | undefined;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        sending = controller;
      },
    });
    const headers = { "content-type": `multipart/form-data; boundary=${BOUNDARY}` };
    const init = { method: "POST", headers, body, duplex: "half" } as RequestInit;
    const uploading = path.json("/api/v1/files", init);
    const begin = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n`;
    const stores = path.nodes[0]!.stores;
    sending!.enqueue(encoder.encode(begin));
    sending!.enqueue(new Uint8Array(randomBytes(4 * 1024 * 1024)));
    sending!.enqueue(encoder.encode(`\r\n--${BOUNDARY}\r\n`));
    await expect.poll(() => path.nodes[0]!.stores).toBeGreaterThan(stores);
    await path.transfers.late.idle();
    for (let i = 0; i < 20; i++) await path.json("/api/v1/files");
    sending!.enqueue(encoder.encode(file("b", "two").slice(BOUNDARY.length + 4) + END));
    sending!.close();
    expect((await uploading).status).toBe(400);
    expect(await traces()).toEqual(before);
  });

  it("a file whose type is no media type can be read again", async () => {
    const { body } = await send(file("a", "good day", "text/日本") + END);
    const back = await path.call(`/api/v1/files/${body.file_id}/download`);
    expect([back.status, await back.text()]).toEqual([200, "good day"]);
  });

  it("is told of missing credits while it still sends", async () => {
    const { available } = await path.credits();
    const all = { filename: "all", size_bytes: Number((available * 1000n) / 3n) };
    const init = { method: "POST", body: JSON.stringify(all) };
    expect((await path.json("/api/v1/files/upload/initiate", init)).status).toBe(201);
    expect(await send(file("a", "x".repeat(3_000_000)) + END)).toMatchObject({
      status: 402,
      body: { error: { code: "INSUFFICIENT_CREDITS" } },
    });
  });
});
