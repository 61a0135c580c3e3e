import type { NodeId, UserId } from "@commonhold/core/ids.ts";
import { COPIES_MAX } from "@commonhold/core/priority.ts";
import { beforeEach, describe, expect, it } from "vitest";
import {
  chunkNameOf,
  type InProcessMetadata,
  NODES,
  openInProcessMetadata,
  storePayload,
} from "../catalog/catalog.fixture.ts";
import type { CommandPayload } from "../metadata.ts";
import { hashOf, registrationPayload, uploadPayload, userPayload } from "./payloads.fixture.ts";

const [A, B] = NODES;
const SHARED = chunkNameOf(1);
const GB = 1_000_000_000;

let metadata: InProcessMetadata;

beforeEach(async () => {
  metadata = await openInProcessMetadata();
  for (const id of ["f1", "f2"]) await storeShared(id);
});

/** Both files are of the same chunk, in 3 copies. */
async function storeShared(id: string): Promise<void> {
  const replicas = [{ nodeId: A, state: "active" as const }];
  const chunk = { name: SHARED, ownerId: "ada" as UserId, sealedLength: 100, copies: 3, replicas, nowMs: 1_000 };
  await metadata.apply("file.store", storePayload(id, chunk, { size_bytes: GB }));
}

const setRedundancy = async (fileId: string, change: Partial<CommandPayload<"file.set_redundancy">>) =>
  await metadata.apply("file.set_redundancy", {
    file_id: fileId,
    owner_id: "ada",
    copies: null,
    priority: null,
    microcredits_per_gb_month: "10",
    transaction_id: `t-${fileId}-${change.copies}-${change.priority}`,
    now_ms: 5_000,
    ...change,
  });
const promised = async () =>
  await metadata.read
    .selectFrom("chunks")
    .select(["copies", "priority", "pinned"])
    .where("name", "=", SHARED)
    .executeTakeFirstOrThrow();
const balance = async () =>
  (
    await metadata.read
      .selectFrom("ledger_accounts")
      .select("balance_microcredits")
      .where("id", "=", "user:ada:available")
      .executeTakeFirstOrThrow()
  ).balance_microcredits;
const pin = (fileId: string, nodeId: NodeId) => ({ file_id: fileId, owner_id: "ada", node_id: nodeId });

describe("file.set_redundancy", () => {
  it("gives a chunk the most that the files which share it ask for", async () => {
    await setRedundancy("f1", { copies: 5, priority: "critical" });
    expect(await promised()).toMatchObject({ copies: 5, priority: 4 });
    await setRedundancy("f2", { copies: 1, priority: "low" });
    expect(await promised()).toMatchObject({ copies: 5, priority: 4 });
    await setRedundancy("f1", { copies: 2 });
    expect(await promised()).toMatchObject({ copies: 2, priority: 4 });
    await setRedundancy("f1", { copies: 1, priority: "expendable" });
    expect(await promised()).toMatchObject({ copies: 1, priority: 1 });
  });

  it("charges what more copies cost more for a month, and gives nothing back", async () => {
    const before = await balance();
    expect(await setRedundancy("f1", { copies: 5 })).toEqual({
      copies: 5,
      priority: "normal",
      charged_microcredits: "20",
    });
    expect(await setRedundancy("f1", { copies: 4 })).toMatchObject({ charged_microcredits: "0" });
    expect(await setRedundancy("f1", { priority: "high" })).toMatchObject({ copies: 4, priority: "high" });
    expect(await balance()).toBe(before - 20n);
    const booked = await metadata.read
      .selectFrom("ledger_transactions")
      .select(["kind", "reference"])
      .where("id", "like", "t-%")
      .execute();
    expect(booked).toEqual([{ kind: "settle", reference: "f1" }]);
  });

  it("changes nothing where its owner cannot pay", async () => {
    const change = setRedundancy("f1", { copies: 16, microcredits_per_gb_month: "1000000000000" });
    await expect(change).rejects.toMatchObject({ code: "INSUFFICIENT_CREDITS" });
    expect(await promised()).toMatchObject({ copies: 3 });
    const file = metadata.read.selectFrom("files").select("copies").where("id", "=", "f1").executeTakeFirst();
    expect(await file).toEqual({ copies: 3 });
  });

  it("is for complete files of one's own", async () => {
    await metadata.apply("upload.initiate", uploadPayload("u1"));
    await metadata.apply("file.delete", { file_id: "f2", owner_id: "ada", transaction_id: "delete", now_ms: 1 });
    const notFound = { code: "FILE_NOT_FOUND" };
    await expect(setRedundancy("file-u1", { copies: 2 })).rejects.toMatchObject(notFound);
    await expect(setRedundancy("f2", { copies: 2 })).rejects.toMatchObject(notFound);
    await expect(setRedundancy("f1", { copies: 2, owner_id: "bea" })).rejects.toMatchObject(notFound);
    for (const copies of [0, COPIES_MAX + 1]) {
      await expect(setRedundancy("f1", { copies })).rejects.toMatchObject({ code: "INVALID_REQUEST" });
    }
    await expect(setRedundancy("f1", { priority: "urgent" as "high" })).rejects.toMatchObject({
      code: "INVALID_REQUEST",
    });
  });

  it("is kept where the chunk is uploaded once more", async () => {
    await setRedundancy("f1", { copies: 5, priority: "critical" });
    await storeShared("f3");
    expect(await promised()).toMatchObject({ copies: 5, priority: 4 });
    await setRedundancy("f1", { copies: 1, priority: "low" });
    expect(await promised()).toMatchObject({ copies: 3, priority: 2 });
  });
});

