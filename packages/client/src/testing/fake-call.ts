import type { IncomingMessage, ServerResponse } from "node:http";
import type { FakeState } from "./fake-state.ts";

export interface FakeCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Uint8Array;
  readonly state: FakeState;
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

export function errorAnswer(status: number, code: string, message: string): Answer {
  return { status, body: { error: { code, message, request_id: "request-1" } } };
}

/** The body, which is JSON. */
export function json(call: FakeCall): Record<string, unknown> {
  return JSON.parse(Buffer.from(call.body).toString()) as Record<string, unknown>;
}
