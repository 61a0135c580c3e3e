import { beforeEach, describe, expect, it } from "vitest";
import { type InProcessMetadata, openInProcessMetadata, storePayload } from "../catalog/catalog.fixture.ts";
import { FREE_ENTRIES_MAX } from "./free-entries.ts";
import { uploadPayload, userPayload } from "./payloads.fixture.ts";

let metadata: InProcessMetadata;
let moves = 0;
beforeEach(async () => {
  metadata = await openInProcessMetadata();
  await metadata.apply("user.create", userPayload("bea"));
});

const move = (nowMs = 1_000) => ({ transaction_id: `move-${moves++}`, now_ms: nowMs });
const folder = (id: string) =>
  metadata.apply("folder.create", { folder_id: id, owner_id: "ada", parent_id: null, name: id, now_ms: 1 });
const store = (id: string, name = id, folder_ids: string[] = []) =>
  metadata.apply("file.store", storePayload(id, null, { name, folder_ids, size_bytes: 0, cost_microcredits: "0" }));
const begin = (id: string, size_bytes: number) =>
  metadata.apply("upload.initiate", uploadPayload(id, { size_bytes, chunk_count: 0, reserve_microcredits: "0" }));
const complete = (id: string) =>
  metadata.apply("upload.complete", {
    upload_id: id,
    folder_ids: [],
    size_bytes: 0,
    chunk_count: 0,
    content_id: "0".repeat(64),
    cost_microcredits: "0",
    ...move(),
  });
const counts = async () =>
  await metadata.read
    .selectFrom("free_entries")
    .select(["folders", "empty_files"])
    .where("owner_id", "=", "ada")
    .executeTakeFirst();
/** As if there were so many more already. */
const leave = async (kind: "folders" | "empty_files", count: number) => {
  await metadata.read
    .insertInto("free_entries")
    .values({ owner_id: "ada", [kind]: FREE_ENTRIES_MAX - count })
    .onConflict((oc) => oc.column("owner_id").doUpdateSet({ [kind]: FREE_ENTRIES_MAX - count }))
    .execute();
};
const refused = { code: "TOO_MANY_ENTRIES" };

describe("folders", () => {
  it("are counted in the trash too, until they are forgotten", async () => {
    await folder("a");
    await store("f", "b/c/f", ["b", "c"]);
    expect(await counts()).toMatchObject({ folders: 3 });
    await metadata.apply("folder.delete", { folder_id: "a", owner_id: "ada", now_ms: 5 });
    await metadata.apply("folder.delete_step", { folder_id: "a", owner_id: "ada", limit: 9, ...move() });
    expect(await counts()).toMatchObject({ folders: 3 });
    expect(await metadata.apply("folder.purge", { deleted_before_ms: 6, limit: 9 })).toEqual({ purged: 1 });
    expect(await counts()).toMatchObject({ folders: 2 });
  });

  it("are refused beyond the bound, of one owner alone, however they are made", async () => {
    await leave("folders", 2);
    await expect(store("f", "a/b/c/f", ["a", "b", "c"])).rejects.toMatchObject(refused);
    const path = { name: "a/b/c/f", size_bytes: 10, chunk_count: 1 };
    await expect(metadata.apply("upload.initiate", uploadPayload("u", path))).rejects.toMatchObject(refused);
    await store("f", "a/b/f", ["a", "b"]);
    await store("g", "a/b/g");
    const ensure = { owner_id: "ada", parent_id: null, folder_ids: ["d", "e"], now_ms: 1 };
    expect(await metadata.apply("folder.ensure", { ...ensure, names: ["a", "b"] })).toEqual({ folder_id: "b" });
    await expect(metadata.apply("folder.ensure", { ...ensure, names: ["a", "d"] })).rejects.toMatchObject(refused);
    await expect(folder("d")).rejects.toMatchObject({
      ...refused,
      details: { kind: "folders", there: FREE_ENTRIES_MAX, max: FREE_ENTRIES_MAX },
    });
    expect(await counts()).toMatchObject({ folders: FREE_ENTRIES_MAX });
    await metadata.apply("folder.create", { folder_id: "d", owner_id: "bea", parent_id: null, name: "d", now_ms: 1 });
  });
});

describe("empty files", () => {
  it("are counted with their versions and uploads, in the trash too, until they are gone", async () => {
    await store("one", "e");
    await store("two", "e");
    await begin("known", 0);
    await begin("unknown", -1);
    expect(await counts()).toMatchObject({ empty_files: 3 });
    await complete("known");
    await complete("unknown");
    expect(await counts()).toMatchObject({ empty_files: 4 });
    await begin("given-up", 0);
    await metadata.apply("upload.abort", { upload_id: "given-up", ...move() });
    await metadata.apply("file.delete", { file_id: "two", owner_id: "ada", ...move(5) });
    expect(await counts()).toMatchObject({ empty_files: 4 });
    for (const file_id of ["one", "two"]) {
      await metadata.apply("file.purge", { file_id, deleted_before_ms: 6, chunk_limit: 1 });
    }
    expect(await counts()).toMatchObject({ empty_files: 2 });
  });

  it("are refused beyond the bound, also one that turns out to be empty; others are not", async () => {
    await leave("empty_files", 1);
    await begin("unknown", -1);
    await store("last");
    await expect(store("more")).rejects.toMatchObject(refused);
    await expect(begin("known", 0)).rejects.toMatchObject(refused);
    await expect(complete("unknown")).rejects.toMatchObject(refused);
    await begin("full", 10);
    expect(await counts()).toMatchObject({ empty_files: FREE_ENTRIES_MAX });
  });
});
