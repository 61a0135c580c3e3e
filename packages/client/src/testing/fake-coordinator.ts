import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { FakeCall } from "./fake-call.ts";
import { answerFakeCall } from "./fake-routes.ts";
import { createFakeState, type FakeState } from "./fake-state.ts";

/** Answers the call in its own way and says `true`, or leaves it to the fake. */
export type FakeFault = (call: FakeCall) => boolean | Promise<boolean>;

export interface FakeCoordinator {
  readonly url: string;
  readonly state: FakeState;
  /** Method and path of every call, in order. */
  readonly calls: string[];
  /** Called before each answer. */
  fault: FakeFault | undefined;
  /** Cuts all connections and stops listening; what it stored stays. */
  stop(): Promise<void>;
  /** Listens again on the same port. */
  start(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** An in-memory coordinator with the HTTP API's contract, on a port of its own. */
export async function startFakeCoordinator(options: { readonly chunkSize?: number } = {}): Promise<FakeCoordinator> {
  const state = createFakeState(options.chunkSize ?? 1024);
  const calls: string[] = [];
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  let port = 0;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname: path, searchParams: query } = new URL(request.url ?? "/", "http://fake");
    const method = request.method ?? "GET";
    calls.push(`${method} ${path}`);
    const body = await readBody(request);
    const call = { request, response, method, path, query, body, state };
    if ((await fake.fault?.(call)) === true) return;
    const result = answerFakeCall(call);
    if (result === undefined) return;
    response.writeHead(result.status, { "content-type": "application/json" });
    response.end(result.body === undefined ? undefined : JSON.stringify(result.body));
  }

  async function start(): Promise<void> {
    const started = createServer((request, response) => {
      // A cut connection ends the reading of its body; there is nobody to answer.
      answer(request, response).catch(() => response.destroy());
    });
    started.on("connection", (socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      started.on("error", reject);
      started.listen(port, "127.0.0.1", resolve);
    });
    port = (started.address() as AddressInfo).port;
    server = started;
  }

  async function stop(): Promise<void> {
    const stopping = server;
    server = undefined;
    if (stopping === undefined) return;
    const closed = new Promise((resolve) => stopping.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  }

  const fake: FakeCoordinator = {
    get url() {
      return `http://127.0.0.1:${port}`;
    },
    state,
    calls,
    fault: undefined,
    start,
    stop,
    [Symbol.asyncDispose]: stop,
  };
  await start();
  return fake;
}

async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of request) pieces.push(piece as Uint8Array);
  return Buffer.concat(pieces);
}
