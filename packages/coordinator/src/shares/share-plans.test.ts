import type { FileId, UserId } from "@commonhold/core/ids.ts";
import { plansOf } from "@commonhold/metadata/sqlite/query-plans.fixture.ts";
import { expect, it } from "vitest";
import { encodeCursor } from "../http/cursor.ts";
import { listShares } from "./list-shares.ts";
import { findShare } from "./find-share.ts";

const ADA = "ada" as UserId;
const FILE = "01890000-0000-7000-8000-000000000000" as FileId;
const ROWS = `
  INSERT INTO users (id, email, name, role, password_hash, sealed_secret, created_at_ms)
    VALUES ('ada', 'a', 'a', 'user', 'h', x'00', 1);
  INSERT INTO files (id, owner_id, name, entry_id, is_current, version, state, size_bytes, chunk_size_bytes, copies,
      chunk_count, media_type, sealed_key, created_at_ms)
    VALUES ('${FILE}', 'ada', 'a', '${FILE}', 1, 1, 'complete', 1, 1, 1, 1, 't', x'00', 1)`;
const cursor = encodeCursor("shares", [5, "id"]);

it.each([
  [{ token: "x" }, /^SEARCH shares USING INDEX \w+ \(token_hash=\?\)/],
  [{ shareId: "x" }, /^SEARCH shares USING INDEX \w+ \(id=\?\)/],
])("what a link leads to is found by %o in few steps", async (by, first) => {
  const [plan] = await plansOf((read) => findShare(read, by));
  expect(plan).toMatch(first);
  expect(plan).toMatch(/SEARCH users USING INDEX \w+ \(id=\?\)/);
  expect(plan).toMatch(/SEARCH files USING INDEX files_by_entry \(entry_id=\?\)/);
  expect(plan).not.toMatch(/SCAN|TEMP B-TREE/);
});

it.each([
  [
    { fileId: undefined },
    /^SEARCH shares USING INDEX shares_by_owner \(owner_id=\? AND \(created_at_ms,id\)<\(\?,\?\)\)/,
  ],
  [{ fileId: FILE }, /^SEARCH shares USING INDEX shares_by_entry \(entry_id=\? AND \(created_at_ms,id\)<\(\?,\?\)\)/],
])("a page of links of %o lies side by side in an index", async (of, first) => {
  const plan = (await plansOf((read) => listShares(read, ADA, { limit: 9, cursor, ...of }), ROWS)).at(-1)!;
  expect(plan).toMatch(first);
  expect(plan).toMatch(/SEARCH files USING INDEX files_by_entry \(entry_id=\?\)/);
  expect(plan).not.toMatch(/SCAN|TEMP B-TREE/);
});
