import type { FileId } from "@commonhold/core/ids.ts";
import { userPayload } from "@commonhold/metadata/commands/payloads.fixture.ts";
import { commands } from "@commonhold/metadata/commands/registry.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import { applyTo } from "@commonhold/metadata/sqlite/memory-database.fixture.ts";
import { openWatchedDatabase, type WatchedDatabase } from "@commonhold/metadata/sqlite/query-plans.fixture.ts";
import { beforeEach, expect, it } from "vitest";
import { createFileChunks } from "../files/file-chunks.ts";
import { createAdminLog } from "./admin-log.ts";
import { createPeople } from "./people.ts";

const ADA = "00000000-0000-7000-8000-000000000001";

let database: WatchedDatabase;
let metadata: Pick<Metadata, "read" | "apply">;
beforeEach(async () => {
  database = await openWatchedDatabase();
  const { read } = database;
  metadata = { read, apply: (name, payload) => applyTo(read, commands[name] as never, payload as never) as never };
  await metadata.apply("user.create", userPayload(ADA));
  const note = { actor_kind: "user" as const, actor_id: ADA, action: "job.run", details: {}, at_ms: 1 };
  await metadata.apply("admin.record", { note, subject: { kind: "node", id: "n1" } });
  database.forget();
});

const plans = () => database.plans().map(({ plan }) => plan);

const people = () => createPeople(metadata);
const chunks = () =>
  createFileChunks({ metadata, catalog: { getMany: async () => new Map() }, nodeOf: () => undefined });

it.each<[string, () => Promise<unknown>, RegExp]>([
  ["people", () => people().list({ limit: 9 }), /^SCAN users USING INDEX sqlite_autoindex_users_2$/],
  [
    "people further on",
    () => people().list({ after: "a", limit: 9 }),
    /^SEARCH users USING INDEX sqlite_autoindex_users_2 \(email>\?\)$/,
  ],
  [
    "people by the beginning of the address",
    () => people().list({ startsWith: "ada", after: "ad", limit: 9 }),
    /^SEARCH users USING INDEX sqlite_autoindex_users_2 \(email>\? AND email<\?\)$/,
  ],
  [
    "people of a role",
    () => people().list({ role: "user", after: "a", limit: 9 }),
    /^SEARCH users USING INDEX users_by_role \(role=\? AND email>\?\)$/,
  ],
  ["a person", () => people().get(ADA), /^SEARCH users USING INDEX sqlite_autoindex_users_1 \(id=\?\)$/],
  [
    "the log",
    () => createAdminLog({ metadata, clock: { nowMs: () => 1 } }).actions({ limit: 9 }),
    /^SCAN admin_actions$/,
  ],
  [
    "the log further on",
    () => createAdminLog({ metadata, clock: { nowMs: () => 1 } }).actions({ before: 9, limit: 9 }),
    /^SEARCH admin_actions USING INTEGER PRIMARY KEY \(rowid<\?\)$/,
  ],
  [
    "the chunks of a file",
    () => chunks().page("f" as FileId, { after: 3, limit: 9 }),
    /^SEARCH file_chunks USING PRIMARY KEY \(file_id=\? AND chunk_index>\?\)$/,
  ],
])("%s: a page begins where the last ended, and is read off an index", async (_, ask, first) => {
  await ask();
  const [plan, ...others] = plans();
  // Without an end, the walk stops at the page's.
  expect(plan).toMatch(first);
  for (const other of others) expect(other).toMatch(/^SEARCH \w+ USING (COVERING )?INDEX \w+ \(/);
});

it("what people hold is read off one index", async () => {
  await people().get(ADA);
  expect(plans().at(-1)).toBe("SEARCH files USING COVERING INDEX files_stored (owner_id=?)");
});
