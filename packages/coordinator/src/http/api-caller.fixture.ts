import type { Http } from "./http-server.ts";

export interface CallOptions {
  readonly token?: string;
  readonly apiKey?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export interface Answer {
  readonly status: number;
  /** Of any shape: tests look into whatever came. */
  readonly body: ReturnType<typeof JSON.parse>;
  readonly headers: Record<string, unknown>;
}

/** For tests: calls without a socket, whose answers are parsed. */
export function createCaller(app: Http): (method: string, url: string, options?: CallOptions) => Promise<Answer> {
  return async (method, url, { token, apiKey, body, headers = {} } = {}) => {
    const answer = await app.inject({
      method: method as "GET",
      url,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(apiKey === undefined ? {} : { "x-api-key": apiKey }),
        ...headers,
      },
      ...(body === undefined ? {} : { payload: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const isJson = String(answer.headers["content-type"]).startsWith("application/json");
    const content: unknown = isJson ? answer.json() : answer.body;
    return { status: answer.statusCode, body: content, headers: answer.headers };
  };
}
