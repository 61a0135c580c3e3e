import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type FakeSession, newFakeSession } from "./stripe-events.fixture.ts";

export interface FakeRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly params: Readonly<Record<string, string>>;
}

interface FakeAnswer {
  readonly status: number;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** For tests: as much of Stripe's API as the library is asked for here, on a port of this machine. */
export interface FakeStripe {
  readonly url: string;
  readonly requests: FakeRequest[];
  readonly sessions: Map<string, FakeSession>;
  /** Answers to the next requests in place of the usual ones. */
  readonly nextAnswers: FakeAnswer[];
  close(): Promise<void>;
}

export const TEST_KEY = "sk_test_51Commonhold0000000000";

export async function openFakeStripe(): Promise<FakeStripe> {
  const requests: FakeRequest[] = [];
  const sessions = new Map<string, FakeSession>();
  const nextAnswers: FakeAnswer[] = [];
  const remembered = new Map<string, { readonly text: string; readonly session: FakeSession }>();

  function create(request: FakeRequest, text: string): FakeAnswer {
    const key = String(request.headers["idempotency-key"]);
    const before = remembered.get(key);
    if (before !== undefined && before.text !== text) {
      return failure(
        400,
        "idempotency_error",
        `Keys for idempotent requests can only be used with the same parameters`,
      );
    }
    if (before !== undefined) return { status: 200, body: before.session };
    const session = newFakeSession(sessions.size + 1, request.params);
    sessions.set(session.id, session);
    remembered.set(key, { text, session: { ...session } });
    return { status: 200, body: session };
  }

  function answer(request: FakeRequest, text: string): FakeAnswer {
    const prepared = nextAnswers.shift();
    if (prepared !== undefined) return prepared;
    if (request.headers.authorization !== `Bearer ${TEST_KEY}`) {
      return failure(401, "invalid_request_error", "Invalid API Key provided: sk_test_***0000");
    }
    if (request.method === "POST" && request.path === "/v1/checkout/sessions") return create(request, text);
    const id = /^\/v1\/checkout\/sessions\/(\w+)$/.exec(request.path)?.[1] ?? "";
    const session = sessions.get(id);
    if (session !== undefined) return { status: 200, body: session };
    return failure(404, "invalid_request_error", `No such checkout.session: ${id}`);
  }

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of incoming) parts.push(part as Buffer);
    const text = Buffer.concat(parts).toString("utf8");
    const request = {
      method: incoming.method ?? "",
      path: incoming.url ?? "",
      headers: incoming.headers,
      params: Object.fromEntries(new URLSearchParams(text)),
    };
    requests.push(request);
    const { status, body, headers } = answer(request, text);
    response.writeHead(status, {
      "content-type": "application/json",
      "request-id": `req_${requests.length}`,
      ...headers,
    });
    response.end(JSON.stringify(body));
  }

  const server = createServer((incoming, response) => void serve(incoming, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    sessions,
    nextAnswers,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An error as Stripe's API answers it; "stripe-should-retry: false" keeps the library from trying again. */
export function failure(status: number, type: string, message: string): FakeAnswer {
  return { status, body: { error: { type, message } }, headers: { "stripe-should-retry": "false" } };
}
