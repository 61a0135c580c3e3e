import type { FileId, NodeId, UserId } from "@commonhold/core/ids.ts";
import { beforeEach, describe, expect, it } from "vitest";
import { type CatalogHarness, chunkNameOf, NODES, type Uploader } from "./catalog.fixture.ts";
import type { NewChunk } from "./memory-catalog.ts";
import type { ReplicaCatalog } from "./replica-catalog.ts";

const [A, B, C, D] = NODES;
const [ONE, TWO, THREE, FOUR] = [chunkNameOf(1), chunkNameOf(2), chunkNameOf(3), chunkNameOf(4)] as const;
const OWNER = "ada" as UserId;
const active = (...nodeIds: readonly NodeId[]) => nodeIds.map((nodeId) => ({ nodeId, state: "active" as const }));

/** What every catalog owes its callers where things are deleted. */
export function describeDeletionContract(name: string, createHarness: () => Promise<CatalogHarness>): void {
  let catalog: ReplicaCatalog;
  let uploader: Uploader;

  beforeEach(async () => {
    ({ catalog, uploader } = await createHarness());
  });

  const add = async (chunk: Partial<NewChunk> & Pick<NewChunk, "name">) =>
    await uploader.addChunk({
      ownerId: OWNER,
      sealedLength: 100,
      copies: 3,
      replicas: active(A, B, C),
      nowMs: 1_000,
      ...chunk,
    });
  const stateOf = async (chunk: NewChunk["name"], nodeId: NodeId) =>
    (await catalog.get(chunk))?.replicas.find((replica) => replica.nodeId === nodeId)?.state;
  const dropFromA = async (epoch: number) =>
    await catalog.dropReplicas(A, [ONE], { counted: NODES, epoch, nowMs: 2_000 });

  describe(`catalog contract, deletions: ${name}`, () => {
    describe("fences", () => {
      beforeEach(async () => {
        await add({ name: ONE, copies: 2 });
        await dropFromA(5);
      });

      it.each([4, undefined])("refuse a copy that was sent under epoch %s", async (epoch) => {
        const record = catalog.recordReplica({ name: ONE, nodeId: A, epoch, insteadOf: B, nowMs: 3_000 });
        await expect(record).rejects.toMatchObject({ code: "CONCURRENT_CHANGE" });
        expect(await stateOf(ONE, A)).toBeUndefined();
        expect(await catalog.deletionsOf(A, { limit: 9 })).toHaveLength(1);
      });

      it("refuse an upload of earlier copies as a whole, also where the deletion was confirmed", async () => {
        await catalog.settleDeletions(A, [{ name: ONE, epoch: 5, outcome: "deleted" }], {
          freshEpoch: 6,
          nowMs: 3_000,
        });
        await expect(add({ name: ONE, replicas: active(A, D), epoch: 4 })).rejects.toMatchObject({
          code: "CONCURRENT_CHANGE",
        });
        expect(await stateOf(ONE, D)).toBeUndefined();
        await catalog.forgetSettledDeletions(4_000, 9);
        await add({ name: ONE, replicas: active(A, D), epoch: 4 });
        expect(await stateOf(ONE, A)).toBe("active");
      });

      it.each([5, 6])("let a copy of epoch %s through, which cancels the deletion", async (epoch) => {
        await add({ name: ONE, replicas: [{ nodeId: A, state: "pending" }], epoch });
        expect(await stateOf(ONE, A)).toBe("pending");
        expect(await catalog.deletionsOf(A, { limit: 9 })).toEqual([]);
        await catalog.settleDeletions(A, [{ name: ONE, epoch: 5, outcome: "deleted" }], {
          freshEpoch: 7,
          nowMs: 3_000,
        });
        await catalog.recordReplica({ name: ONE, nodeId: A, epoch: 4, nowMs: 3_000 });
        expect(await stateOf(ONE, A)).toBe("active");
      });

      it("keep the highest epoch of all", async () => {
        expect(await catalog.highestEpoch()).toBe(5);
        await catalog.deleteStrays(A, [TWO], { epoch: 3, nowMs: 3_000 });
        expect(await catalog.highestEpoch()).toBe(5);
        await catalog.collectUnreferenced([TWO], { epoch: 8, nowMs: 3_000 });
        expect(await catalog.highestEpoch()).toBe(8);
      });
    });

    describe("collecting chunks", () => {
      it("takes those alone that nothing uses, with all their copies", async () => {
        await add({ name: ONE, replicas: [...active(A, B), { nodeId: C, state: "pending" }] });
        await add({ name: TWO });
        await uploader.releaseChunk(ONE);
        expect(await catalog.get(ONE)).toMatchObject({ isReferenced: false });
        expect(await catalog.collectUnreferenced([TWO, ONE, THREE], { epoch: 2, nowMs: 3_000 })).toBe(1);
        expect(await catalog.get(ONE)).toBeUndefined();
        expect(await catalog.waitingDeletions()).toEqual(
          new Map([
            [A, 1],
            [B, 1],
            [C, 1],
          ]),
        );
        expect(await catalog.deletionsOf(C, { limit: 9 })).toEqual([
          { name: ONE, epoch: 2, reason: "file_deleted", queuedAtMs: 3_000 },
        ]);
        expect(await catalog.expectedOf(A, { limit: 9 })).toHaveLength(1);
      });

      it("leaves a chunk that an upload took again in between", async () => {
        await add({ name: ONE });
        await uploader.releaseChunk(ONE);
        await add({ name: ONE, replicas: [] });
        expect(await catalog.collectUnreferenced([ONE], { epoch: 2, nowMs: 3_000 })).toBe(0);
        expect(await catalog.get(ONE)).toMatchObject({ isReferenced: true });
      });

      it("makes an upload send a chunk again that it counted on", async () => {
        await add({ name: ONE });
        await uploader.releaseChunk(ONE);
        await catalog.collectUnreferenced([ONE], { epoch: 2, nowMs: 3_000 });
        await expect(add({ name: ONE, replicas: [] })).rejects.toMatchObject({ code: "CONCURRENT_CHANGE" });
        expect(await catalog.get(ONE)).toBeUndefined();
        await expect(add({ name: ONE, epoch: 1 })).rejects.toMatchObject({ code: "CONCURRENT_CHANGE" });
        await add({ name: ONE, epoch: 2 });
        expect(await catalog.waitingDeletions()).toEqual(new Map());
      });
    });

    describe("deletions", () => {
      const settle = async (
        name: NewChunk["name"],
        outcome: "deleted" | "stored_anew",
        terms: { readonly epoch?: number; readonly nowMs?: number } = {},
      ) =>
        await catalog.settleDeletions(A, [{ name, epoch: terms.epoch ?? 1, outcome }], {
          freshEpoch: 7,
          nowMs: terms.nowMs ?? 4_000,
        });

      it("of strays leave alone what has a row, and what is queued already", async () => {
        await add({ name: ONE, replicas: [{ nodeId: A, state: "pending" }, ...active(B)] });
        const terms = { epoch: 1, nowMs: 3_000 };
        expect(await catalog.deleteStrays(A, [TWO, ONE, TWO], terms)).toBe(1);
        expect(await catalog.deleteStrays(A, [TWO, THREE], { epoch: 2, nowMs: 3_500 })).toBe(1);
        expect(await catalog.deletionsOf(A, { limit: 9 })).toEqual([
          { name: TWO, epoch: 1, reason: "stray", queuedAtMs: 3_000 },
          { name: THREE, epoch: 2, reason: "stray", queuedAtMs: 3_500 },
        ]);
        expect(await catalog.deletionsOf(A, { after: TWO, limit: 9 })).toHaveLength(1);
        expect(await catalog.deletionsOf(A, { limit: 1 })).toHaveLength(1);
        expect(await catalog.deletionsOf(B, { limit: 9 })).toEqual([]);
      });

      it("wait until the node confirms the epoch that they have", async () => {
        await catalog.deleteStrays(A, [TWO], { epoch: 1, nowMs: 3_000 });
        await settle(TWO, "deleted", { epoch: 2 });
        expect(await catalog.waitingDeletions()).toEqual(new Map([[A, 1]]));
        await settle(TWO, "deleted");
        expect(await catalog.waitingDeletions()).toEqual(new Map());
        await settle(TWO, "stored_anew");
        expect(await catalog.deletionsOf(A, { limit: 9 })).toEqual([]);
      });

      it("that were confirmed stay as they are, whatever is said of them later", async () => {
        await catalog.deleteStrays(A, [TWO], { epoch: 1, nowMs: 3_000 });
        await settle(TWO, "deleted");
        await settle(TWO, "deleted", { nowMs: 9_000 });
        await settle(TWO, "stored_anew", { nowMs: 9_000 });
        await add({ name: TWO, replicas: active(A), epoch: 1 });
        expect(await stateOf(TWO, A)).toBe("active");
        await catalog.deleteStrays(B, [TWO], { epoch: 1, nowMs: 3_000 });
        const confirmed = [{ name: TWO, epoch: 1, outcome: "deleted" as const }];
        for (const nowMs of [4_000, 9_000]) await catalog.settleDeletions(B, confirmed, { freshEpoch: 7, nowMs });
        expect(await catalog.forgetSettledDeletions(4_001, 9)).toBe(1);
      });

      it("are queued again under the fresh epoch where the node stored the copy anew", async () => {
        await catalog.deleteStrays(A, [TWO], { epoch: 1, nowMs: 3_000 });
        await settle(TWO, "stored_anew");
        expect(await catalog.deletionsOf(A, { limit: 9 })).toEqual([
          { name: TWO, epoch: 7, reason: "stray", queuedAtMs: 4_000 },
        ]);
        expect(await catalog.highestEpoch()).toBe(7);
        await settle(TWO, "deleted");
        expect(await catalog.waitingDeletions()).toEqual(new Map([[A, 1]]));
        // The copy that the node meant is recorded too late.
        await expect(add({ name: TWO, replicas: active(A), epoch: 6 })).rejects.toMatchObject({
          code: "CONCURRENT_CHANGE",
        });
      });

      it("that were cancelled by a new copy are not settled", async () => {
        await catalog.deleteStrays(A, [TWO], { epoch: 1, nowMs: 3_000 });
        await add({ name: TWO, replicas: active(A), copies: 1, epoch: 1 });
        await settle(TWO, "stored_anew");
        expect(await catalog.waitingDeletions()).toEqual(new Map());
        expect(await stateOf(TWO, A)).toBe("active");
      });

      it("are forgotten some time after they were settled, the oldest first", async () => {
        await catalog.deleteStrays(A, [ONE, TWO, THREE, FOUR], { epoch: 1, nowMs: 3_000 });
        for (const [index, name_] of [TWO, ONE, THREE].entries())
          await settle(name_, "deleted", { nowMs: 4_000 + index });
        expect(await catalog.forgetSettledDeletions(4_002, 1)).toBe(1);
        await add({ name: TWO, replicas: active(A), epoch: 0 });
        await expect(add({ name: ONE, replicas: active(A), epoch: 0 })).rejects.toThrow();
        expect(await catalog.forgetSettledDeletions(4_002, 9)).toBe(1);
        await add({ name: ONE, replicas: active(A), epoch: 0 });
        expect(await catalog.forgetSettledDeletions(4_002, 9)).toBe(0);
        expect(await catalog.waitingDeletions()).toEqual(new Map([[A, 1]]));
      });

      it("are made anew of strays that were settled", async () => {
        await catalog.deleteStrays(A, [TWO], { epoch: 1, nowMs: 3_000 });
        await settle(TWO, "deleted");
        expect(await catalog.deleteStrays(A, [TWO], { epoch: 3, nowMs: 5_000 })).toBe(1);
        expect(await catalog.deletionsOf(A, { limit: 9 })).toMatchObject([{ epoch: 3, queuedAtMs: 5_000 }]);
        expect(await catalog.forgetSettledDeletions(9_000, 9)).toBe(0);
      });
    });

    describe("purging files", () => {
      const [F1, F2, F3] = ["f1", "f2", "f3"] as FileId[] as [FileId, FileId, FileId];

      beforeEach(async () => {
        for (const chunk of [ONE, TWO, THREE]) await add({ name: chunk });
        await uploader.addFile({ id: F1, copies: 3, chunks: [ONE, TWO, THREE, ONE] });
        await uploader.addFile({ id: F2, copies: 3, chunks: [TWO] });
        await uploader.addFile({ id: F3, copies: 3, chunks: [TWO] });
        for (const chunk of [ONE, TWO, THREE]) await uploader.releaseChunk(chunk);
        await uploader.deleteFile(F1, 2_000);
        await uploader.deleteFile(F2, 1_500);
      });

      it("lists them in the order of their deletion once their time is over", async () => {
        expect(await catalog.filesToPurge(1_500, 9)).toEqual([]);
        expect(await catalog.filesToPurge(2_000, 9)).toEqual([F2]);
        expect(await catalog.filesToPurge(2_001, 9)).toEqual([F2, F1]);
        expect(await catalog.filesToPurge(2_001, 1)).toEqual([F2]);
      });

      it("goes in steps, and keeps what others use", async () => {
        expect(await catalog.purgeFile(F1, 3_000, 3)).toEqual({ isGone: false });
        expect(await catalog.get(ONE)).toMatchObject({ isReferenced: true });
        expect(await catalog.get(THREE)).toMatchObject({ isReferenced: false });
        // A file whose purge was cut off is gone on with, and cannot be restored any more.
        expect(await catalog.filesToPurge(2_001, 9)).toEqual([F2, F1]);
        await expect(uploader.restoreFile(F1)).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
        expect(await catalog.purgeFile(F1, 3_000, 3)).toEqual({ isGone: true });
        expect(await catalog.purgeFile(F1, 3_000, 3)).toEqual({ isGone: true });
        expect(await catalog.filesToPurge(3_000, 9)).toEqual([F2]);
        expect(await catalog.collectUnreferenced([ONE, TWO, THREE], { epoch: 1, nowMs: 3_000 })).toBe(2);
        expect(await catalog.get(TWO)).toMatchObject({ isReferenced: true });
      });

      it("refuses what was restored, or deleted later", async () => {
        const tooEarly = catalog.purgeFile(F1, 2_000, 9);
        await expect(tooEarly).rejects.toMatchObject({ code: "CONCURRENT_CHANGE" });
        await uploader.restoreFile(F1);
        await expect(catalog.purgeFile(F1, 9_000, 9)).rejects.toMatchObject({ code: "CONCURRENT_CHANGE" });
        expect(await catalog.filesToPurge(9_000, 9)).toEqual([F2]);
        await uploader.deleteFile(F1, 5_000);
        await expect(catalog.purgeFile(F1, 3_000, 9)).rejects.toMatchObject({ code: "CONCURRENT_CHANGE" });
        expect(await catalog.get(ONE)).toMatchObject({ isReferenced: true });
      });
    });
  });
}
