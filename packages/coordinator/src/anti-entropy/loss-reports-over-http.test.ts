import type { ChunkName } from "@commonhold/core/ids.ts";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type DataPath, openDataPath } from "../transfers/data-path.fixture.ts";

let path: DataPath;
beforeAll(async () => {
  path = await openDataPath({ nodes: 3 });
});
afterAll(() => path.close());

it("a heartbeat tells what a node has lost: it counts no more from then on", async () => {
  await path.json("/api/v1/files?filename=a", { method: "POST", body: Buffer.alloc(1_000, 7) });
  const node = path.nodes[0]!;
  const name = [...node.chunks.keys()][0] as ChunkName;
  const stateAt = async () =>
    (await path.transfers.replicas.catalog.get(name))!.replicas.find(({ nodeId }) => nodeId === node.id)?.state;
  await expect.poll(stateAt).toBe("active");
  await path.heartbeat(node, { lost: [name, "ab".repeat(32)], free_bytes_own: 1, wanted_free_bytes: 0 });
  expect(await stateAt()).toBe("doubtful");
  await expect(path.heartbeat(node, { lost: ["x"] })).rejects.toThrow(/INVALID_REQUEST/);
});
