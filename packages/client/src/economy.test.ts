import { expect, test } from "vitest";
import { startFakeCoordinator } from "./testing/fake-coordinator.ts";
import { FAKE_CHARGED_DAYS, FAKE_STANDING } from "./testing/fake-economy.ts";
import { collect, createTestClient, failureOf } from "./testing/test-client.ts";

test("a user sees how the credits stand, and a node's operator what it earned", async () => {
  await using fake = await startFakeCoordinator();
  const client = await createTestClient(fake);
  expect(await client.credits.standing()).toEqual(FAKE_STANDING);
  expect(await collect(client.credits.days())).toEqual(FAKE_CHARGED_DAYS);
  const { id } = fake.state.nodes[0]!;
  const month = await client.earnings.ofNode(id, { month: "2025-12" });
  expect(month).toMatchObject({ node_id: id, month: "2025-12", totals: { net: "1.71" } });
  expect(month.items).toHaveLength(1);
  expect((await client.earnings.ofNode(id)).month).toBe("2026-01");
  expect(await failureOf(client.earnings.ofNode("nobody"))).toMatchObject({ code: "NODE_NOT_FOUND" });
});
