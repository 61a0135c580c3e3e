import type { FileId } from "@commonhold/core/ids.ts";
import { beforeEach, expect, it } from "vitest";
import { purchasePayload, userPayload } from "../commands/payloads.fixture.ts";
import { openWatchedDatabase, type WatchedDatabase } from "../sqlite/query-plans.fixture.ts";
import { applierTo, chunkNameOf, NODES, registerNodes, storePayload } from "./catalog.fixture.ts";
import { createMetadataCatalog } from "./metadata-catalog.ts";
import type { ReplicaCatalog } from "./replica-catalog.ts";

const [A, B] = NODES;
const [ONE, TWO] = [chunkNameOf(1), chunkNameOf(2)] as const;
const PAGE = { after: chunkNameOf(0), limit: 10 };
const TERMS = { epoch: 1, nowMs: 1, counted: [A] };

/** A walk over a whole table, whatever helps it. */
const SCAN = /SCAN (assignments|chunks|deletions|ended_copies|file_chunks|file_pins|files|node_events)\b/;

let database: WatchedDatabase;
let catalog: ReplicaCatalog;

beforeEach(async () => {
  database = await openWatchedDatabase();
  const { read } = database;
  const apply = applierTo(read);
  catalog = createMetadataCatalog({ read, apply });
  await apply("user.create", userPayload("ada"));
  await apply("ledger.purchase", purchasePayload("p1"));
  await registerNodes(apply);
  const replicas = [A, B].map((nodeId) => ({ nodeId, state: "active" as const }));
  for (const [index, name] of [ONE, TWO].entries()) {
    const chunk = { name, ownerId: "ada" as never, sealedLength: 9, copies: 1, replicas, nowMs: 1 };
    await apply("file.store", storePayload(`f${index}`, chunk));
    await apply("file.pin", { file_id: `f${index}`, owner_id: "ada", node_id: A });
    await apply("file.delete", { file_id: `f${index}`, owner_id: "ada", transaction_id: `delete-${index}`, now_ms: 1 });
  }
  database.forget();
});

it.each<[string, () => Promise<unknown>]>([
  ["a page of chunks", async () => await catalog.page(PAGE)],
  ["some chunks", async () => await catalog.getMany([ONE, TWO])],
  ["the chunks of a node", async () => await catalog.pageOfNode(A, PAGE)],
  ["what a node holds", async () => await catalog.holdingsOf(A)],
  ["deletions of a node", async () => await catalog.deletionsOf(A, PAGE)],
  ["files to purge", async () => await catalog.filesToPurge(9, 9)],
  ["a copy to record", async () => await catalog.recordReplica({ name: ONE, nodeId: A, epoch: 0, nowMs: 1 })],
  ["copies to doubt", async () => await catalog.doubtReplicas(A, [ONE], 1)],
  ["copies to drop", async () => await catalog.dropReplicas(B, [ONE, TWO], TERMS)],
  ["copies to forget", async () => await catalog.forgetNode(A, 1, 1)],
  ["strays to delete", async () => await catalog.deleteStrays(A, [chunkNameOf(3)], TERMS)],
  ["deletions to forget", async () => await catalog.forgetSettledDeletions(9, 9)],
  [
    "a file to purge, and what to collect of it",
    async () => {
      await catalog.purgeFile("f0" as FileId, 9, 9);
      expect(await catalog.collectUnreferenced([ONE], TERMS)).toBe(1);
    },
  ],
])("%s: found along indexes", async (_, ask) => {
  await ask();
  const seen = database.plans();
  expect(seen.length).toBeGreaterThan(0);
  for (const { text, plan } of seen) expect(plan, text).not.toMatch(SCAN);
});

it("a page of chunks and the files to purge need no sorting", async () => {
  await catalog.page(PAGE);
  await catalog.filesToPurge(9, 9);
  for (const { text, plan } of database.plans()) expect(plan, text).not.toMatch(/TEMP B-TREE FOR (ORDER|LAST)/);
});
