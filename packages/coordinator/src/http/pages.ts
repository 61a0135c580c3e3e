import type { Server } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Http } from "./http-server.ts";

/** Answers a person's browser that asks for a page. */
export type PageHandler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

const handlers = new WeakMap<Server, PageHandler>();

/** From now on `handler` answers a browser at every address that the API does not have. */
export function setPages(app: Http, handler: PageHandler): void {
  handlers.set(app.server, handler);
}

/** Who answers this request with a page; undefined where there are no pages, or none is asked for. */
export function pageHandlerFor(request: FastifyRequest): PageHandler | undefined {
  const { method, url = "/", headers } = request.raw;
  const isForPages = (method === "GET" || method === "HEAD") && !/^\/api(?:[/?]|$)/.test(url);
  if (!isForPages || headers.accept?.includes("text/html") !== true) return undefined;
  return handlers.get(request.server.server as Server);
}
