import { createReadStream } from "node:fs";
import { AppError } from "@commonhold/core/app-error.ts";
import type { FastifyReply, FastifyRequest } from "fastify";
import Type from "typebox";
import type { Http } from "../http/http-server.ts";
import { setPages } from "../http/pages.ts";
import { listWebFiles, type WebFile } from "./web-files.ts";

/** The page runs its own scripts and styles, speaks to this origin, and nothing else. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; " +
  "font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; frame-src 'self'; " +
  "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const PAGE_HEADERS = {
  "content-security-policy": PAGE_POLICY,
  "cross-origin-opener-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
  // A session by cookie needs to be told where a request comes from; addresses stay within this origin.
  "referrer-policy": "same-origin",
};

/** The script that keeps the app in the browser: for all of the app, and able to ask this origin alone. */
const WORKER = "service-worker.js";
const WORKER_HEADERS = {
  "service-worker-allowed": "/",
  "content-security-policy": "default-src 'none'; connect-src 'self'",
};

/** Named after their content: what an address gives never changes. */
const HASHED = "assets/";
const FOREVER = "public, max-age=31536000, immutable";
const ASK_AGAIN = "no-cache";

/**
 * The web app: its files by their names, and its page at every address that the API does not have. Files are sent from
 * disk; none is held in memory.
 * @param options.folder as `scripts/build-web.ts` makes it
 */
export async function registerWebRoutes(app: Http, options: { readonly folder: string }): Promise<void> {
  const files = await listWebFiles(options.folder);
  const page = files.get("index.html");
  if (page === undefined) {
    throw new AppError("INVALID_CONFIG", `there is no index.html in "${options.folder}": build the web app`);
  }
  setPages(app, async (request, reply) => {
    reply.headers(PAGE_HEADERS);
    return sendFile(request, reply, { file: page, caching: ASK_AGAIN });
  });
  app.register(async (scope: Http) => {
    scope.get("/assets/*", {
      schema: { hide: true, params: Type.Object({ "*": Type.String() }) },
      handler: (request, reply) => {
        const file = files.get(`${HASHED}${request.params["*"]}`);
        if (file === undefined) throw new AppError("NOT_FOUND", "there is no such part of the web app: load it anew");
        return sendFile(request, reply, { file, caching: FOREVER });
      },
    });
    for (const [name, file] of files) {
      if (name.startsWith(HASHED) || name === "index.html") continue;
      scope.get(`/${name}`, { schema: { hide: true } }, (request, reply) => {
        if (name === WORKER) reply.headers(WORKER_HEADERS);
        return sendFile(request, reply, { file, caching: ASK_AGAIN });
      });
    }
  });
}

interface Wanted {
  readonly file: WebFile;
  readonly caching: string;
}

function sendFile(request: FastifyRequest, reply: FastifyReply, { file, caching }: Wanted): FastifyReply {
  const accepted = String(request.headers["accept-encoding"] ?? "");
  const copy = file.encoded.find(({ encoding }) =>
    new RegExp(`\\b${encoding}\\b(?!\\s*;\\s*q=0(?:[,\\s]|$))`).test(accepted),
  );
  const { path, sizeBytes } = copy ?? file;
  const etag = `"${Math.round(file.modifiedAtMs).toString(36)}-${sizeBytes.toString(36)}"`;
  reply.headers({
    "content-type": file.mediaType,
    "cache-control": caching,
    vary: "accept-encoding",
    etag,
    ...(copy === undefined ? {} : { "content-encoding": copy.encoding }),
  });
  if (request.headers["if-none-match"] === etag) return reply.code(304).send();
  reply.header("content-length", sizeBytes);
  return request.method === "HEAD" ? reply.send() : reply.send(createReadStream(path));
}
