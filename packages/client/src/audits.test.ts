import { expect, test } from "vitest";
import { FAKE_AUDITS, FAKE_PERIODS } from "./testing/fake-audits.ts";
import { startFakeCoordinator } from "./testing/fake-coordinator.ts";
import { collect, createTestClient, failureOf } from "./testing/test-client.ts";

async function openNetwork() {
  const fake = await startFakeCoordinator();
  const client = await createTestClient(fake);
  return { fake, client, id: fake.state.nodes[0]!.id };
}

test("a node's audits come page by page, with how it stands", async () => {
  const { fake, client, id } = await openNetwork();
  await using _ = fake;
  const first = await client.audits.ofNode(id, { limit: 1 });
  expect(first.items).toEqual([FAKE_AUDITS[0]]);
  expect(first.summary.reputation.standing).toBe("vetting");
  const second = await client.audits.ofNode(id, { limit: 1, cursor: first.next_cursor! });
  expect(second).toMatchObject({ items: [FAKE_AUDITS[1]], next_cursor: null });
  expect((await client.audits.ofNode(id, { outcome: "failed" })).items).toEqual([FAKE_AUDITS[0]]);
  expect((await client.nodes.get(id)).reputation).toMatchObject({ reliability: 0.5 });
});

test("whoever may not see them, and asks for a node that is not there, is told so", async () => {
  const { fake, client, id } = await openNetwork();
  await using _ = fake;
  expect(await failureOf(client.audits.ofNode("nobody"))).toMatchObject({ code: "NODE_NOT_FOUND" });
  fake.state.role = "user";
  expect(await failureOf(client.audits.ofNode(id))).toMatchObject({ code: "FORBIDDEN" });
});

test("the days of audits are listed with their commitments, and the keys of those that are over", async () => {
  const { fake, client } = await openNetwork();
  await using _ = fake;
  expect(await collect(client.audits.periods())).toEqual(FAKE_PERIODS);
});
