import { ERROR_CODES } from "@commonhold/core/error-codes.ts";
import type { FastifyRequest } from "fastify";
import type { Http } from "./http-server.ts";

/** How a request ended. */
export interface RequestEnd {
  readonly status: number;
  readonly elapsedMs: number;
  /** The connection ended before the whole answer was sent. */
  readonly cut: boolean;
}

type AnswerListener = (request: FastifyRequest, end: RequestEnd) => void;

const listenersOf = new WeakMap<Http, AnswerListener[]>();

/**
 * Calls `listener` once for every request, also for one whose client went away: Fastify's onResponse leaves those out.
 * The first is to be registered before any hook that may refuse a request.
 */
export function onAnswered(app: Http, listener: AnswerListener): void {
  const known = listenersOf.get(app);
  if (known !== undefined) {
    known.push(listener);
    return;
  }
  const listeners = [listener];
  listenersOf.set(app, listeners);
  app.addHook("onRequest", (request, reply, done) => {
    const { raw } = reply;
    const tell = (cut: boolean) => {
      raw.off("finish", onFinish).off("close", onClose);
      const status = cut && !raw.headersSent ? ERROR_CODES.CLIENT_CLOSED.status : reply.statusCode;
      const end = { status, elapsedMs: reply.elapsedTime, cut };
      for (const each of listeners) each(request, end);
    };
    const onFinish = () => tell(false);
    const onClose = () => tell(true);
    raw.on("finish", onFinish).on("close", onClose);
    done();
  });
}
