import type { ChunkName } from "@commonhold/core/ids.ts";
import { serveDeleteChunk } from "@commonhold/wire/exchanges/delete-chunk.ts";
import { serveStoreChunk } from "@commonhold/wire/exchanges/store-chunk.ts";
import { GrantSchema, type SignedGrant } from "@commonhold/wire/gen/commonhold_pb.ts";
import { decodeMessage } from "@commonhold/wire/message.ts";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type DataPath, openDataPath } from "./data-path.fixture.ts";

let path: DataPath;
beforeAll(async () => {
  path = await openDataPath({ nodes: 3 });
});
afterAll(() => path.close());

const epochOf = (grant: SignedGrant | undefined): number => Number(decodeMessage(GrantSchema, grant!.grant).epoch);

it("a store is granted under the epoch of the last deletion, which is what is recorded of it", async () => {
  const { epochs, catalog } = path.transfers.replicas;
  const last = epochs.next();
  const granted: number[] = [];
  for (const node of path.nodes) {
    node.instead = async ({ stream }) => {
      await serveStoreChunk(stream, {
        authorise: ({ grant }) => void granted.push(epochOf(grant)),
        store: async (name, bytes) => {
          node.chunks.set(name, bytes.slice());
          return { alreadyHeld: false };
        },
      });
    };
  }
  const { status } = await path.json("/api/v1/files?filename=a", { method: "POST", body: Buffer.alloc(1_000, 7) });
  expect(status).toBe(201);
  expect(granted).toEqual([last, last, last]);
  const name = [...path.nodes[0]!.chunks.keys()][0] as ChunkName;
  // A deletion that is no later than the store does not stand in its way; a later one does.
  const record = { name, nodeId: path.nodes[0]!.id, epoch: last, nowMs: 1 };
  await catalog.recordReplica(record);
  await path.api.metadata.apply("node.forget", { node_id: record.nodeId, limit: 10, now_ms: 1 });
  await catalog.deleteStrays(record.nodeId, [name], { epoch: epochs.next(), nowMs: 1 });
  await expect(catalog.recordReplica(record)).rejects.toMatchObject({ code: "CONCURRENT_CHANGE" });
});

it("a deletion is granted under its own, and tells what was stored anew", async () => {
  const name = "ab".repeat(32) as ChunkName;
  const node = path.nodes[1]!;
  const answers = [false, true];
  const granted: number[] = [];
  node.instead = async ({ stream }) => {
    await serveDeleteChunk(stream, {
      authorise: ({ grant }) => void granted.push(epochOf(grant)),
      delete: async () => ({ wasHeld: true, storedAnew: answers.shift()! }),
    });
  };
  const remove = () =>
    path.transfers.replicaTransfers.delete(node.id, { name, epoch: 9 }, new AbortController().signal);
  expect([await remove(), await remove()]).toEqual(["deleted", "stored_anew"]);
  expect(granted).toEqual([9, 9]);
});
