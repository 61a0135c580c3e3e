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

/**
 * Calls `listener` once for every request, also for one whose client went away: Fastify's onResponse leaves those out.
 * Register it before any hook that may refuse a request.
 */
export function onAnswered(app: Http, listener: (request: FastifyRequest, end: RequestEnd) => void): void {
  app.addHook("onRequest", async (request, reply) => {
    const { raw } = reply;
    const tell = (cut: boolean) => {
      raw.off("finish", onFinish).off("close", onClose);
      const status = cut && !raw.headersSent ? ERROR_CODES.CLIENT_CLOSED.status : reply.statusCode;
      listener(request, { status, elapsedMs: reply.elapsedTime, cut });
    };
    const onFinish = () => tell(false);
    const onClose = () => tell(true);
    raw.on("finish", onFinish).on("close", onClose);
  });
}
