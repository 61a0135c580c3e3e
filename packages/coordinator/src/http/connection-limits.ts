import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { AppError } from "@commonhold/core/app-error.ts";
import { onAnswered } from "./answered-requests.ts";
import { errorBody, errorHeaders } from "./error-response.ts";
import type { Http } from "./http-server.ts";
import { expectContinue, isAwaitingContinue } from "./request-body.ts";
import { SECURITY_HEADERS } from "./security-headers.ts";

/** After an answer that came before the whole request: how long what is still on its way is read and dropped. */
const LINGER_MS = 10_000;
/** While closing: how often connections that have become idle are closed. */
const IDLE_SWEEP_MS = 50;

/**
 * What a server of long requests needs beside its routes: a client that stands still is told so and cut (one that
 * waits for us does not stand still), a sender that waits for "100 Continue" is not made to send what will be
 * refused, and an early answer reaches a client that is still sending.
 */
export function registerConnectionLimits(app: Http): void {
  followConnections(app);
  app.server.on("request", followAnswer);
  app.server.on("checkContinue", (raw, response) => {
    followAnswer(raw, response);
    expectContinue(raw, response);
    app.routing(raw, response);
  });
  // An expectation that is not known may be ignored (RFC 9110, 10.1.1).
  app.server.on("checkExpectation", (raw, response) => {
    followAnswer(raw, response);
    app.routing(raw, response);
  });

  app.addHook("onRequest", (request, reply, done) => {
    reply.raw.on("timeout", (socket: Socket) => endIdle(socket, reply.raw, request));
    done();
  });

  // oxlint-disable-next-line max-params -- Fastify's signature
  app.addHook("onSend", (request, reply, _payload, done) => {
    // The sender may now send the body or not: the next bytes on this connection would be ambiguous.
    if (isAwaitingContinue(request.raw)) reply.header("connection", "close");
    done();
  });

  onAnswered(app, ({ raw }) => {
    if (raw.complete || raw.destroyed || isAwaitingContinue(raw)) return;
    const cut = setTimeout(() => raw.destroy(), LINGER_MS);
    cut.unref();
    raw.once("end", () => clearTimeout(cut)).once("close", () => clearTimeout(cut));
    raw.resume();
  });
}

/**
 * Stops accepting, lets requests under way end within `graceMs`, then cuts what is left.
 * @returns whether everything ended by itself
 */
export async function closeHttp(app: Http, options: { readonly graceMs: number }): Promise<boolean> {
  let clean = true;
  const cut = setTimeout(() => {
    clean = false;
    app.server.closeAllConnections();
  }, options.graceMs);
  const sweep = setInterval(() => {
    app.server.closeIdleConnections();
    closeSilentConnections(app);
  }, IDLE_SWEEP_MS);
  try {
    await app.close();
    return clean;
  } finally {
    clearTimeout(cut);
    clearInterval(sweep);
  }
}

const connectionsOf = new WeakMap<Http, Set<Socket>>();

function followConnections(app: Http): void {
  const connections = new Set<Socket>();
  connectionsOf.set(app, connections);
  // Before those that may refuse it.
  app.server.prependListener("connection", (socket: Socket) => {
    connections.add(socket);
    socket.once("close", () => connections.delete(socket));
  });
}

/** Those that browsers and clients open beforehand: to Node.js a connection is idle only after its first request. */
function closeSilentConnections(app: Http): void {
  for (const socket of connectionsOf.get(app) ?? []) if (socket.bytesRead === 0) socket.destroy();
}

/** Refuses requests that arrive on open connections once `close` was called. */
export function registerClosingRefusal(app: Http): void {
  let closing = false;
  app.addHook("preClose", async () => {
    closing = true;
  });
  app.addHook("onRequest", (_request, _reply, done) => {
    if (closing) throw new AppError("SHUTTING_DOWN", "the coordinator is stopping: try again in a moment");
    done();
  });
  // oxlint-disable-next-line max-params -- Fastify's signature
  app.addHook("onSend", (_request, reply, _payload, done) => {
    if (closing) reply.header("connection", "close");
    done();
  });
}

/** The answers to a connection's requests, in order; those that have gone out may be among them. */
const answers = new WeakMap<Socket, readonly ServerResponse[]>();

function followAnswer({ socket }: IncomingMessage, response: ServerResponse): void {
  const owed = owedAnswers(socket);
  answers.set(socket, owed.length === 0 ? [response] : [...owed, response]);
}

function owedAnswers(socket: Socket): readonly ServerResponse[] {
  return (answers.get(socket) ?? []).filter((response) => !response.closed);
}

const unparsed = new WeakSet<Socket>();

/**
 * Answers what Node could not even parse as a request. Those before it on the connection get their answers first, whole:
 * ours would be taken for one of them, or for a part of it.
 */
export function answerUnparsable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (unparsed.has(socket)) return;
  unparsed.add(socket);
  const owed = owedAnswers(socket);
  const last = owed.at(-1);
  const isBodyBroken = last?.req.complete === false;
  const mayAnswer = !isBodyBroken || (owed.length === 1 && !last.headersSent);
  if (error.code === "ECONNRESET" || !socket.writable || !mayAnswer) {
    socket.destroy();
    return;
  }
  const answer = () => {
    if (socket.writable) endWith(socket, unparsable(error), "none");
  };
  if (last === undefined || isBodyBroken) answer();
  else last.once("close", answer);
}

function unparsable(cause: NodeJS.ErrnoException): AppError {
  switch (cause.code) {
    case "HPE_HEADER_OVERFLOW":
      return new AppError("HEADERS_TOO_LARGE", "the request's headers are too large", { cause });
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return new AppError("REQUEST_TIMEOUT", "the request's headers did not come in time", { cause });
    default:
      return new AppError("INVALID_REQUEST", "this is not a valid HTTP/1.1 request", { cause });
  }
}

interface IdleRequest {
  readonly id: string;
  readonly raw: IncomingMessage;
}

/** No byte moved for a while: ends the connection where the client is to blame, and waits on where we are. */
function endIdle(socket: Socket, response: ServerResponse, request: IdleRequest): void {
  const isOurTurn = response.headersSent ? response.writableLength === 0 : !isBodyAwaited(request.raw);
  if (isOurTurn) socket.setTimeout(socket.timeout ?? 0);
  else if (response.headersSent || !socket.writable) socket.destroy();
  else endWith(socket, new AppError("REQUEST_TIMEOUT", "no byte of the request came for too long"), request.id);
}

/** Whether everything that came of the body was taken, and more is to come. */
function isBodyAwaited(raw: IncomingMessage): boolean {
  return !raw.complete && raw.readableLength === 0 && !isAwaitingContinue(raw);
}

/** Writes past Node's response object, which is not there or not ours, and closes. */
function endWith(socket: Socket, error: AppError, requestId: string): void {
  const body = JSON.stringify(errorBody(error, requestId));
  const headers = {
    ...SECURITY_HEADERS,
    ...errorHeaders(error),
    "content-type": "application/json; charset=utf-8",
    "content-length": String(Buffer.byteLength(body)),
    connection: "close",
  };
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end(
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? "Error"}\r\n${head.join("\r\n")}\r\n\r\n${body}`,
  );
  socket.destroySoon();
}
