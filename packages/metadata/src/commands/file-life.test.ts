import type { UserId } from "@commonhold/core/ids.ts";
import { beforeEach, describe, expect, it } from "vitest";
import {
  chunkNameOf,
  type InProcessMetadata,
  NODES,
  openInProcessMetadata,
  storePayload,
} from "../catalog/catalog.fixture.ts";
import { uploadPayload } from "./payloads.fixture.ts";
import { purgeFile } from "./purge-file.ts";

const [A, B, C] = NODES;
const [ONE, TWO, THREE] = [chunkNameOf(1), chunkNameOf(2), chunkNameOf(3)] as const;

let metadata: InProcessMetadata;
let moves = 0;

/** Of the file of the tests; each with a ledger transaction of its own. */
const own = (nowMs = 4_000) => ({
  file_id: "f1",
  owner_id: "ada",
  transaction_id: `move-${moves++}`,
  now_ms: nowMs,
});

beforeEach(async () => {
  metadata = await openInProcessMetadata();
});

const chunkFields = (name: string) => ({
  chunk_name: name,
  sealed_length: 26,
  plain_length: 10,
  copies: 3,
  sealed_entry: "AAAA",
  replicas: [A, B, C].map((node_id) => ({ node_id, state: "active" as const })),
  epoch: 0,
});

/** `f1` with three chunks, complete; its upload is still known. */
async function uploadFile(): Promise<void> {
  const upload = uploadPayload("u1", { file_id: "f1", size_bytes: 30, chunk_count: 3, reserve_microcredits: "5" });
  await metadata.apply("upload.initiate", upload);
  for (const [index, name] of [ONE, TWO, THREE].entries()) {
    const chunk = { upload_id: "u1", chunk_index: index, ...chunkFields(name), now_ms: 2_000 };
    await metadata.apply("chunk.commit", chunk);
  }
  await metadata.apply("upload.complete", {
    upload_id: "u1",
    folder_ids: [],
    size_bytes: 30,
    chunk_count: 3,
    content_id: "0".repeat(64),
    cost_microcredits: "5",
    transaction_id: "t1",
    now_ms: 3_000,
  });
}

const stateOfFile = async () =>
  (await metadata.read.selectFrom("files").select("state").where("id", "=", "f1").executeTakeFirst())?.state;
const places = async () =>
  (await metadata.read.selectFrom("file_chunks").select("chunk_index").where("file_id", "=", "f1").execute()).length;
const balances = async () => await metadata.read.selectFrom("ledger_accounts").selectAll().orderBy("id").execute();
const purge = async (chunkLimit = 100) =>
  await metadata.apply("file.purge", { file_id: "f1", deleted_before_ms: 5_000, chunk_limit: chunkLimit });

describe("a deleted file", () => {
  beforeEach(async () => {
    await uploadFile();
    await metadata.apply("file.delete", own());
  });

  it("can be restored whole, once or again", async () => {
    expect(await metadata.apply("file.restore", own())).toEqual({ repeated: false });
    expect(await metadata.apply("file.restore", own())).toEqual({ repeated: true });
    expect(await stateOfFile()).toBe("complete");
    expect(await places()).toBe(3);
    await expect(purge()).rejects.toMatchObject({ code: "CONCURRENT_CHANGE" });
  });

  it("can be restored by its owner alone", async () => {
    const foreign = metadata.apply("file.restore", { ...own(), owner_id: "bea" });
    await expect(foreign).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
    expect(await stateOfFile()).toBe("deleted");
  });

  it("cannot be restored from the first step of its purge on, which says so", async () => {
    await purge(1);
    expect(await stateOfFile()).toBe("purging");
    await expect(metadata.apply("file.restore", own())).rejects.toMatchObject({
      code: "FILE_NOT_FOUND",
      message: expect.stringMatching(/cannot be restored any more/),
    });
    const again = metadata.apply("file.delete", own(9_000));
    await expect(again).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
  });

  it("is purged in steps, with the upload that made it", async () => {
    expect(await purge(2)).toEqual({ is_gone: false });
    expect(await places()).toBe(1);
    // What was begun is finished, whatever the time says now.
    const end = { file_id: "f1", deleted_before_ms: 0, chunk_limit: 2 };
    expect(await metadata.apply("file.purge", end)).toEqual({ is_gone: true });
    expect(await stateOfFile()).toBeUndefined();
    expect(await metadata.read.selectFrom("uploads").selectAll().execute()).toEqual([]);
    await expect(metadata.apply("file.restore", own())).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
  });

  it("is wholly there or purging after a step that was cut off", async () => {
    const cutOff = metadata.read.transaction().execute(async (tx) => {
      await purgeFile.apply(tx, { file_id: "f1", deleted_before_ms: 5_000, chunk_limit: 2 });
      throw new Error("the power went");
    });
    await expect(cutOff).rejects.toThrow(/power/);
    expect([await stateOfFile(), await places()]).toEqual(["deleted", 3]);
    await metadata.apply("file.restore", own());
    expect(await stateOfFile()).toBe("complete");
  });

  it("costs and gives back nothing by all that", async () => {
    const before = await balances();
    await metadata.apply("file.restore", own());
    await metadata.apply("file.delete", own());
    await purge();
    expect(await balances()).toEqual(before);
  });

  it("may be one without chunks", async () => {
    await metadata.apply("file.store", storePayload("empty", null, { size_bytes: 0 }));
    await metadata.apply("file.delete", { ...own(), file_id: "empty" });
    const step = { file_id: "empty", deleted_before_ms: 5_000, chunk_limit: 1 };
    expect(await metadata.apply("file.purge", step)).toEqual({ is_gone: true });
    expect(await metadata.apply("file.purge", step)).toEqual({ is_gone: true });
  });
});

