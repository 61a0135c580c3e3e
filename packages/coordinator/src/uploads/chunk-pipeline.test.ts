import { AppError } from "@commonhold/core/app-error.ts";
import type { ChunkName } from "@commonhold/core/ids.ts";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type DataPath, openDataPath } from "../transfers/data-path.fixture.ts";

let path: DataPath;
afterEach(async () => {
  vi.restoreAllMocks();
  await path.close();
});

const bytes = Buffer.alloc(5_000, "the same bytes");
const upload = (name: string) => path.json(`/api/v1/files?filename=${name}`, { method: "POST", body: bytes });
const stores = () => path.nodes.reduce((sum, node) => sum + node.stores, 0);

async function onlyChunk(): Promise<ChunkName> {
  const [row] = await path.api.metadata.read.selectFrom("chunks").select("name").execute();
  return row!.name as ChunkName;
}

/** A chunk on three nodes that no file uses any more. */
async function openUnused(): Promise<ChunkName> {
  path = await openDataPath({ nodes: 3 });
  const { body } = await upload("first");
  const name = await onlyChunk();
  await path.call(`/api/v1/files/${body.file_id}`, { method: "DELETE" });
  await path.transfers.replicas.catalog.purgeFile(body.file_id, path.api.clock.nowMs() + 1, 10);
  return name;
}

const collect = (name: ChunkName) =>
  path.transfers.replicas.catalog.collectUnreferenced([name], {
    epoch: path.transfers.replicas.epochs.next(),
    nowMs: path.api.clock.nowMs(),
  });

async function expectWhole(fileId: string, name: ChunkName): Promise<void> {
  const { catalog } = path.transfers.replicas;
  await expect
    .poll(async () => (await catalog.get(name))?.replicas.map(({ state }) => state))
    .toEqual(["active", "active", "active"]);
  expect(await catalog.waitingDeletions()).toEqual(new Map());
  const answer = await path.call(`/api/v1/files/${fileId}/download`);
  expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
}

describe("the same bytes, sent again while their chunk is collected", () => {
  it("are stored once more where the collection comes between their store and their commit", async () => {
    const name = await openUnused();
    const before = stores();
    const held = Promise.withResolvers<void>();
    for (const node of path.nodes) node.hold = held.promise;
    const uploading = upload("second");
    await expect.poll(stores).toBe(before + 3);
    expect(path.transfers.replicas.writing.has(name)).toBe(true);
    expect(await collect(name)).toBe(1);
    for (const node of path.nodes) node.hold = undefined;
    held.resolve();
    const { status, body } = await uploading;
    expect(status).toBe(201);
    expect(stores()).toBe(before + 6);
    await expectWhole(body.file_id, name);
    await expect.poll(() => path.transfers.replicas.writing.has(name)).toBe(false);
  });

  it("keep their copies where they are committed first", async () => {
    const name = await openUnused();
    const { body } = await upload("second");
    expect(await collect(name)).toBe(0);
    await expectWhole(body.file_id, name);
  });

  it("are stored where deduplication counted on copies that went meanwhile", async () => {
    path = await openDataPath({ nodes: 3 });
    const first = await upload("first");
    const name = await onlyChunk();
    await expect
      .poll(async () => (await path.transfers.replicas.catalog.get(name))!.replicas.map(({ state }) => state))
      .toEqual(["active", "active", "active"]);
    const before = stores();
    const { apply } = path.api.metadata;
    let isFirst = true;
    vi.spyOn(path.api.metadata, "apply").mockImplementation((async (command: "file.store", payload: never) => {
      if (command === "file.store" && isFirst) {
        isFirst = false;
        await path.call(`/api/v1/files/${first.body.file_id}`, { method: "DELETE" });
        await path.transfers.replicas.catalog.purgeFile(first.body.file_id, path.api.clock.nowMs() + 1, 10);
        expect(await collect(name)).toBe(1);
      }
      return await apply(command, payload);
    }) as never);
    const { status, body } = await upload("second");
    expect(status).toBe(201);
    expect(stores()).toBe(before + 3);
    await expectWhole(body.file_id, name);
  });

  it("are given up after a few tries, and leave nothing behind that counts as being written", async () => {
    path = await openDataPath({ nodes: 3 });
    const { apply } = path.api.metadata;
    let commits = 0;
    vi.spyOn(path.api.metadata, "apply").mockImplementation((async (command: never, payload: never) => {
      if (command !== "file.store") return await apply(command, payload);
      commits += 1;
      throw new AppError("CONCURRENT_CHANGE", "again and again");
    }) as never);
    const { status, body } = await upload("never");
    expect([status, body.error.code]).toEqual([409, "CONCURRENT_CHANGE"]);
    expect(commits).toBe(5);
    expect(path.transfers.replicas.writing.barrier()()).toBe(true);
    expect(path.transfers.uploadBudget.usedBytes).toBe(0);
  });
});
