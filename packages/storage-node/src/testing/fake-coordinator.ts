import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface FakeCall {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Record<string, unknown>;
}

export interface FakeAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface FakeCoordinator {
  readonly url: string;
  readonly calls: FakeCall[];
  /** How the calls from now on are answered; undefined cuts the connection. */
  answerWith(answer: (call: FakeCall) => FakeAnswer | undefined): void;
}

/** A real HTTP server in a coordinator's place. */
export async function startFakeCoordinator(): Promise<FakeCoordinator> {
  const calls: FakeCall[] = [];
  let answer: (call: FakeCall) => FakeAnswer | undefined = () => ({ status: 404, body: {} });
  const server = createServer((request, response) => {
    void serve(request, response);
  });
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = "";
    for await (const piece of request) text += String(piece);
    const call = { path: request.url ?? "", headers: request.headers, body: JSON.parse(text) as FakeCall["body"] };
    calls.push(call);
    const given = answer(call);
    if (given === undefined) {
      response.destroy();
      return;
    }
    response.writeHead(given.status, { "content-type": "application/json", ...given.headers });
    response.end(given.text ?? JSON.stringify(given.body));
  }
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    answerWith(next) {
      answer = next;
    },
  };
}

/** A heartbeat's answer as a coordinator gives it. */
export function heartbeatAnswer(coordinatorPeerId: string, changes: Record<string, unknown> = {}): FakeAnswer {
  return {
    status: 200,
    body: {
      status: "active",
      heartbeat_interval_ms: 30_000,
      coordinator: { peer_id: coordinatorPeerId, addresses: ["/ip4/127.0.0.1/tcp/1"] },
      members: ["member-a", "member-b"],
      credits: { earned: "1.5", pending: "0", paid: "0" },
      ...changes,
    },
  };
}
