import type { NodeId } from "@commonhold/core/ids.ts";
import { createLogger } from "@commonhold/runtime/logger.ts";
import { expect, it } from "vitest";
import { type ApiFixture, createApiFixture, HEARTBEAT, TEST_HEARTBEAT_TERMS } from "../http/api.fixture.ts";
import { NodeDirectory } from "../nodes/node-directory.ts";
import { isReachable } from "./reachable-node.ts";

const OFFLINE_MS = TEST_HEARTBEAT_TERMS.offlineAfterMs;

it("a drained node is asked to delete what it still has; one that is silent, banned or unknown is not", async () => {
  const api = await createApiFixture({ engine: "memory" });
  const operator = await api.newUser();
  const [active, drained, banned] = await Promise.all(["a", "d", "b"].map((name) => api.newNode(operator, name)));
  for (const { apiKey } of [active!, drained!, banned!]) await beat(api, apiKey);
  await beat(api, drained!.apiKey, true);
  await api.metadata.apply("node.drained", { id: drained!.id });
  await api.metadata.apply("node.ban", { id: banned!.id });
  const directory = new NodeDirectory(
    { ...api, logger: createLogger({ level: "silent", name: "t" }) },
    TEST_HEARTBEAT_TERMS,
  );
  await directory.load();
  const reachable = () =>
    [active!.id, drained!.id, banned!.id, "unknown"].map((id) => isReachable(directory, id as NodeId));
  expect(directory.standingOf(drained!.id as NodeId)).toBe("gone");
  expect(reachable()).toEqual([true, true, false, false]);
  api.clock.advance(OFFLINE_MS);
  expect(reachable()).toEqual([false, true, false, false]);
  await api.close();
});

async function beat(api: ApiFixture, apiKey: string, draining = false): Promise<void> {
  const answer = await api.call("POST", "/api/v1/nodes/heartbeat", { apiKey, body: { ...HEARTBEAT, draining } });
  expect(answer.status).toBe(200);
}
