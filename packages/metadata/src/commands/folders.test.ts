import { beforeEach, describe, expect, it } from "vitest";
import {
  chunkNameOf,
  type InProcessMetadata,
  NODES,
  openInProcessMetadata,
  storePayload,
} from "../catalog/catalog.fixture.ts";
import type { NewChunk } from "../catalog/memory-catalog.ts";
import { searchNames } from "../search-names.ts";
import { VERSIONS_MAX } from "./entries.ts";

let metadata: InProcessMetadata;
let moves = 0;
beforeEach(async () => {
  metadata = await openInProcessMetadata();
});

const move = (nowMs = 1_000) => ({ transaction_id: `move-${moves++}`, now_ms: nowMs });
const own = { owner_id: "ada" };
const folder = async (id: string, parent: string | null, name = id) =>
  await metadata.apply("folder.create", { folder_id: id, ...own, parent_id: parent, name, now_ms: 1 });
const store = async (id: string, folderId: string | null, name = id, cost = "0") =>
  await metadata.apply("file.store", storePayload(id, null, { folder_id: folderId, name, cost_microcredits: cost }));
const step = async (id: string, limit: number) =>
  (await metadata.apply("folder.delete_step", { folder_id: id, ...own, limit, ...move() })).is_done;
const restoreStep = async (id: string, limit: number) =>
  (await metadata.apply("folder.restore_step", { folder_id: id, ...own, limit, now_ms: 1_000 })).is_done;
const files = async () =>
  await metadata.read
    .selectFrom("files")
    .select(["id", "state", "deleted_with", "is_current", "version", "entry_id", "folder_id", "name"])
    .orderBy("id")
    .execute();
const statesOf = async () => Object.fromEntries((await files()).map((file) => [file.id, file.state]));
const balances = async () => await metadata.read.selectFrom("ledger_accounts").selectAll().orderBy("id").execute();

describe("a folder's deletion", () => {
  const build = async () => {
    await folder("a", null);
    await folder("b", "a");
    await folder("c", "b");
    for (const [id, place] of [
      ["f1", "a"],
      ["f2", "b"],
      ["f3", "c"],
      ["other", null],
    ] as const) {
      await store(id, place, id, "3000");
    }
    await store("f3-newer", "c", "f3", "3000");
  };

  it("goes on in steps of any size, each of which may be the last of a process, and gives all back", async () => {
    await build();
    const before = await balances();
    const states = await files();
    for (const limit of [1, 2, 3, 100]) {
      await metadata.apply("folder.delete", { folder_id: "a", ...own, now_ms: 1_000 });
      let steps = 1;
      while (!(await step("a", limit))) steps += 1;
      if (limit === 1) expect(steps).toBeGreaterThan(5);
      expect(await statesOf()).toEqual({
        f1: "deleted",
        f2: "deleted",
        f3: "deleted",
        "f3-newer": "deleted",
        other: "complete",
      });
      const rest = await metadata.read
        .selectFrom("folders")
        .select(["id", "state", "deleted_with"])
        .orderBy("id")
        .execute();
      expect(rest).toEqual([
        { id: "a", state: "deleted", deleted_with: null },
        { id: "b", state: "deleted", deleted_with: "a" },
        { id: "c", state: "deleted", deleted_with: "a" },
      ]);
      await metadata.apply("folder.restore", { folder_id: "a", ...own, ...move() });
      while (!(await restoreStep("a", limit)));
      expect(await files()).toEqual(states);
      expect(await balances()).toEqual(before);
    }
    const live = await metadata.read.selectFrom("folders").select("state").distinct().execute();
    expect(live).toEqual([{ state: "live" }]);
  });

  it("leaves what was deleted before a deletion of its own", async () => {
    await build();
    await metadata.apply("folder.delete", { folder_id: "c", ...own, now_ms: 500 });
    while (!(await step("c", 10)));
    await metadata.apply("folder.delete", { folder_id: "a", ...own, now_ms: 1_000 });
    while (!(await step("a", 10)));
    await metadata.apply("folder.restore", { folder_id: "a", ...own, ...move() });
    while (!(await restoreStep("a", 10)));
    expect(await statesOf()).toMatchObject({ f2: "complete", f3: "deleted" });
    await metadata.apply("folder.restore", { folder_id: "c", ...own, ...move() });
    while (!(await restoreStep("c", 10)));
    expect(await statesOf()).toMatchObject({ f3: "complete" });
  });

  it("waits for a return that is under way, and a return for it", async () => {
    await build();
    await metadata.apply("folder.delete", { folder_id: "a", ...own, now_ms: 1_000 });
    const early = metadata.apply("folder.restore", { folder_id: "a", ...own, ...move() });
    await expect(early).rejects.toMatchObject({ code: "CONCURRENT_CHANGE" });
    while (!(await step("a", 10)));
    await metadata.apply("folder.restore", { folder_id: "a", ...own, ...move() });
    const again = metadata.apply("folder.delete", { folder_id: "a", ...own, now_ms: 1_000 });
    await expect(again).rejects.toMatchObject({ code: "CONCURRENT_CHANGE" });
  });

  it("cannot be undone without the credits for all of it, and then changes nothing", async () => {
    await build();
    await metadata.apply("folder.delete", { folder_id: "a", ...own, now_ms: 1_000 });
    while (!(await step("a", 10)));
    const available = (await balances()).find(({ id }) => id === "user:ada:available")!.balance_microcredits;
    await store("dear", null, "dear", (available - 11_999n).toString());
    const before = await files();
    const restore = metadata.apply("folder.restore", { folder_id: "a", ...own, ...move() });
    await expect(restore).rejects.toMatchObject({ code: "INSUFFICIENT_CREDITS" });
    expect(await files()).toEqual(before);
  });

  it("ends for good with its grace, folders before files", async () => {
    await build();
    await metadata.apply("folder.delete", { folder_id: "a", ...own, now_ms: 1_000 });
    while (!(await step("a", 10)));
    const purge = async (before: number) =>
      (await metadata.apply("folder.purge", { deleted_before_ms: before, limit: 2 })).purged;
    expect([await purge(1_000), await purge(1_001), await purge(1_001), await purge(1_001)]).toEqual([0, 2, 1, 0]);
    const restore = metadata.apply("folder.restore", { folder_id: "a", ...own, ...move() });
    await expect(restore).rejects.toMatchObject({ code: "FOLDER_NOT_FOUND" });
    for (const file_id of ["f1", "f2", "f3", "f3-newer"])
      await metadata.apply("file.purge", { file_id, deleted_before_ms: 2_000, chunk_limit: 1 });
    expect(await statesOf()).toEqual({ other: "complete" });
  });
});

