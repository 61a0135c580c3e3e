/**
 * The machine's floor: what this machine needs at least to take and give files over HTTP with the same sealing and the
 * same durability, in one process and nothing else. It answers the calls that the benchmarks make of a coordinator.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { FloorStore } from "./floor-store.ts";

const DOWNLOAD_PATH = /^\/api\/v1\/files\/([\w-]+)\/download$/;
const KEEP_ALIVE_MS = 65_000;

async function upload(store: FloorStore, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const id = await store.put(request, Number(request.headers["content-length"]));
  response.writeHead(201, { "content-type": "application/json" }).end(JSON.stringify({ file_id: id }));
}

async function download(store: FloorStore, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const file = store.get(DOWNLOAD_PATH.exec(request.url ?? "")?.[1] ?? "");
  if (file === undefined) {
    response.writeHead(404).end();
    return;
  }
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
  const start = Number(range?.[1] ?? 0);
  const end = range === null ? file.sizeBytes : Number(range[2]) + 1;
  response.writeHead(range === null ? 200 : 206, { "content-length": end - start });
  await pipeline(Readable.from(store.read(file, start, end)), response);
}

const [folder = ""] = process.argv.slice(2);
const store = await FloorStore.open(folder);
const server = createServer({ requestTimeout: 0, keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
  const answer = request.method === "PUT" ? upload : download;
  answer(store, request, response).catch((error: unknown) => {
    if (response.headersSent) response.destroy();
    else response.writeHead(500, { connection: "close" }).end(String(error));
  });
});
process.on("disconnect", () => process.exit());
server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
