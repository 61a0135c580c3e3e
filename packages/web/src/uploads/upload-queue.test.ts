import type { HttpTransport } from "@commonhold/client/http-transport.ts";
import { AppError } from "@commonhold/core/app-error.ts";
import { expect, it } from "vitest";
import { Connection } from "../app/connection.ts";
import type { KeptUploads } from "./kept-uploads.ts";
import { totalsOf, type UploadItem } from "./upload-item.ts";
import { UploadQueue } from "./upload-queue.ts";

const nothingKept: KeptUploads = { list: async () => [], put: async () => undefined, remove: async () => undefined };

interface Sent {
  readonly name: string;
  readonly folder: string | undefined;
}

/** A queue whose coordinator answers each small file by `answer`. */
function openQueue(answer: (sent: Sent) => Promise<{ version: number }>) {
  const sent: Sent[] = [];
  const ensured: string[] = [];
  let now = 0;
  let most = 0;
  const transport = {
    call: async ({ query }: { query: { filename: string; folder_id?: string } }) => {
      most = Math.max(most, ++now);
      const each = { name: query.filename, folder: query.folder_id };
      sent.push(each);
      try {
        return await answer(each);
      } finally {
        now -= 1;
      }
    },
  } as unknown as HttpTransport;
  const connection = new Connection({ probe: async () => false, later: () => () => undefined });
  const queue = new UploadQueue({
    connection,
    transport,
    kept: nothingKept,
    userId: () => "me",
    ensureFolder: async (parent, path) => {
      ensured.push(path);
      await opened.ensures();
      return `${parent ?? "root"}/${path}`;
    },
    onStored: () => undefined,
  });
  const opened = { queue, connection, sent, ensured, most: () => most, ensures: async (): Promise<void> => undefined };
  return opened;
}

const given = (name: string) => ({ name, file: new File(["text"], name, { lastModified: 1 }) });

async function settled(queue: UploadQueue, isSettled: (items: readonly UploadItem[]) => boolean): Promise<void> {
  await new Promise<void>((resolve) => {
    const look = (): void => void (isSettled(queue.items()) && resolve());
    queue.subscribe(look);
    look();
  });
}

it("sends a thousand small files, four at once, and asks once for each of their folders", async () => {
  const { queue, sent, ensured, most } = openQueue(async () => ({ version: 1 }));
  let told = 0;
  queue.subscribe(() => told++);
  const files = Array.from({ length: 1000 }, (_, index) => given(`deep/${index % 10}/${index}.txt`));
  queue.add({ files, emptyFolders: ["deep/empty"] }, "base");
  await settled(queue, (items) => totalsOf(items).inState.done === 1000);
  expect(sent).toHaveLength(1000);
  expect(sent.find(({ name }) => name === "123.txt")).toEqual({ name: "123.txt", folder: "base/deep/3" });
  expect(ensured).toHaveLength(11);
  expect(most()).toBe(4);
  expect(told).toBeLessThan(200);
});

it("says which became a new version, and what was refused; that is tried again", async () => {
  let isFull = true;
  const { queue } = openQueue(async ({ name }) => {
    if (name === "b" && isFull) throw new AppError("INSUFFICIENT_CREDITS", "no credits");
    return { version: name === "a" ? 3 : 1 };
  });
  queue.add({ files: [given("a"), given("b")], emptyFolders: [] }, null);
  await settled(
    queue,
    (items) => items.length === 2 && items.every(({ state }) => state === "done" || state === "failed"),
  );
  expect(queue.items()).toMatchObject([
    { state: "done", version: 3 },
    { state: "failed", error: { code: "INSUFFICIENT_CREDITS" } },
  ]);
  isFull = false;
  queue.resumeAll();
  await settled(queue, (items) => totalsOf(items).inState.done === 2);
});

it("waits while the coordinator is away, and goes on by itself", async () => {
  const opened = openQueue(async () => ({ version: 1 }));
  const { queue, connection, sent, ensured } = opened;
  opened.ensures = async () => {
    connection.lost();
    throw new AppError("COORDINATOR_UNREACHABLE", "nobody answers");
  };
  queue.add({ files: [given("deep/a")], emptyFolders: [] }, "base");
  await settled(queue, ([item]) => item?.error !== undefined);
  expect(queue.items()).toMatchObject([{ state: "waiting", error: { code: "COORDINATOR_UNREACHABLE" } }]);
  queue.add({ files: Array.from({ length: 9 }, (_, index) => given(`${index}`)), emptyFolders: [] }, null);
  await settled(queue, (items) => totalsOf(items).inState.waiting === 10);
  expect([sent.length, ensured.length]).toEqual([0, 1]);
  opened.ensures = async () => undefined;
  connection.answered();
  await settled(queue, (items) => totalsOf(items).inState.done === 10);
  expect([sent.length, ensured.length]).toEqual([10, 2]);
});

it("fails where the coordinator is there for others", async () => {
  const opened = openQueue(async () => ({ version: 1 }));
  opened.ensures = async () => {
    throw new AppError("COORDINATOR_UNREACHABLE", "not for this");
  };
  opened.queue.add({ files: [given("deep/a")], emptyFolders: [] }, "base");
  await settled(opened.queue, (items) => totalsOf(items).inState.failed === 1);
});

it("pauses and gives up all at once", async () => {
  const held = Promise.withResolvers<void>();
  const { queue, sent } = openQueue(async () => {
    await held.promise;
    return { version: 1 };
  });
  queue.add({ files: Array.from({ length: 20 }, (_, index) => given(`${index}`)), emptyFolders: [] }, null);
  await settled(queue, (items) => totalsOf(items).inState.sending === 4);
  queue.pauseAll();
  await settled(queue, (items) => totalsOf(items).inState.paused === 20);
  held.resolve();
  queue.cancelAll();
  await settled(queue, (items) => items.length === 0);
  expect(sent).toHaveLength(4);
});
