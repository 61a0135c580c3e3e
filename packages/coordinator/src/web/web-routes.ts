import { type FileHandle, open } from "node:fs/promises";
import { AppError } from "@commonhold/core/app-error.ts";
import { errnoOf } from "@commonhold/runtime/storage-error.ts";
import type { FastifyReply, FastifyRequest } from "fastify";
import Type from "typebox";
import type { Http } from "../http/http-server.ts";
import { setPages } from "../http/pages.ts";
import type { WebFile } from "./web-files.ts";
import { openWebFolder, PAGE } from "./web-folder.ts";

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
 * disk; none is held in memory. A build that is put in the place of another is served from the next page on.
 * @param options.folder as `scripts/build-web.ts` makes it
 */
export async function registerWebRoutes(app: Http, options: { readonly folder: string }): Promise<void> {
  const web = await openWebFolder(options.folder);
  const sendNewest = async (request: FastifyRequest, reply: FastifyReply, name: string): Promise<FastifyReply> => {
    await web.lookAgain();
    return sendFile(request, reply, { file: web.find(name), caching: ASK_AGAIN });
  };
  setPages(app, (request, reply) => sendNewest(request, reply.headers(PAGE_HEADERS), PAGE));
  app.register(async (scope: Http) => {
    scope.get("/assets/*", {
      schema: { hide: true, params: Type.Object({ "*": Type.String() }) },
      handler: async (request, reply) => {
        const name = `${HASHED}${request.params["*"]}`;
        if (web.find(name) === undefined) await web.lookAgain();
        return sendFile(request, reply, { file: web.find(name), caching: FOREVER });
      },
    });
    for (const name of web.names()) {
      if (name.startsWith(HASHED) || name === PAGE) continue;
      scope.get(`/${name}`, { schema: { hide: true } }, (request, reply) => {
        if (name === WORKER) reply.headers(WORKER_HEADERS);
        return sendNewest(request, reply, name);
      });
    }
  });
}

interface Wanted {
  /** None where the build has no such file. */
  readonly file: WebFile | undefined;
  readonly caching: string;
}

async function sendFile(request: FastifyRequest, reply: FastifyReply, wanted: Wanted): Promise<FastifyReply> {
  const { file, caching } = wanted;
  if (file === undefined) throw goneWithItsBuild();
  const accepted = String(request.headers["accept-encoding"] ?? "");
  const copy = file.encoded.find(({ encoding }) =>
    new RegExp(`\\b${encoding}\\b(?!\\s*;\\s*q=0(?:[,\\s]|$))`).test(accepted),
  );
  // Its size is that of the file that is sent, whatever takes its place meanwhile.
  const { handle, sizeBytes, modifiedAtMs } = await openOf(copy?.path ?? file.path);
  const etag = `"${Math.round(modifiedAtMs).toString(36)}-${sizeBytes.toString(36)}"`;
  reply.headers({
    "content-type": file.mediaType,
    "cache-control": caching,
    vary: "accept-encoding",
    etag,
    ...(copy === undefined ? {} : { "content-encoding": copy.encoding }),
  });
  const isUnchanged = request.headers["if-none-match"] === etag;
  if (!isUnchanged) reply.header("content-length", sizeBytes);
  if (!isUnchanged && request.method !== "HEAD") return reply.send(handle.createReadStream());
  await handle.close();
  return isUnchanged ? reply.code(304).send() : reply.send();
}

interface OpenFile {
  readonly handle: FileHandle;
  readonly sizeBytes: number;
  readonly modifiedAtMs: number;
}

async function openOf(path: string): Promise<OpenFile> {
  const handle = await open(path).catch((error: unknown) => {
    throw errnoOf(error) === "ENOENT" ? goneWithItsBuild() : error;
  });
  try {
    const { size, mtimeMs } = await handle.stat();
    return { handle, sizeBytes: size, modifiedAtMs: mtimeMs };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function goneWithItsBuild(): AppError {
  return new AppError("NOT_FOUND", "there is no such part of the web app: load it anew");
}