describe("versions", () => {
  it("beyond a hundred lose the oldest, which can be restored by itself", async () => {
    for (let version = 1; version <= VERSIONS_MAX + 1; version++) await store(`v${version}`, null, "same", "3000");
    const oldest = (await files()).find(({ id }) => id === "v1")!;
    expect(oldest).toMatchObject({ state: "deleted", is_current: 1, deleted_with: null });
    const kept = (await files()).filter(({ entry_id }) => entry_id === "v1");
    expect(kept).toHaveLength(VERSIONS_MAX);
    expect(kept.filter(({ is_current }) => is_current === 1)).toMatchObject([{ id: `v${VERSIONS_MAX + 1}` }]);
    await metadata.apply("file.restore", { file_id: "v1", ...own, ...move() });
    expect((await files()).find(({ id }) => id === "v1")).toMatchObject({ entry_id: "v1", is_current: 0, version: 1 });
  });

  it("that were deleted alone become a file of their own where the rest is gone", async () => {
    await store("v1", null, "same");
    await store("v2", null, "same");
    await metadata.apply("file.delete", { file_id: "v1", ...own, ...move() });
    await metadata.apply("file.delete", { file_id: "v2", ...own, ...move() });
    await metadata.apply("file.restore", { file_id: "v1", ...own, ...move() });
    expect(await files()).toMatchObject([
      { id: "v1", state: "complete", is_current: 1, name: "same" },
      { id: "v2", state: "deleted", is_current: 1, entry_id: "v1" },
    ]);
  });

  it("matter as much as those before them, and are pinned to the same nodes", async () => {
    await store("v1", null, "same");
    await metadata.apply("file.pin", { file_id: "v1", ...own, node_id: NODES[0] });
    const redundancy = { copies: null, priority: "high", microcredits_per_gb_month: "0" } as const;
    await metadata.apply("file.set_redundancy", { file_id: "v1", ...own, ...redundancy, ...move() });
    const chunk = {
      name: chunkNameOf(1),
      ownerId: "ada",
      sealedLength: 9,
      copies: 2,
      replicas: [{ nodeId: NODES[0], state: "active" }],
      nowMs: 1,
      epoch: 0,
    };
    await metadata.apply("file.store", storePayload("v2", chunk as unknown as NewChunk, { name: "same" }));
    const [promise] = await metadata.read.selectFrom("chunks").select(["priority", "pinned"]).execute();
    expect(promise).toEqual({ priority: 3, pinned: 1 });
    const pins = await metadata.read.selectFrom("file_pins").selectAll().orderBy("file_id").execute();
    expect(pins.map(({ file_id }) => file_id)).toEqual(["v1", "v2"]);
  });
});

describe("what a search finds", () => {
  it("is what is in sight, whatever happened to it", async () => {
    const find = async (text: string) =>
      (await searchNames(metadata.read, { ownerId: "ada", text, before: undefined, limit: 9 })).map(({ id }) => id);
    await folder("a", null, "papers");
    await store("f1", "a", "thesis.pdf");
    await store("f2", "a", "thesis.pdf");
    expect([await find("thes"), await find("pap")]).toEqual([["f2"], ["a"]]);
    await metadata.apply("file.make_current", { file_id: "f1", ...own });
    expect(await find("thes")).toEqual(["f1"]);
    await metadata.apply("file.move", { file_id: "f1", ...own, name: "essay.pdf", to: { folder_id: null } });
    expect([await find("thes"), await find("essa"), await find("es")]).toEqual([[], ["f1"], ["f1"]]);
    await metadata.apply("folder.move", { folder_id: "a", ...own, name: "letters", to: null });
    expect([await find("pap"), await find("lett")]).toEqual([[], ["a"]]);
    await metadata.apply("file.delete", { file_id: "f1", ...own, ...move() });
    await metadata.apply("folder.delete", { folder_id: "a", ...own, now_ms: 1 });
    expect([await find("essa"), await find("lett")]).toEqual([[], []]);
    await metadata.apply("file.restore", { file_id: "f1", ...own, ...move() });
    expect(await find("essa")).toEqual(["f1"]);
    const rows = await metadata.read.selectFrom("found_names").select("subject_id").execute();
    expect(rows).toEqual([{ subject_id: "f1" }]);
  });
});
