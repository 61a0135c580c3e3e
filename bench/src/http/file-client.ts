import { createHash } from "node:crypto";
import { Agent, type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders, request } from "node:http";
import { Readable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import type { RandomBody } from "../data/random-body.ts";

const SOCKETS_MAX = 256;
/** A body of no more than this is sent at once. */
const ONE_WRITE_BYTES_MAX = 256 * 1024;
const ERROR_BYTES_MAX = 2_000;

/** A part of a file: from its byte `start` up to `end`, not included. */
export interface Part {
  readonly start: number;
  readonly end: number;
}

export interface DownloadOptions {
  readonly part?: Part;
  /** Work out the SHA-256 of what comes. */
  readonly hash?: boolean;
}

export interface Download {
  readonly bytes: number;
  /** From the request to the first byte of the body. */
  readonly firstByteMs: number;
  /** SHA-256, hex; empty where it was not asked for. */
  readonly digest: string;
}

/** Uploads and downloads by Node's own HTTP client over connections that are kept: the same for ours and the floor. */
export interface FileClient {
  /** @returns the file's id */
  upload(name: string, body: RandomBody): Promise<string>;
  download(id: string, options?: DownloadOptions): Promise<Download>;
  /** The answer to a download, to be read at the caller's pace. */
  open(id: string, part?: Part): Promise<IncomingMessage>;
  close(): void;
}

export interface FileClientOptions {
  readonly baseUrl: string;
  /** Asked for before every request. */
  readonly headers: () => OutgoingHttpHeaders;
  readonly signal: AbortSignal;
}

export function createFileClient({ baseUrl, headers, signal }: FileClientOptions): FileClient {
  const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS_MAX });
  const { hostname, port } = new URL(baseUrl);

  function begin(method: string, path: string, more: OutgoingHttpHeaders): ClientRequest {
    return request({ agent, hostname, port, method, path, signal, headers: { ...headers(), ...more } });
  }

  async function open(id: string, part?: Part): Promise<IncomingMessage> {
    const range = part === undefined ? {} : { range: `bytes=${part.start}-${part.end - 1}` };
    const get = begin("GET", `/api/v1/files/${id}/download`, range);
    get.end();
    return expectStatus(await answerTo(get), part === undefined ? 200 : 206);
  }

  return {
    open,
    upload: async (name, body) => {
      const put = begin("PUT", `/api/v1/files/${name}`, { "content-length": body.sizeBytes });
      const answered = answerTo(put);
      // Where the server answers early, with an error, its answer says more than the broken pipe.
      const sent = send(put, body);
      sent.catch(() => undefined);
      const answer = await expectStatus(await answered, 201);
      await sent;
      return (JSON.parse(await readText(answer)) as { readonly file_id: string }).file_id;
    },
    download: async (id, { part, hash = false } = {}) => {
      const startedMs = performance.now();
      const answer = await open(id, part);
      return receive(answer, startedMs, hash);
    },
    close: () => agent.destroy(),
  };
}

async function send(put: ClientRequest, body: RandomBody): Promise<void> {
  if (body.sizeBytes <= ONE_WRITE_BYTES_MAX) put.end(Buffer.concat([...body.pieces()]));
  else await pipeline(Readable.from(body.pieces()), put);
}

function answerTo(sent: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once("response", resolve);
    sent.on("error", reject);
  });
}

async function receive(answer: IncomingMessage, startedMs: number, wantsHash: boolean): Promise<Download> {
  const hash = wantsHash ? createHash("sha256") : undefined;
  let firstByteMs = Number.NaN;
  let bytes = 0;
  answer.on("data", (piece: Buffer) => {
    if (bytes === 0) firstByteMs = performance.now() - startedMs;
    bytes += piece.length;
    hash?.update(piece);
  });
  await finished(answer);
  const announced = Number(answer.headers["content-length"]);
  if (bytes !== announced) throw new Error(`${bytes} bytes came where ${announced} were announced`);
  return { bytes, firstByteMs, digest: hash?.digest("hex") ?? "" };
}

async function expectStatus(answer: IncomingMessage, status: number): Promise<IncomingMessage> {
  if (answer.statusCode === status) return answer;
  const text = await readText(answer);
  throw new Error(`a request was answered ${answer.statusCode} in place of ${status}: ${text}`);
}

async function readText(answer: IncomingMessage): Promise<string> {
  let text = "";
  answer.setEncoding("utf8");
  for await (const piece of answer) {
    if (text.length < ERROR_BYTES_MAX) text += String(piece);
  }
  return text;
}
