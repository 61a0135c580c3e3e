import type { FileId, FolderId, UserId } from "@commonhold/core/ids.ts";
import { plansOf } from "@commonhold/metadata/sqlite/query-plans.fixture.ts";
import { expect, it } from "vitest";
import { type ArchivePlan, PLAN_BYTES_MAX, planArchive } from "./archive-plan.ts";

const ROOT = "01890000-0000-7000-8000-000000000000" as FolderId;
const request = { ownerId: "ada" as UserId, fileIds: [] as FileId[], folderIds: [ROOT] };
const files = { get: () => Promise.reject(new Error("no file was asked for")) };
/** A folder with so many in it, under names that end with so many characters. */
const rowsOf = (folders: number, nameLength = 0) => `
  INSERT INTO users (id, email, name, role, password_hash, sealed_secret, created_at_ms)
    VALUES ('ada', 'a', 'a', 'user', 'h', x'00', 1);
  INSERT INTO folders VALUES ('${ROOT}', 'ada', NULL, 'root', 'live', 1, NULL, NULL);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${folders})
    INSERT INTO folders SELECT 'f' || i, 'ada', '${ROOT}', 'folder ' || i || '${"x".repeat(nameLength)}', 'live', 1, NULL, NULL FROM n`;

it("reads what lies in a folder off an index", async () => {
  let plan: ArchivePlan | undefined;
  const plans = await plansOf(async (read) => (plan = await planArchive({ read, files }, request)), rowsOf(3));
  expect(plan!.entries.map(({ name }) => name)).toEqual([
    "root/",
    "root/folder 3/",
    "root/folder 2/",
    "root/folder 1/",
  ]);
  const lists = plans.slice(1);
  expect(lists).toHaveLength(8);
  for (const list of lists) {
    expect(list).toMatch(
      /^SEARCH (folders USING INDEX folders|files USING INDEX files)_by_place \(owner_id=\? AND <expr>=\?\)$/,
    );
  }
});

it("says at once that there is too much, and does not first look into all of it", async () => {
  const asked = await plansOf(
    (read) => expect(planArchive({ read, files }, request)).rejects.toMatchObject({ code: "INVALID_REQUEST" }),
    rowsOf(10_000),
  );
  expect(asked.length).toBeLessThan(5);
});

it("holds no more names than it has memory for, and says how much they take", async () => {
  let plan: ArchivePlan | undefined;
  await plansOf(async (read) => (plan = await planArchive({ read, files }, request)), rowsOf(3_000, 1_000));
  expect(plan!.memoryBytes).toBeGreaterThan(3_000 * 1_000);
  expect(plan!.memoryBytes).toBeLessThan(PLAN_BYTES_MAX);
  await plansOf(
    (read) =>
      expect(planArchive({ read, files }, request)).rejects.toMatchObject({
        code: "INVALID_REQUEST",
        message: expect.stringContaining("too long"),
      }),
    rowsOf(3_000, 1_500),
  );
});

it("lets others have their turn while it looks into thousands of folders", async () => {
  let turns = 0;
  let next = setImmediate(function take() {
    turns += 1;
    next = setImmediate(take);
  });
  await plansOf(async (read) => {
    turns = 0;
    await planArchive({ read, files }, request);
    expect(turns).toBeGreaterThan(20);
  }, rowsOf(3_000));
  clearImmediate(next);
});
