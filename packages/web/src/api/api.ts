import type { HttpRequest } from "@commonhold/client/http-attempt.ts";
import type { HttpTransport } from "@commonhold/client/http-transport.ts";
import type { ApiCalls } from "../gen/api-calls.ts";

export type CallName = keyof ApiCalls;
export type Answer<Name extends CallName> = ApiCalls[Name]["answer"];

export type CallInput<Name extends CallName> = {
  /** What stands in place of the braces of the path. */
  readonly params?: ApiCalls[Name]["params"];
  readonly query?: Partial<ApiCalls[Name]["query"]>;
  readonly body?: ApiCalls[Name]["body"];
  readonly headers?: Readonly<Record<string, string>>;
  readonly auth?: "none";
  /** Whether it may be sent twice. */
  readonly idempotent?: boolean;
  readonly signal?: AbortSignal;
};

/**
 * One call of the coordinator's API by its name, "GET /api/v1/files".
 * @throws AppError
 */
export type Api = <Name extends CallName>(name: Name, input?: CallInput<Name>) => Promise<Answer<Name>>;

export function createApi(transport: HttpTransport): Api {
  return (name, input = {}) => transport.call(requestOf(name, input), (value) => value as Answer<typeof name>);
}

function requestOf(name: CallName, input: CallInput<CallName>): HttpRequest {
  const { params = {}, query = {}, body, headers, auth, idempotent, signal } = input;
  const [method, template] = name.split(" ") as [HttpRequest["method"], string];
  const values = params as Readonly<Record<string, string>>;
  const path = template.replace(/\{(\w+)\}/g, (_, key: string) => encodeURIComponent(values[key] ?? ""));
  return {
    method,
    path,
    query: Object.fromEntries(Object.entries(query).map(([key, value]) => [key, queryText(value)])),
    ...(method === "GET" || method === "DELETE" ? {} : { body: body ?? {} }),
    ...(headers === undefined ? {} : { headers }),
    ...(auth === undefined ? {} : { auth }),
    ...(idempotent === undefined ? {} : { idempotent }),
    ...(signal === undefined ? {} : { signal }),
  };
}

function queryText(value: unknown): string | number | undefined {
  return typeof value === "boolean" ? String(value) : (value as string | number | undefined);
}
