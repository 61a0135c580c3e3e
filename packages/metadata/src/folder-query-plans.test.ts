import { beforeEach, expect, it } from "vitest";
import { applierTo, storePayload } from "./catalog/catalog.fixture.ts";
import { userPayload } from "./commands/payloads.fixture.ts";
import { searchNames } from "./search-names.ts";
import { openWatchedDatabase, type WatchedDatabase } from "./sqlite/query-plans.fixture.ts";

let database: WatchedDatabase;
let apply: ReturnType<typeof applierTo>;

beforeEach(async () => {
  database = await openWatchedDatabase();
  apply = applierTo(database.read);
  await apply("user.create", userPayload("ada"));
});

/** A walk over a whole table; "way" and "below" are the few folders that lie in one another. */
const SCAN = /SCAN (?!way\b|below\b|name_search VIRTUAL TABLE INDEX \d+:M|CONSTANT|\()[a-z]\w+/;
const SORT = /TEMP B-TREE FOR (ORDER|GROUP|DISTINCT)/;

const own = { owner_id: "ada" };
const move = (id: string) => ({ transaction_id: id, now_ms: 9 });

it.each<[string, () => Promise<unknown>]>([
  [
    "a file into folders that are made, as a new version, moved, and back to an older one",
    async () => {
      await apply("file.store", storePayload("f1", null, { name: "a/b/c", folder_ids: ["a", "b"] }));
      await apply("file.store", storePayload("f2", null, { name: "a/b/c", folder_ids: ["x", "y"] }));
      await apply("file.move", { file_id: "f2", ...own, name: "d", to: { folder_id: "a" } });
      await apply("file.make_current", { file_id: "f1", ...own });
      await apply("file.delete", { file_id: "f2", ...own, ...move("t1") });
      await apply("file.restore", { file_id: "f2", ...own, ...move("t2") });
    },
  ],
  [
    "folders that are moved, deleted, restored and purged",
    async () => {
      await apply("folder.ensure", { ...own, parent_id: null, names: ["a", "b"], folder_ids: ["a", "b"], now_ms: 1 });
      await apply("folder.create", { ...own, parent_id: null, folder_id: "c", name: "c", now_ms: 1 });
      await apply("file.store", storePayload("f1", null, { folder_id: "b" }));
      await apply("folder.move", { folder_id: "a", ...own, name: null, to: { parent_id: "c" } });
      await apply("folder.delete", { folder_id: "c", ...own, now_ms: 5 });
      await apply("folder.delete_step", { folder_id: "c", ...own, limit: 10, ...move("t1") });
      await apply("folder.restore", { folder_id: "c", ...own, ...move("t2") });
      await apply("folder.restore_step", { folder_id: "c", ...own, limit: 10, now_ms: 9 });
      await apply("folder.purge", { deleted_before_ms: 9, limit: 10 });
    },
  ],
  [
    "names",
    async () => {
      for (const text of ["ab", "abcdef"])
        await searchNames(database.read, { ownerId: "ada", text, before: 9, limit: 9 });
    },
  ],
])("%s: found along indexes, without sorting", async (_, ask) => {
  await ask();
  const seen = database.plans();
  expect(seen.length).toBeGreaterThan(1);
  for (const { text, plan } of seen) {
    expect(plan, text).not.toMatch(SCAN);
    expect(plan, text).not.toMatch(SORT);
  }
});
