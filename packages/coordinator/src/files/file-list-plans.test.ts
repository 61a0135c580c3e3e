import type { FolderId, UserId } from "@commonhold/core/ids.ts";
import { plansOf } from "@commonhold/metadata/sqlite/query-plans.fixture.ts";
import { expect, it } from "vitest";
import { listFolders } from "../folders/list-folders.ts";
import { encodeCursor } from "../http/cursor.ts";
import { type FileSort, listFiles } from "./list-files.ts";

const ADA = "ada" as UserId;
const FOLDER = "01890000-0000-7000-8000-000000000000" as FolderId;

const ROWS = `INSERT INTO users (id, email, name, role, password_hash, sealed_secret, created_at_ms)
    VALUES ('ada', 'a', 'a', 'user', 'h', x'00', 1);
    INSERT INTO folders VALUES ('${FOLDER}', 'ada', NULL, 'a', 'live', 1, NULL, NULL)`;

const SORTS: readonly FileSort[] = ["name", "-name", "created_at", "-created_at", "size_bytes", "-size_bytes"];

it.each(SORTS)(
  "a page of files by %s lies side by side in an index, in a folder, in all, and in the trash",
  async (sort) => {
    const value = sort.endsWith("name") ? "x" : 5;
    for (const place of [{}, { folder: "root" }, { folder: FOLDER }, { deleted: true }] as const) {
      const list = "deleted" in place ? "deleted-files" : `files in ${"folder" in place ? place.folder : "any"}`;
      const cursor = encodeCursor(`${list}:${sort}`, [value, "id"]);
      const query = { limit: 10, sort, cursor, nameContains: undefined, ...place };
      const plan = (await plansOf((read) => listFiles(read, ADA, query), ROWS)).at(-1)!;
      const index = "folder" in place ? "files_by_place" : "files_by_owner_";
      expect(plan.split("\n")[0]).toMatch(new RegExp(`^SEARCH files USING INDEX ${index}`));
      expect(plan).toMatch(/SEARCH versions USING COVERING INDEX files_by_entry/);
      expect(plan).not.toMatch(/TEMP B-TREE|SCAN/);
    }
  },
);

it("a page of folders lies side by side in an index", async () => {
  for (const place of [
    { parent: FOLDER, deleted: false },
    { parent: undefined, deleted: true },
  ]) {
    const cursor = encodeCursor(place.deleted ? "deleted-folders" : `folders in ${FOLDER}`, ["x", "id"]);
    const plan = (await plansOf((read) => listFolders(read, ADA, { limit: 10, cursor, ...place }), ROWS)).at(-1)!;
    expect(plan).toMatch(/^SEARCH folders USING INDEX folders_(by_place|in_trash) /);
    expect(plan).not.toMatch(/TEMP B-TREE|SCAN/);
  }
});
