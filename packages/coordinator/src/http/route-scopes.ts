import type { ServerResponse } from "node:http";
import { AppError } from "@commonhold/core/app-error.ts";
import type { FastifyRequest } from "fastify";
import { forwardAbort } from "../forward-abort.ts";
import type { Http } from "./http-server.ts";
import { type BodyLimits, readJsonBody } from "./request-body.ts";
import { compileValidator } from "./schema-validation.ts";

/** What a JSON call may send: no call needs more. */
export const JSON_BODY_LIMITS: BodyLimits = { maxBytes: 64 * 1024, timeoutMs: 30_000 };

type Routes = (routes: Http) => void | Promise<void>;

/**
 * Routes whose bodies are JSON, read whatever Content-Type they claim (`curl -d` claims a form), and whose answers
 * are never cached.
 */
export function registerJsonRoutes(app: Http, routes: Routes): void {
  app.register(async (scope: Http) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (request: FastifyRequest) => readJsonBody(request, JSON_BODY_LIMITS));
    scope.addHook("onRequest", (_request, reply, done) => {
      reply.header("cache-control", "no-store");
      done();
    });
    // A line ends with a line end: answers are read in terminals too.
    // oxlint-disable-next-line max-params -- Fastify's signature
    scope.addHook("onSend", (_request, _reply, payload, done) => {
      done(null, typeof payload === "string" && payload.startsWith("{") ? `${payload}\n` : payload);
    });
    await routes(scope);
  });
}

/**
 * Routes that read their body themselves: `request.body` stays undefined; take the bytes by `bodyStream(request)`,
 * `readBody` or `readJsonBody`. A `body` in their schemas documents and is not checked.
 */
export function registerRawRoutes(app: Http, routes: Routes): void {
  app.register(async (scope: Http) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request, _payload, done) => done(null));
    scope.setValidatorCompiler((definition) =>
      definition.httpPart === "body" ? () => true : compileValidator(definition),
    );
    await routes(scope);
  });
}

/**
 * Aborted with CLIENT_CLOSED when the connection ends before the whole answer was sent, and before that when `stopping`
 * is.
 */
export function clientSignal(reply: { readonly raw: ServerResponse }, stopping?: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const { raw } = reply;
  const endForwarding = stopping && forwardAbort(stopping, controller);
  const onClose = () => {
    endForwarding?.();
    controller.abort(new AppError("CLIENT_CLOSED", "the client went away before the answer"));
  };
  const onFinish = () => {
    endForwarding?.();
    raw.off("close", onClose);
  };
  if (raw.closed && !raw.writableFinished) onClose();
  else raw.once("close", onClose).once("finish", onFinish);
  return controller.signal;
}