describe("a chunk that is uploaded once more", () => {
  it("matters as much as the new file, where that matters more", async () => {
    for (const id of ["f1", "f2"]) await setRedundancy(id, { priority: "low" });
    expect(await promised()).toMatchObject({ copies: 3, priority: 1 });
    await storeShared("f3");
    expect(await promised()).toMatchObject({ copies: 3, priority: 2 });
  });
});

describe("pins", () => {
  it("of files that share a chunk are kept apart", async () => {
    expect(await metadata.apply("file.pin", pin("f1", A))).toEqual({ repeated: false });
    expect(await metadata.apply("file.pin", pin("f2", A))).toEqual({ repeated: false });
    expect(await metadata.apply("file.pin", pin("f1", A))).toEqual({ repeated: true });
    expect(await promised()).toMatchObject({ pinned: 1 });
    expect(await metadata.apply("file.unpin", pin("f1", A))).toEqual({ repeated: false });
    expect(await promised()).toMatchObject({ pinned: 1 });
    expect(await metadata.apply("file.unpin", pin("f1", A))).toEqual({ repeated: true });
    await metadata.apply("file.unpin", pin("f2", A));
    expect(await promised()).toMatchObject({ pinned: 0 });
  });

  it("to several nodes last until the last is taken away", async () => {
    await metadata.apply("file.pin", pin("f1", A));
    await metadata.apply("file.pin", pin("f1", B));
    await metadata.apply("file.unpin", pin("f1", A));
    expect(await promised()).toMatchObject({ pinned: 1 });
    expect(await metadata.read.selectFrom("file_pins").selectAll().execute()).toEqual([{ file_id: "f1", node_id: B }]);
  });

  it("go with their file", async () => {
    await metadata.apply("file.pin", pin("f1", A));
    await metadata.apply("file.delete", { file_id: "f1", owner_id: "ada", transaction_id: "delete", now_ms: 1 });
    expect(await promised()).toMatchObject({ pinned: 1 });
    await metadata.apply("file.purge", { file_id: "f1", deleted_before_ms: 2, chunk_limit: 1 });
    expect(await promised()).toMatchObject({ pinned: 0 });
    expect(await metadata.read.selectFrom("file_pins").selectAll().execute()).toEqual([]);
  });

  it("are refused for foreign files and for nodes that are not members", async () => {
    const foreign = metadata.apply("file.pin", { ...pin("f1", A), owner_id: "bea" });
    await expect(foreign).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
    const gone = metadata.apply("file.unpin", pin("f9", A));
    await expect(gone).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
    const unknown = metadata.apply("file.pin", pin("f1", "nobody" as NodeId));
    await expect(unknown).rejects.toMatchObject({ code: "NODE_NOT_FOUND" });
    await metadata.apply("node.ban", { id: B });
    await expect(metadata.apply("file.pin", pin("f1", B))).rejects.toMatchObject({ code: "NOT_A_MEMBER" });
  });

  it("are bounded", async () => {
    await metadata.apply("user.create", userPayload("bea"));
    for (let index = 0; index <= COPIES_MAX; index += 1) {
      const id = `more-${index}`;
      await metadata.apply("node.register", registrationPayload(id, { api_key_hash: hashOf(500 + index) }));
    }
    for (let index = 0; index < COPIES_MAX; index += 1) {
      await metadata.apply("file.pin", pin("f1", `more-${index}` as NodeId));
    }
    const oneMore = metadata.apply("file.pin", pin("f1", `more-${COPIES_MAX}` as NodeId));
    await expect(oneMore).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      message: expect.stringMatching(/unpin one/),
    });
  });
});
