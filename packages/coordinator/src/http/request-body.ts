import type { IncomingMessage, ServerResponse } from "node:http";
import { AppError } from "@commonhold/core/app-error.ts";
import { parseJsonText } from "./json-text.ts";

/** A request whose body has not been read yet; Fastify's request is one. */
export interface UnreadRequest {
  readonly raw: IncomingMessage;
}

export interface BodyLimits {
  readonly maxBytes: number;
  /** From the first wait for bytes to the last of them. */
  readonly timeoutMs: number;
}

const awaitingContinue = new WeakMap<IncomingMessage, ServerResponse>();

/** Marks a request that sent `Expect: 100-continue`: its sender waits for our word before it sends the body. */
export function expectContinue(raw: IncomingMessage, response: ServerResponse): void {
  awaitingContinue.set(raw, response);
}

/** Whether the sender still waits for "100 Continue", so that no byte of the body will come. */
export function isAwaitingContinue(raw: IncomingMessage): boolean {
  return awaitingContinue.has(raw);
}

/**
 * The body as a stream, for routes of `registerRawRoutes`. Call it when everything that could refuse the request has
 * been checked: it tells a waiting sender to go ahead (RFC 9110, 10.1.1), so that refused uploads are never sent.
 */
export function bodyStream(request: UnreadRequest): IncomingMessage {
  const response = awaitingContinue.get(request.raw);
  if (response !== undefined) {
    awaitingContinue.delete(request.raw);
    response.writeContinue();
  }
  return request.raw;
}

/**
 * Refuses a body that is not the plain bytes: compressed ones would be kept as if they were what was meant.
 * @throws AppError INVALID_REQUEST
 */
export function requirePlainBody({ raw }: UnreadRequest): void {
  const content = raw.headers["content-encoding"] ?? "identity";
  if (content !== "identity") {
    throw new AppError("INVALID_REQUEST", `Content-Encoding "${content}" is not read here: send the bytes plain`);
  }
  const transfer = raw.headers["transfer-encoding"] ?? "chunked";
  if (transfer.toLowerCase() !== "chunked") {
    throw new AppError("INVALID_REQUEST", `Transfer-Encoding "${transfer}" is not read here: use chunked alone`);
  }
}

/**
 * The whole body in memory. On a refusal the rest of the body is left unread and the connection stays usable for
 * the answer.
 * @throws AppError BODY_TOO_LARGE before more than `maxBytes` are taken, REQUEST_TIMEOUT, CLIENT_CLOSED
 */
export async function readBody(request: UnreadRequest, limits: BodyLimits): Promise<Buffer> {
  const declared = Number(request.raw.headers["content-length"] ?? "0");
  if (declared > limits.maxBytes) throw bodyTooLarge(limits.maxBytes);
  const stream = bodyStream(request);
  const parts: Buffer[] = [];
  let length = 0;
  return new Promise((resolve, reject) => {
    const settle = (outcome: () => void) => {
      clearTimeout(timer);
      stream.off("data", onData).off("end", onEnd).off("error", onGone).off("close", onGone);
      stream.pause();
      outcome();
    };
    const timer = setTimeout(() => {
      settle(() =>
        reject(new AppError("REQUEST_TIMEOUT", `the body did not come within ${limits.timeoutMs / 1000} s`)),
      );
    }, limits.timeoutMs);
    const onData = (part: Buffer) => {
      length += part.length;
      if (length > limits.maxBytes) settle(() => reject(bodyTooLarge(limits.maxBytes)));
      else parts.push(part);
    };
    const onEnd = () => settle(() => resolve(Buffer.concat(parts, length)));
    const onGone = (cause?: Error) => {
      settle(() => reject(new AppError("CLIENT_CLOSED", "the client went away while it sent the body", { cause })));
    };
    stream.on("data", onData).on("end", onEnd).on("error", onGone).on("close", onGone);
    if (stream.readableEnded) onEnd();
    else if (stream.destroyed) onGone();
  });
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * The body as JSON, whatever its Content-Type says; undefined for an empty one.
 * @throws AppError as `readBody` and `parseJsonText`; INVALID_REQUEST for a compressed body or broken UTF-8
 */
export async function readJsonBody(request: UnreadRequest, limits: BodyLimits): Promise<unknown> {
  requirePlainBody(request);
  const bytes = await readBody(request, limits);
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch (cause) {
    throw new AppError("INVALID_REQUEST", "the body is not valid UTF-8", { cause });
  }
  return text.trim() === "" ? undefined : parseJsonText(text);
}

function bodyTooLarge(maxBytes: number): AppError {
  return new AppError("BODY_TOO_LARGE", `the body is larger than the ${maxBytes} bytes that this call takes`, {
    details: { max_bytes: maxBytes },
  });
}
