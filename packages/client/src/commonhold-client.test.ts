import { expect, test } from "vitest";
import { startFakeCoordinator } from "./testing/fake-coordinator.ts";
import { addFakeFile } from "./testing/fake-state.ts";
import { collect, createTestClient, failureOf } from "./testing/test-client.ts";

test("register, me, logout, login", async () => {
  await using fake = await startFakeCoordinator();
  const client = await createTestClient(fake);
  expect(await client.accounts.me()).toMatchObject({ email: "ada@example.org", credits: { available: "10.5" } });
  expect(await client.accounts.logout()).toEqual({ wasLoggedIn: true, revoked: true });
  expect(await client.accounts.logout()).toEqual({ wasLoggedIn: false, revoked: false });
  expect(await failureOf(client.accounts.me())).toMatchObject({ code: "UNAUTHENTICATED" });
  expect(fake.state.refreshTokens.size).toBe(0);
  const wrong = client.accounts.login({ email: "ada@example.org", password: "guess" });
  expect(await failureOf(wrong)).toMatchObject({ code: "INVALID_CREDENTIALS" });
  const user = await client.accounts.login({ email: "ada@example.org", password: "a long password" });
  expect(user.email).toBe("ada@example.org");
  expect((await client.accounts.me()).email).toBe("ada@example.org");
});

test("a logout that cannot tell the coordinator forgets the credentials all the same", async () => {
  await using fake = await startFakeCoordinator();
  const client = await createTestClient(fake);
  await fake.stop();
  expect(await client.accounts.logout()).toEqual({ wasLoggedIn: true, revoked: false });
  expect(await failureOf(client.accounts.me())).toMatchObject({ code: "UNAUTHENTICATED" });
});

test("files are listed over all pages, shown and removed", async () => {
  await using fake = await startFakeCoordinator();
  const client = await createTestClient(fake);
  for (let i = 0; i < 7; i++) addFakeFile(fake.state, `notes-${i}.txt`, new Uint8Array(i));
  addFakeFile(fake.state, "film.mp4", new Uint8Array(3));
  const listed = await collect(client.files.list({ pageSize: 3, nameContains: "notes", sort: "-created_at" }));
  expect(listed.map((file) => file.filename)).toEqual([6, 5, 4, 3, 2, 1, 0].map((i) => `notes-${i}.txt`));
  const first = listed[0]!;
  expect(await client.files.stat(first.file_id)).toEqual(first);
  await client.files.remove(first.file_id);
  expect(await failureOf(client.files.stat(first.file_id))).toMatchObject({ code: "FILE_NOT_FOUND" });
});

test("a list whose cursor does not move is given up", async () => {
  await using fake = await startFakeCoordinator();
  const client = await createTestClient(fake);
  fake.fault = ({ path, response }) => {
    if (path === "/api/v1/files") response.end('{"items":[],"next_cursor":"same"}');
    return path === "/api/v1/files";
  };
  expect(await failureOf(collect(client.files.list()))).toMatchObject({ code: "PROTOCOL_ERROR" });
});

test("credits are bought once, even when the answer is lost", async () => {
  await using fake = await startFakeCoordinator();
  const client = await createTestClient(fake);
  let lost = false;
  fake.fault = ({ path, response }) => {
    // The fake takes the money, and the connection breaks before its answer.
    if (path.endsWith("/purchase") && !lost) response.writeHead = () => response.destroy();
    lost ||= path.endsWith("/purchase");
    return false;
  };
  expect(await client.credits.buy("10")).toMatchObject({ status: "completed", payment_id: "payment-1" });
  expect(fake.state.purchases.size).toBe(1);
  expect(await collect(client.credits.history())).toMatchObject([{ kind: "purchase", amount: "10" }]);
});

test("a purchase at a checkout is followed to its end", async () => {
  await using fake = await startFakeCoordinator();
  fake.state.checkout = ["pending", "completed"];
  const client = await createTestClient(fake);
  const bought = await client.credits.buy("10");
  expect(bought).toMatchObject({ status: "pending", checkout_url: "https://pay.example.org/c/1" });
  const seen = [await client.credits.progress(bought.payment_id), await client.credits.progress(bought.payment_id)];
  expect(seen.map(({ status }) => status)).toEqual(["pending", "completed"]);
  expect(await failureOf(client.credits.progress("other"))).toMatchObject({ code: "NOT_FOUND" });
});

test("nodes, join tokens and status", async () => {
  await using fake = await startFakeCoordinator();
  const client = await createTestClient(fake);
  expect(await collect(client.nodes.list())).toMatchObject([{ name: "attic", status: "active" }]);
  expect(await client.nodes.createJoinToken({ uses: 4 })).toMatchObject({ join_token: "join-1", uses: 4 });
  expect(await client.status.network()).toMatchObject({ nodes: { active: 1 }, chunks: { under_replicated: 0 } });
  expect(await client.status.health()).toMatchObject({ status: "ok" });
});

test("readiness is an answer, also when it is no, and is asked once", async () => {
  await using fake = await startFakeCoordinator();
  const client = await createTestClient(fake, { credentials: null });
  expect(await client.status.ready()).toMatchObject({ ready: true });
  fake.fault = ({ response }) => {
    response.writeHead(503).end('{"ready":false,"checks":{"metadata":"opening"}}');
    return true;
  };
  fake.calls.length = 0;
  expect(await client.status.ready()).toEqual({ ready: false, checks: { metadata: "opening" } });
  expect(fake.calls).toHaveLength(1);
});
