import type { FileId, UserId } from "@commonhold/core/ids.ts";
import { expect, it } from "vitest";
import { chunkNameOf, NODES, openInProcessMetadata, storePayload } from "../catalog/catalog.fixture.ts";
import { createMetadataCatalog } from "../catalog/metadata-catalog.ts";
import { promisedSince } from "./promises.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const NAME = chunkNameOf(1);

async function storeChunk() {
  const metadata = await openInProcessMetadata();
  const replicas = NODES.slice(0, 3).map((nodeId) => ({ nodeId, state: "active" as const }));
  const chunk = { name: NAME, ownerId: "ada" as UserId, sealedLength: 7, copies: 3, replicas, nowMs: 1_000 };
  await metadata.apply("file.store", storePayload("f", chunk));
  const watch = (nowMs: number) => metadata.apply("uptime.watch", { now_ms: nowMs, gap: null });
  const redundancy = (copies: number, nowMs: number) =>
    metadata.apply("file.set_redundancy", {
      file_id: "f",
      owner_id: "ada",
      copies,
      priority: null,
      microcredits_per_gb_month: "0",
      transaction_id: `redundancy-${nowMs}`,
      now_ms: nowMs,
    });
  const stored = () => metadata.read.selectFrom("chunks").selectAll().executeTakeFirstOrThrow();
  return { metadata, watch, redundancy, stored };
}

it("copies of a file that is purged were promised until then", async () => {
  const { metadata, watch } = await storeChunk();
  const catalog = createMetadataCatalog(metadata);
  const nowMs = 5 * DAY_MS + 10 * HOUR_MS;
  await metadata.apply("file.delete", { file_id: "f", owner_id: "ada", transaction_id: "d", now_ms: 2_000 });
  await watch(nowMs);
  await catalog.purgeFile("f" as FileId, 3_000, 10);
  await catalog.collectUnreferenced([NAME], { epoch: 2, nowMs: nowMs + 60_000 });
  const ended = await metadata.read.selectFrom("ended_copies").select(["promised", "to_ms"]).execute();
  expect(ended).toEqual(Array.from({ length: 3 }, () => ({ promised: 3, to_ms: nowMs + 60_000 })));
});

it("a promise that was lowered holds for the day in which that was, and the days before", async () => {
  const { watch, redundancy, stored } = await storeChunk();
  await watch(5 * DAY_MS + HOUR_MS);
  await redundancy(2, 5 * DAY_MS + HOUR_MS);
  await watch(5 * DAY_MS + 2 * HOUR_MS);
  await redundancy(1, 5 * DAY_MS + 2 * HOUR_MS);
  const chunk = await stored();
  expect(chunk.copies).toBe(1);
  expect([4, 5, 6].map((day) => promisedSince(chunk, day * DAY_MS))).toEqual([3, 3, 1]);
});

it("of promises that were lowered on different days the last is kept", async () => {
  const { watch, redundancy, stored } = await storeChunk();
  await watch(5 * DAY_MS);
  await redundancy(2, 5 * DAY_MS);
  await watch(7 * DAY_MS);
  await redundancy(1, 7 * DAY_MS);
  const chunk = await stored();
  expect([7, 8].map((day) => promisedSince(chunk, day * DAY_MS))).toEqual([2, 1]);
});