describe("an upload", () => {
  it("is neither restored nor purged", async () => {
    await metadata.apply("upload.initiate", uploadPayload("u1", { file_id: "f1" }));
    await expect(metadata.apply("file.restore", own())).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
    await expect(purge()).rejects.toMatchObject({ code: "CONCURRENT_CHANGE" });
    expect(await stateOfFile()).toBe("uploading");
  });

  it("that is cancelled asks nothing more of the chunks that it shared", async () => {
    await uploadFile();
    await metadata.apply("upload.initiate", uploadPayload("u2", { copies: 7 }));
    const chunk = { upload_id: "u2", chunk_index: 0, ...chunkFields(ONE), copies: 7, now_ms: 2_000 };
    await metadata.apply("chunk.commit", { ...chunk, chunk_index: 1, chunk_name: chunkNameOf(9) });
    await metadata.apply("chunk.commit", chunk);
    const copies = async () =>
      (await metadata.read.selectFrom("chunks").select("copies").orderBy("name").execute()).map((row) => row.copies);
    expect(await copies()).toEqual([7, 3, 3, 7]);
    await metadata.apply("upload.abort", { upload_id: "u2", transaction_id: "t9", now_ms: 2_000 });
    expect(await copies()).toEqual([3, 3, 3, 1]);
  });

  it("whose copies were deleted meanwhile leaves nothing behind", async () => {
    await metadata.apply("deletion.stray", { node_id: B, chunk_names: [ONE], epoch: 3, now_ms: 2_000 });
    const chunk = { name: ONE, ownerId: "ada" as UserId, sealedLength: 9, copies: 2, nowMs: 2_000, epoch: 2 };
    const replicas = [A, B].map((nodeId) => ({ nodeId, state: "active" as const }));
    const before = await balances();
    const payload = storePayload("f1", { ...chunk, replicas }, { cost_microcredits: "7" });
    await expect(metadata.apply("file.store", payload)).rejects.toMatchObject({
      code: "CONCURRENT_CHANGE",
      message: expect.stringMatching(/send it again/),
      details: { node_id: B, deletion_epoch: 3, epoch: 2 },
    });
    await metadata.apply("upload.initiate", uploadPayload("u1", { reserve_microcredits: "0" }));
    for (const epoch of [2, null]) {
      const commit = metadata.apply("chunk.commit", {
        upload_id: "u1",
        chunk_index: 0,
        ...chunkFields(ONE),
        epoch,
        now_ms: 2_000,
      });
      await expect(commit).rejects.toMatchObject({ code: "CONCURRENT_CHANGE" });
    }
    for (const table of ["chunks", "assignments", "file_chunks"] as const) {
      expect(await metadata.read.selectFrom(table).selectAll().execute()).toEqual([]);
    }
    expect(await balances()).toEqual(before);
    await metadata.apply("chunk.commit", {
      upload_id: "u1",
      chunk_index: 0,
      ...chunkFields(ONE),
      epoch: 3,
      now_ms: 2_000,
    });
    expect(await metadata.read.selectFrom("deletions").selectAll().execute()).toEqual([]);
  });
});

describe("commands over many chunks", () => {
  it("take 500 names at most", async () => {
    const names = Array.from({ length: 501 }, (_, index) => chunkNameOf(index));
    const terms = { node_id: A, now_ms: 1 };
    const drop = { ...terms, epoch: 1, counted_node_ids: [], delivered: false };
    await metadata.apply("assignment.drop", { ...drop, chunk_names: names.slice(1) });
    const tooMany = [
      metadata.apply("assignment.drop", { ...drop, chunk_names: names }),
      metadata.apply("assignment.doubt", { ...terms, chunk_names: names }),
      metadata.apply("assignment.leave", { ...terms, chunk_names: names }),
      metadata.apply("assignment.stay", { ...terms, chunk_names: names }),
      metadata.apply("deletion.stray", { ...terms, chunk_names: names, epoch: 1 }),
      metadata.apply("chunk.collect", { chunk_names: names, epoch: 1, now_ms: 1 }),
    ];
    for (const result of await Promise.allSettled(tooMany)) {
      expect(result).toMatchObject({ status: "rejected", reason: { code: "INVALID_REQUEST" } });
    }
  });

  it("take none", async () => {
    const terms = { node_id: A, chunk_names: [], epoch: 2, now_ms: 1 };
    await metadata.apply("assignment.drop", { ...terms, counted_node_ids: [A], delivered: true });
    await metadata.apply("deletion.stray", terms);
    await metadata.apply("chunk.collect", { chunk_names: [], epoch: 2, now_ms: 1 });
    expect(await metadata.read.selectFrom("deletions").selectAll().execute()).toEqual([]);
  });
});
