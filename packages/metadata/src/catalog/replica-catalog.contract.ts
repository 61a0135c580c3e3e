import type { FileId, NodeId, UserId } from "@commonhold/core/ids.ts";
import { beforeEach, describe, expect, it } from "vitest";
import { type CatalogHarness, chunkNameOf, NODES, type Uploader } from "./catalog.fixture.ts";
import type { NewChunk } from "./memory-catalog.ts";
import type { ReplicaCatalog } from "./replica-catalog.ts";

const [A, B, C, D] = NODES;
const STRANGER = "12D3KooWStranger" as NodeId;
const [ONE, TWO, THREE, FOUR] = [chunkNameOf(1), chunkNameOf(2), chunkNameOf(3), chunkNameOf(4)] as const;
const OWNER = "ada" as UserId;
const active = (...nodeIds: readonly NodeId[]) => nodeIds.map((nodeId) => ({ nodeId, state: "active" as const }));

/** What every catalog owes its callers. */
export function describeCatalogContract(name: string, createHarness: () => Promise<CatalogHarness>): void {
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
  const dropFrom = async (nodeId: NodeId, terms: Partial<Parameters<ReplicaCatalog["dropReplicas"]>[2]> = {}) =>
    await catalog.dropReplicas(nodeId, [ONE], { counted: NODES, epoch: 1, nowMs: 2_000, ...terms });

  describe(`catalog contract: ${name}`, () => {
    describe("chunks", () => {
      it("are read whole", async () => {
        await add({
          name: ONE,
          copies: 4,
          priority: "high",
          pins: [D, B],
          replicas: [...active(B, A), { nodeId: C, state: "pending" }],
        });
        const record = {
          name: ONE,
          ownerId: OWNER,
          sealedLength: 100,
          copies: 4,
          priority: "high",
          pins: [B, D],
          replicas: [
            { nodeId: A, state: "active", sinceMs: 1_000 },
            { nodeId: B, state: "active", sinceMs: 1_000 },
            { nodeId: C, state: "pending", sinceMs: 1_000 },
          ],
          isReferenced: true,
          createdAtMs: 1_000,
        };
        expect(await catalog.get(ONE)).toEqual(record);
        expect(await catalog.get(TWO)).toBeUndefined();
        expect(await catalog.page({ limit: 5 })).toEqual([record]);
        expect(await catalog.getMany([TWO, ONE, ONE])).toEqual(new Map([[ONE, record]]));
        expect(await catalog.getMany([])).toEqual(new Map());
      });

      it("come page by page in the order of names", async () => {
        for (const chunk of [THREE, ONE, FOUR, TWO]) await add({ name: chunk });
        const namesOf = async (page: Parameters<ReplicaCatalog["page"]>[0]) =>
          (await catalog.page(page)).map((chunk) => chunk.name);
        expect(await namesOf({ limit: 3 })).toEqual([ONE, TWO, THREE]);
        expect(await namesOf({ after: THREE, limit: 3 })).toEqual([FOUR]);
        expect(await namesOf({ after: FOUR, limit: 3 })).toEqual([]);
      });

      it("are found in large numbers", async () => {
        const names = Array.from({ length: 700 }, (_, index) => chunkNameOf(index));
        for (const chunk of names) await add({ name: chunk, replicas: active(A), copies: 1 });
        expect([...(await catalog.getMany(names)).keys()].toSorted()).toEqual(names.toSorted());
        expect(await catalog.doubtReplicas(A, names, 2_000)).toBe(700);
        expect((await catalog.pageOfNode(A, { limit: 1_000 })).length).toBe(700);
      });

      it("are promised the most that anything asks for that uses them", async () => {
        await add({ name: ONE, copies: 2, priority: "low", pins: [A] });
        await uploader.addFile({ id: "f1" as FileId, copies: 5, priority: "expendable", pins: [C, A], chunks: [ONE] });
        await uploader.addFile({ id: "f2" as FileId, copies: 1, priority: "critical", chunks: [ONE, ONE] });
        expect(await catalog.get(ONE)).toMatchObject({ copies: 5, priority: "critical", pins: [A, C] });
        await uploader.deleteFile("f1" as FileId, 2_000);
        expect(await catalog.get(ONE)).toMatchObject({ copies: 5 });
        await catalog.purgeFile("f1" as FileId, 3_000, 10);
        expect(await catalog.get(ONE)).toMatchObject({ copies: 2, priority: "critical", pins: [A] });
        await uploader.releaseChunk(ONE);
        expect(await catalog.get(ONE)).toMatchObject({ copies: 1, priority: "critical", pins: [], isReferenced: true });
        await uploader.deleteFile("f2" as FileId, 2_000);
        expect(await catalog.purgeFile("f2" as FileId, 3_000, 1)).toEqual({ isGone: false });
        expect(await catalog.get(ONE)).toMatchObject({ isReferenced: true });
        await catalog.purgeFile("f2" as FileId, 3_000, 1);
        expect(await catalog.get(ONE)).toMatchObject({ copies: 1, priority: "expendable", isReferenced: false });
      });
    });

    describe("nodes", () => {
      beforeEach(async () => {
        await add({ name: THREE, sealedLength: 1 });
        await add({ name: ONE, sealedLength: 10 });
        await add({ name: FOUR, sealedLength: 100, replicas: [...active(B), { nodeId: A, state: "pending" }] });
        await add({ name: TWO, sealedLength: 1_000, replicas: active(B, C) });
        await catalog.leaveReplicas(A, [THREE], 2_000);
      });

      it("have what they should hold in the order of names, whatever its state", async () => {
        expect(await catalog.expectedOf(A, { limit: 9 })).toEqual([
          { name: ONE, state: "active", sinceMs: 1_000 },
          { name: THREE, state: "leaving", sinceMs: 2_000 },
          { name: FOUR, state: "pending", sinceMs: 1_000 },
        ]);
        const names = async (page: Parameters<ReplicaCatalog["expectedOf"]>[1]) =>
          (await catalog.expectedOf(A, page)).map((replica) => replica.name);
        expect(await names({ limit: 2 })).toEqual([ONE, THREE]);
        expect(await names({ after: ONE, until: THREE, limit: 9 })).toEqual([THREE]);
        expect(await names({ after: FOUR, limit: 9 })).toEqual([]);
        expect(await catalog.expectedOf(D, { limit: 9 })).toEqual([]);
        const page = await catalog.pageOfNode(A, { after: ONE, limit: 1 });
        expect(page).toEqual([await catalog.get(THREE)]);
      });

      it("hold what counts or leaves", async () => {
        expect(await catalog.holdingsOf(A)).toEqual({ chunks: 2, bytes: 11 });
        await catalog.doubtReplicas(A, [ONE], 3_000);
        expect(await catalog.holdingsOf(A)).toEqual({ chunks: 1, bytes: 1 });
        expect(await catalog.holdingsOf(D)).toEqual({ chunks: 0, bytes: 0 });
      });

      it("are forgotten in steps", async () => {
        await catalog.deleteStrays(A, [TWO, chunkNameOf(9)], { epoch: 1, nowMs: 3_000 });
        expect(await catalog.forgetNode(A, 2, 4_000)).toBe(2);
        expect(await catalog.forgetNode(A, 2, 4_000)).toBe(2);
        expect(await catalog.forgetNode(A, 2, 4_000)).toBe(1);
        expect(await catalog.forgetNode(A, 2, 4_000)).toBe(0);
        expect(await catalog.expectedOf(A, { limit: 9 })).toEqual([]);
        expect(await catalog.deletionsOf(A, { limit: 9 })).toEqual([]);
        expect(await catalog.holdingsOf(A)).toEqual({ chunks: 0, bytes: 0 });
        expect(await stateOf(ONE, B)).toBe("active");
      });
    });

    describe("states of copies", () => {
      beforeEach(async () => {
        await add({ name: ONE, replicas: [...active(A, B), { nodeId: C, state: "pending" }] });
        await add({ name: TWO, replicas: active(A) });
      });

      it("turn doubtful from active and leaving only", async () => {
        await catalog.leaveReplicas(A, [ONE], 2_000);
        expect(await catalog.doubtReplicas(A, [TWO, ONE, THREE], 3_000)).toBe(2);
        expect(await catalog.doubtReplicas(A, [ONE], 4_000)).toBe(0);
        expect(await catalog.doubtReplicas(C, [ONE], 4_000)).toBe(0);
        expect(await catalog.doubtReplicas(A, [], 4_000)).toBe(0);
        expect(await catalog.expectedOf(A, { limit: 9 })).toEqual([
          { name: ONE, state: "doubtful", sinceMs: 3_000 },
          { name: TWO, state: "doubtful", sinceMs: 3_000 },
        ]);
      });

      it("turn leaving from active, and back", async () => {
        expect(await catalog.leaveReplicas(A, [TWO, ONE, THREE, TWO], 2_000)).toEqual([ONE, TWO]);
        expect(await catalog.leaveReplicas(A, [ONE], 3_000)).toEqual([]);
        expect(await catalog.leaveReplicas(C, [ONE], 3_000)).toEqual([]);
        expect(await catalog.expectedOf(A, { limit: 1 })).toEqual([{ name: ONE, state: "leaving", sinceMs: 2_000 }]);
        expect(await catalog.stayReplicas(A, [ONE, THREE], 4_000)).toBe(1);
        expect(await catalog.stayReplicas(B, [ONE], 4_000)).toBe(0);
        expect(await stateOf(ONE, A)).toBe("active");
      });

      it("become active by a record, whatever they were, and stand in for a pending one", async () => {
        await catalog.doubtReplicas(A, [ONE], 2_000);
        await catalog.recordReplica({ name: ONE, nodeId: A, epoch: 0, nowMs: 3_000 });
        expect(await catalog.expectedOf(A, { limit: 1 })).toEqual([{ name: ONE, state: "active", sinceMs: 3_000 }]);
        await catalog.recordReplica({ name: ONE, nodeId: D, epoch: undefined, insteadOf: C, nowMs: 3_000 });
        expect(await stateOf(ONE, D)).toBe("active");
        expect(await stateOf(ONE, C)).toBeUndefined();
        await catalog.recordReplica({ name: ONE, nodeId: D, epoch: 0, insteadOf: A, nowMs: 3_000 });
        expect(await stateOf(ONE, A)).toBe("active");
        const unknown = catalog.recordReplica({ name: THREE, nodeId: A, epoch: 0, nowMs: 1 });
        await expect(unknown).rejects.toMatchObject({ code: "CHUNK_NOT_FOUND" });
      });

      it("stay as they are when an upload only intends a copy", async () => {
        await catalog.doubtReplicas(A, [ONE], 2_000);
        await catalog.leaveReplicas(B, [ONE], 2_000);
        const replicas = [A, B].map((nodeId) => ({ nodeId, state: "pending" as const }));
        await add({ name: ONE, replicas: [...replicas, ...active(D)] });
        expect(await stateOf(ONE, A)).toBe("doubtful");
        expect(await stateOf(ONE, B)).toBe("leaving");
      });
    });

    describe("dropping copies", () => {
      it("needs as many active ones as promised on counted nodes", async () => {
        await add({ name: ONE, copies: 2 });
        expect(await dropFrom(A, { counted: [A, B] })).toEqual([]);
        expect(await dropFrom(A, { counted: [B, C] })).toEqual([ONE]);
        expect(await dropFrom(B)).toEqual([]);
        expect(await dropFrom(D)).toEqual([]);
        expect(await catalog.deletionsOf(A, { limit: 9 })).toEqual([
          { name: ONE, epoch: 1, reason: "surplus", queuedAtMs: 2_000 },
        ]);
        expect(await stateOf(ONE, A)).toBeUndefined();
      });

      it("needs that of doubtful, pending and leaving ones too", async () => {
        await add({ name: ONE, copies: 2, replicas: [...active(A, B, C), { nodeId: D, state: "pending" }] });
        await catalog.doubtReplicas(A, [ONE], 1_500);
        expect(await dropFrom(A, { counted: [B] })).toEqual([]);
        await catalog.leaveReplicas(B, [ONE], 1_500);
        for (const nodeId of [A, B, D]) expect(await dropFrom(nodeId)).toEqual([]);
        await catalog.stayReplicas(B, [ONE], 1_500);
        for (const nodeId of [A, D]) expect(await dropFrom(nodeId)).toEqual([ONE]);
      });

      it("never takes a pinned one, nor goes below as many as there are pins", async () => {
        await add({ name: ONE, copies: 1, pins: [A, D] });
        expect(await dropFrom(A)).toEqual([]);
        expect(await dropFrom(B)).toEqual([ONE]);
        expect(await dropFrom(C)).toEqual([]);
      });

      it("keeps a fence of what the node deletes itself", async () => {
        await add({ name: ONE, copies: 2 });
        expect(await dropFrom(A, { epoch: 4, delivered: true })).toEqual([ONE]);
        expect(await catalog.deletionsOf(A, { limit: 9 })).toEqual([]);
        expect(await catalog.waitingDeletions()).toEqual(new Map());
        const early = catalog.recordReplica({ name: ONE, nodeId: A, epoch: 3, nowMs: 3_000 });
        await expect(early).rejects.toMatchObject({ code: "CONCURRENT_CHANGE" });
        await catalog.recordReplica({ name: ONE, nodeId: A, epoch: 4, nowMs: 3_000 });
        expect(await catalog.forgetSettledDeletions(9_000, 9)).toBe(0);
      });
    });

    it("knows nothing of a node that it never heard of", async () => {
      expect(await catalog.pageOfNode(STRANGER, { limit: 9 })).toEqual([]);
      expect(await catalog.doubtReplicas(STRANGER, [ONE], 1)).toBe(0);
      expect(await catalog.forgetNode(STRANGER, 9, 4_000)).toBe(0);
    });
  });
}
