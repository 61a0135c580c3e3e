import type { NodeId } from "@commonhold/core/ids.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import { verifySignature } from "@commonhold/p2p/identity.ts";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type ApiFixture, createApiFixture, TEST_HEARTBEAT_TERMS, type TestNode } from "../http/api.fixture.ts";
import { createLogFixture } from "../http/http.fixture.ts";
import { NodeDirectory } from "./node-directory.ts";
import { createNodeService, type HeartbeatReport } from "./node-service.ts";

const REPORT: HeartbeatReport = {
  addresses: ["/ip4/127.0.0.1/tcp/4001"],
  capacityBytes: 2_000,
  usedBytes: 500,
  freeBytes: 1_500,
  freeBytesOwn: 1_500,
  chunkCount: 3,
  draining: false,
  version: "1",
};

let api: ApiFixture;
let node: TestNode;
beforeEach(async () => {
  api = await createApiFixture({ engine: "memory" });
  node = await api.newNode(await api.newUser(), "one");
  slowness = [];
});
afterEach(() => api.close());

/** What reads wait for before they answer, each for one. */
let slowness: Promise<void>[] = [];

/** A service over metadata of which a test says what happens between a change, or a read, and its answer. */
async function openService(meanwhile: (command: string) => Promise<void>) {
  const read = api.metadata.read.withPlugin({
    transformQuery: ({ node: query }) => query,
    transformResult: async ({ result }) => {
      await slowness.shift();
      return result;
    },
  });
  const apply = (async (command, payload) => {
    const answer = await api.metadata.apply(command, payload);
    await meanwhile(command);
    return answer;
  }) as Metadata["apply"];
  const metadata: Metadata = { ...api.metadata, read, apply };
  const { clock, random } = api;
  const { logger } = createLogFixture();
  const directory = new NodeDirectory({ metadata, clock, logger }, TEST_HEARTBEAT_TERMS);
  await directory.load();
  const absences = { heard: () => ({ absences: [], takeBack: () => undefined }), registers: () => undefined };
  const service = createNodeService({ metadata, directory, absences, clock, random, logger, verifySignature });
  return { service, directory };
}

it("leaves a node banned whose heartbeat was under way when it was", async () => {
  let isBanned = false;
  const { service, directory } = await openService(async (command) => {
    if (command !== "node.heartbeat" || isBanned) return;
    isBanned = true;
    await service.ban(node.id);
  });
  await service.heartbeat(node.id as NodeId, REPORT);
  expect(directory.get(node.id)).toMatchObject({ declared: "banned", freeBytes: 1_500 });
  expect(directory.members()).toEqual(new Set());
  expect(directory.target(node.id)).toBeUndefined();
});

it("does not take over what was read of a node before it was banned", async () => {
  const { service, directory } = await openService(async () => undefined);
  await service.heartbeat(node.id as NodeId, REPORT);
  const { promise: isBanned, resolve } = Promise.withResolvers<void>();
  slowness.push(isBanned);
  const before = directory.reload(node.id);
  await service.ban(node.id);
  resolve();
  await before;
  expect(directory.get(node.id)?.declared).toBe("banned");
});
