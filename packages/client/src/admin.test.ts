import { expect, test } from "vitest";
import { FAKE_ACTIONS, FAKE_PEOPLE, FAKE_SETTINGS } from "./testing/fake-admin.ts";
import { startFakeCoordinator } from "./testing/fake-coordinator.ts";
import { collect, createTestClient, failureOf } from "./testing/test-client.ts";

const [ada, bob] = FAKE_PEOPLE.map(({ id }) => id) as [string, string];

test("people are listed, found, and their rights changed", async () => {
  await using fake = await startFakeCoordinator();
  const { admin } = await createTestClient(fake);
  expect(await collect(admin.people())).toEqual(FAKE_PEOPLE);
  expect(await collect(admin.people({ startsWith: "bob" }))).toMatchObject([{ id: bob }]);
  expect(await collect(admin.people({ role: "admin" }))).toMatchObject([{ id: ada }]);
  expect(await admin.setRole(bob, "operator")).toMatchObject({ role: "operator", disabled_at: null });
  expect(await admin.setDisabled(bob, true)).toMatchObject({ role: "operator", disabled_at: expect.any(String) });
  expect(await admin.setDisabled(bob, false)).toMatchObject({ disabled_at: null });
  expect(await failureOf(admin.setRole(ada, "user"))).toMatchObject({ code: "LAST_ADMIN" });
  expect(await failureOf(admin.setDisabled("nobody", true))).toMatchObject({ code: "NOT_FOUND" });
});

test("credits are given once, also where the answer is lost", async () => {
  await using fake = await startFakeCoordinator();
  const { admin } = await createTestClient(fake);
  let lost = 0;
  fake.fault = ({ path, response, state }) => {
    if (!path.endsWith("/credits") || lost++ > 0) return false;
    state.grants.set("january", "2500000");
    response.destroy();
    return true;
  };
  const terms = { microCredits: 2_500_000n, reason: "for the hall", idempotencyKey: "january" };
  expect(await admin.grant(bob, terms)).toMatchObject({ amount: "2.5", repeated: true });
  expect([...fake.state.grants]).toEqual([["january", "2500000"]]);
});

test("the log and the settings are read", async () => {
  await using fake = await startFakeCoordinator();
  const { admin, nodes } = await createTestClient(fake);
  expect(await collect(admin.actions())).toEqual(FAKE_ACTIONS);
  expect(await admin.settings()).toEqual(FAKE_SETTINGS);
  const change = { at: "2026-01-01T00:00:00.000Z", from: "active", to: "suspect", why: "its report is overdue" };
  fake.fault = ({ path, response }) => {
    if (path !== "/api/v1/nodes/n1/events") return false;
    response.writeHead(200).end(JSON.stringify({ items: [change], next_cursor: null }));
    return true;
  };
  expect(await collect(nodes.events("n1"))).toEqual([change]);
});

test("whoever is no admin is told so", async () => {
  await using fake = await startFakeCoordinator();
  const { admin } = await createTestClient(fake);
  fake.state.role = "operator";
  expect(await failureOf(collect(admin.people()))).toMatchObject({ code: "FORBIDDEN" });
  expect(await failureOf(admin.settings())).toMatchObject({ code: "FORBIDDEN" });
});
