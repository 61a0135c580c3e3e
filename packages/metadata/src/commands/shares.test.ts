import { beforeEach, describe, expect, it } from "vitest";
import { type InProcessMetadata, openInProcessMetadata, storePayload } from "../catalog/catalog.fixture.ts";
import type { CommandPayload } from "../metadata.ts";
import { hashOf, sharePayload } from "./payloads.fixture.ts";

let metadata: InProcessMetadata;
beforeEach(async () => {
  metadata = await openInProcessMetadata();
  await metadata.apply("file.store", storePayload("f1", null));
});

const create = (seed: number, overrides?: Partial<CommandPayload<"share.create">>) =>
  metadata.apply(
    "share.create",
    sharePayload("f1", { id: `share-${seed}`, token_hash: hashOf(seed), now_ms: 1_000 + seed, ...overrides }),
  );

const use = (ticket: string, overrides: Partial<CommandPayload<"share.use">> = {}) =>
  metadata.apply("share.use", {
    id: "share-1",
    ticket_id: ticket,
    ticket_expires_at_ms: 8_000,
    now_ms: 2_000,
    ...overrides,
  });

const ids = async () =>
  (await metadata.read.selectFrom("shares").select("id").orderBy("id").execute()).map((s) => s.id);
const uses = async () => (await metadata.read.selectFrom("share_uses").select("ticket_id").execute()).length;
const downloads = async () =>
  (await metadata.read.selectFrom("shares").select("downloads").executeTakeFirst())?.downloads;

describe("share.create", () => {
  it("makes a link to the file, whichever its version", async () => {
    const { entry_id } = await metadata.read.selectFrom("files").select("entry_id").executeTakeFirstOrThrow();
    expect(await create(1, { is_sealed: true })).toEqual({ entry_id });
    expect(await metadata.read.selectFrom("shares").selectAll().execute()).toMatchObject([
      { id: "share-1", entry_id, owner_id: "ada", downloads: 0, downloads_max: 2, is_sealed: 1, created_at_ms: 1_001 },
    ]);
  });

  it("is for the owner of a file that is there", async () => {
    const missing = { code: "FILE_NOT_FOUND" };
    await expect(create(1, { owner_id: "bea" })).rejects.toMatchObject(missing);
    await expect(create(1, { file_id: "f2" })).rejects.toMatchObject(missing);
    await metadata.apply("file.delete", { file_id: "f1", owner_id: "ada", transaction_id: "t", now_ms: 2 });
    await expect(create(1)).rejects.toMatchObject(missing);
    expect(await ids()).toEqual([]);
  });

  it("makes so many of a file, and no more", async () => {
    for (const seed of [1, 2, 3]) await create(seed);
    await expect(create(4)).rejects.toMatchObject({ code: "TOO_MANY_SHARES", details: { shares_max: 3 } });
    await metadata.apply("share.revoke", { id: "share-2", owner_id: "ada" });
    await create(4);
    expect(await ids()).toEqual(["share-1", "share-3", "share-4"]);
  });
});

describe("share.use", () => {
  beforeEach(() => create(1));

  it("counts once for a ticket, and no more than it may", async () => {
    expect(await use("a")).toEqual({ repeated: false });
    expect(await use("a")).toEqual({ repeated: true });
    expect(await use("b")).toEqual({ repeated: false });
    await expect(use("c")).rejects.toMatchObject({ code: "SHARE_EXHAUSTED" });
    expect(await use("b")).toEqual({ repeated: true });
    expect([await downloads(), await uses()]).toEqual([2, 2]);
  });

  it("counts downloads at once as those in turn", async () => {
    const outcomes = await Promise.allSettled(["a", "b", "c", "d"].map((ticket) => use(ticket)));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(2);
    expect(await downloads()).toBe(2);
  });

  it("ends with the link: expired or taken back, also for a ticket that was used", async () => {
    await use("a");
    await expect(use("a", { now_ms: 9_000 })).rejects.toMatchObject({ code: "SHARE_NOT_FOUND" });
    await metadata.apply("share.revoke", { id: "share-1", owner_id: "ada" });
    await expect(use("a")).rejects.toMatchObject({ code: "SHARE_NOT_FOUND" });
    expect(await uses()).toBe(0);
  });

  it("has no end where none was set", async () => {
    await create(2, { expires_at_ms: null, downloads_max: null });
    for (let count = 0; count < 5; count++) await use(`t${count}`, { id: "share-2", now_ms: 1e12 });
    expect(await uses()).toBe(5);
  });
});

describe("a link", () => {
  it("is taken back by its owner alone", async () => {
    await create(1);
    const theirs = metadata.apply("share.revoke", { id: "share-1", owner_id: "bea" });
    await expect(theirs).rejects.toMatchObject({ code: "SHARE_NOT_FOUND" });
    expect(await ids()).toEqual(["share-1"]);
  });

  it("goes with its file", async () => {
    await create(1);
    await use("a");
    await metadata.apply("file.delete", { file_id: "f1", owner_id: "ada", transaction_id: "t", now_ms: 3_000 });
    expect(await ids(), "it may be restored").toEqual(["share-1"]);
    await metadata.apply("file.purge", { file_id: "f1", deleted_before_ms: 4_000, chunk_limit: 10 });
    expect([await ids(), await uses()]).toEqual([[], 0]);
  });

  it("is forgotten some time after it expired, and its tickets with theirs, so many at a time", async () => {
    await create(1, { expires_at_ms: 5_000 });
    await create(2, { expires_at_ms: 6_000 });
    await create(3, { expires_at_ms: null });
    await use("a", { ticket_expires_at_ms: 3_000 });
    await use("b", { id: "share-3" });
    const purge = (expired: number, limit = 10) =>
      metadata.apply("share.purge_expired", { now_ms: 3_000, expired_before_ms: expired, limit });
    expect(await purge(5_000)).toEqual({ purged: 1 });
    expect([await ids(), await uses()]).toEqual([["share-1", "share-2", "share-3"], 1]);
    expect(await purge(9_000, 1)).toEqual({ purged: 1 });
    expect(await ids()).toEqual(["share-2", "share-3"]);
    await purge(9_000);
    expect([await purge(9_000), await ids(), await uses()]).toEqual([{ purged: 0 }, ["share-3"], 1]);
  });
});
