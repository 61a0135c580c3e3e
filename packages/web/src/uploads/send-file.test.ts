import { BACKOFF_LIMITS } from "@commonhold/client/backoff.ts";
import type { HttpRequest } from "@commonhold/client/http-attempt.ts";
import type { HttpTransport } from "@commonhold/client/http-transport.ts";
import { AppError } from "@commonhold/core/app-error.ts";
import { expect, it } from "vitest";
import { sendFile } from "./send-file.ts";

const SIZE = 600_000;
const SESSION = { session_id: "s", file_id: "f", chunk_size: 300_000, chunk_count: 2, expires_at: "soon" };

/** A file that can be read until it is changed on disk; the browser then fails whatever it sends of it. */
function changingFile(): { readonly file: File; readonly change: () => void } {
  const file = new File(["x".repeat(SIZE)], "film.mp4");
  let isChanged = false;
  const slice = file.slice.bind(file);
  file.slice = (...range) => {
    const part = slice(...range);
    const read = part.arrayBuffer.bind(part);
    part.arrayBuffer = () => (isChanged ? Promise.reject(new DOMException("changed", "NotReadableError")) : read());
    return part;
  };
  return { file, change: () => (isChanged = true) };
}

function transportOf(sendChunk: (index: number) => Promise<unknown>) {
  const asked: string[] = [];
  const call = async ({ method, path, query }: HttpRequest): Promise<unknown> => {
    asked.push(`${method} ${path}`);
    if (method === "PUT") return sendChunk(Number(query?.index));
    return method === "POST" ? SESSION : undefined;
  };
  return { asked, transport: { call, backoff: BACKOFF_LIMITS, baseUrl: "here" } as unknown as HttpTransport };
}

const options = () => ({
  signal: new AbortController().signal,
  onSession: async () => undefined,
  onProgress: () => undefined,
  onRetry: () => undefined,
});

const unreachable = () => new AppError("COORDINATOR_UNREACHABLE", "cannot reach the coordinator");

it("says that a file was changed while a part of it was on its way, and gives up what was reserved", async () => {
  const { file, change } = changingFile();
  const { asked, transport } = transportOf(async () => {
    change();
    throw unreachable();
  });
  const sending = sendFile(transport, { file, folderId: null, name: "film.mp4" }, options());
  await expect(sending).rejects.toMatchObject({ code: "CONCURRENT_CHANGE" });
  expect(asked).toContain("DELETE /api/v1/files/upload/s");
});

it("tries again where the file is there and only the coordinator was away", async () => {
  const { file } = changingFile();
  let failures = 2;
  const { asked, transport } = transportOf(async (index) => {
    if (failures-- > 0) throw unreachable();
    return { index };
  });
  const retried: string[] = [];
  await sendFile(
    transport,
    { file, folderId: null, name: "film.mp4" },
    { ...options(), onRetry: ({ code }) => retried.push(code) },
  );
  expect(retried).toEqual(["COORDINATOR_UNREACHABLE", "COORDINATOR_UNREACHABLE"]);
  expect(asked.at(-1)).toBe("POST /api/v1/files/upload/s/complete");
});
