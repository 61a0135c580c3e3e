import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { AppError } from "@commonhold/core/app-error.ts";
import { Busboy } from "@fastify/busboy";
import { timedBody } from "./timed-body.ts";

const FIELDS_MAX = 16;

export interface FormFile {
  /** As the browser names it; undefined where the form does not say. */
  readonly filename: string | undefined;
  readonly mediaType: string;
  /** Ends well only when the whole form has come and was in order. */
  readonly content: AsyncIterable<Uint8Array>;
}

/**
 * The file of a multipart form (RFC 7578), as a stream: the body waits while the file is not read.
 * Further files in the form are refused. When it throws, `use` has ended.
 */
export async function readFormFile<T>(body: IncomingMessage, use: (file: FormFile) => Promise<T>): Promise<T> {
  const form = openForm(body);
  let used: Promise<T> | undefined;
  let source: Readable | undefined;
  const finished = new Promise<void>((resolve, reject) => {
    const fail = (cause: unknown): void => reject(cause instanceof AppError ? cause : malformed(cause));
    form.on("file", (...part) => {
      const [, content, filename, , mediaType] = part;
      content.on("error", fail);
      if (used !== undefined) {
        content.resume();
        fail(new AppError("INVALID_REQUEST", "the form has more than one file: send one a request"));
        return;
      }
      source = content;
      used = use({
        filename: filename === "" ? undefined : filename,
        mediaType,
        content: untilFormEnds(content, () => finished),
      });
      used.catch(fail);
    });
    // What lies beyond a limit is passed over without a word, another file too.
    for (const limit of ["partsLimit", "fieldsLimit"] as const) {
      form.on(limit, () => fail(new AppError("INVALID_REQUEST", "the form has too many parts")));
    }
    form.on("finish", () => resolve());
    form.on("error", fail);
    body.on("error", (cause) => form.destroy(cause));
    body.on("close", () => {
      if (!body.readableEnded)
        form.destroy(new AppError("CLIENT_CLOSED", "the client went away while it sent the form"));
    });
  });
  body.pipe(form);
  try {
    await finished;
    if (used === undefined) {
      throw new AppError("INVALID_REQUEST", 'the form has no file: add one, as in curl -F "file=@photo.jpg"');
    }
    return await used;
  } catch (error) {
    body.unpipe(form);
    form.destroy();
    source?.destroy(error as Error);
    await Promise.allSettled([used]);
    throw error;
  }
}

async function* untilFormEnds(
  content: Readable,
  finished: () => Promise<void>,
): AsyncGenerator<Uint8Array, void, void> {
  yield* timedBody(() => content);
  await finished();
}

function openForm(body: IncomingMessage) {
  try {
    return new Busboy({
      headers: { ...body.headers, "content-type": body.headers["content-type"] ?? "" },
      limits: { fields: FIELDS_MAX, fieldSize: 1024, parts: FIELDS_MAX + 2, headerPairs: 64 },
    });
  } catch (cause) {
    throw malformed(cause);
  }
}

function malformed(cause: unknown): AppError {
  return new AppError("INVALID_REQUEST", "the multipart form could not be read: check how it was made", { cause });
}
