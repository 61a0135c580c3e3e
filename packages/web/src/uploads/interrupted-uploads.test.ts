import { Connection } from "../app/connection.ts";
import type { HttpTransport } from "@commonhold/client/http-transport.ts";
import { expect, it } from "vitest";
import type { KeptUpload, KeptUploads } from "./kept-uploads.ts";
import { UploadQueue } from "./upload-queue.ts";

const FILE = new File(["text"], "a.txt", { lastModified: 1 });
const KEPT: KeptUpload = {
  sessionId: "s",
  userId: "me",
  folderId: null,
  name: "a.txt",
  sizeBytes: FILE.size,
  modifiedAtMs: 1,
};

/** As Chromium keeps one of a file that was dropped. */
const handleOf = (getFile: () => Promise<File>) =>
  ({ requestPermission: async () => "granted", getFile }) as unknown as FileSystemFileHandle;

function openQueue(
  kept: Partial<KeptUploads>,
  answer: (method: string) => Promise<unknown> = () => new Promise(() => undefined),
) {
  const asked: string[] = [];
  let user: string | undefined = "me";
  const call = ({ method, path }: { method: string; path: string }): Promise<unknown> => {
    asked.push(`${method} ${path}`);
    return answer(method);
  };
  const queue = new UploadQueue({
    transport: { call } as unknown as HttpTransport,
    kept: { list: async () => [], put: async () => undefined, remove: async () => undefined, ...kept },
    userId: () => user,
    connection: new Connection({ probe: async () => true, later: () => () => undefined }),
    ensureFolder: async () => "folder",
    onStored: () => undefined,
  });
  return { queue, asked, become: (next: string | undefined) => (user = next) };
}

async function recalled(getFile: () => Promise<File>) {
  const opened = openQueue({ list: async () => [{ ...KEPT, handle: handleOf(getFile) }] });
  await opened.queue.recall();
  await expect.poll(() => opened.queue.items()).toMatchObject([{ state: "interrupted", canContinueAlone: true }]);
  return { ...opened, id: opened.queue.items()[0]!.id };
}

it("goes on by itself where the browser has the file still, once however often it is pressed", async () => {
  const { queue, asked, id } = await recalled(async () => FILE);
  expect(await Promise.all([queue.resume(id), queue.resume(id)])).toEqual([true, true]);
  await expect.poll(() => asked).toEqual(["GET /api/v1/files/upload/s"]);
  await expect.poll(() => queue.items()).toMatchObject([{ state: "sending" }]);
});

it.each([
  ["has changed", async () => new File(["other"], "a.txt", { lastModified: 2 })],
  ["is gone", () => Promise.reject(new DOMException("gone", "NotFoundError"))],
])("says so where the file %s, and asks for it to be chosen from then on", async (_why, getFile) => {
  const { queue, asked, id } = await recalled(getFile);
  expect(await queue.resume(id)).toBe(false);
  await expect.poll(() => queue.items()).toMatchObject([{ state: "interrupted", canContinueAlone: false }]);
  expect(asked).toEqual([]);
});

it.each(["cancel", "forget"] as const)("sends nothing that was given up while the browser asks: %s", async (how) => {
  const answer = Promise.withResolvers<File>();
  const { queue, asked, id } = await recalled(() => answer.promise);
  const resumed = queue.resume(id);
  if (how === "forget") queue.forget();
  else void queue.cancel(id);
  answer.resolve(FILE);
  await resumed;
  await expect.poll(() => queue.items()).toEqual([]);
  // Another file is sent: the first would have gone before it.
  queue.add({ files: [{ file: FILE, name: "b.txt" }], emptyFolders: [] }, null);
  await expect.poll(() => asked).toContain("POST /api/v1/files");
  expect(asked).not.toContain("GET /api/v1/files/upload/s");
});

it("shows nobody what another person left behind, who signed out while it was looked up", async () => {
  const list = Promise.withResolvers<KeptUpload[]>();
  const { queue, become } = openQueue({ list: () => list.promise });
  const recalling = queue.recall();
  become("other");
  queue.forget();
  list.resolve([KEPT]);
  await recalling;
  expect(queue.items()).toEqual([]);
  queue.add({ files: [{ file: FILE, name: "b.txt" }], emptyFolders: [] }, null);
  await expect.poll(() => queue.items()).toMatchObject([{ name: "b.txt" }]);
});

it("keeps nothing of an upload that was cancelled while it was being noted", async () => {
  const noting = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const noted = new Set<string>();
  const removed: string[] = [];
  const session = { session_id: "s", chunk_size: 300_000, chunk_count: 1, file_id: "f", expires_at: "" };
  const { queue } = openQueue(
    {
      put: async ({ sessionId }) => {
        noting.resolve();
        await goOn.promise;
        noted.add(sessionId);
        removed.length = 0;
      },
      remove: async (sessionId) => {
        noted.delete(sessionId);
        removed.push(sessionId);
      },
    },
    async (method) => (method === "POST" ? session : undefined),
  );
  queue.add({ files: [{ file: new File(["x".repeat(300_000)], "large"), name: "large" }], emptyFolders: [] }, null);
  await noting.promise;
  await queue.cancel(queue.items()[0]!.id);
  goOn.resolve();
  await expect.poll(() => removed).toEqual(["s"]);
  expect(noted).toEqual(new Set());
});
