import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type ApiFixture, createApiFixture, type TestUser } from "../http/api.fixture.ts";
import { closeHttp } from "../http/connection-limits.ts";
import { STREAMS_PER_USER_MAX } from "./event-hub.ts";

let api: ApiFixture;
let url: string;
let ada: TestUser;
const opened: AbortController[] = [];
beforeEach(async () => {
  api = await createApiFixture({ engine: "memory" });
  await api.app.listen({ host: "127.0.0.1", port: 0 });
  url = `http://127.0.0.1:${(api.app.server.address() as AddressInfo).port}/api/v1/events`;
  ada = await api.newUser();
});
afterEach(async () => {
  for (const connection of opened.splice(0)) connection.abort();
  await api.close();
});

/** Connects, and takes what comes until the connection ends. */
async function listen(user: TestUser) {
  const connection = new AbortController();
  opened.push(connection);
  const headers = { authorization: `Bearer ${user.accessToken}` };
  const response = await fetch(url, { headers, signal: connection.signal });
  let text = "";
  const ended = (async () => {
    for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) text += piece;
  })().catch(() => undefined);
  return { response, ended, text: () => text, close: () => connection.abort() };
}

it("tells a person of what they changed elsewhere, and nobody else", async () => {
  const bob = await api.newUser();
  const [hers, his] = await Promise.all([listen(ada), listen(bob)]);
  expect(hers.response.status).toBe(200);
  expect(hers.response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  expect(hers.response.headers.get("cache-control")).toBe("no-store");
  expect(hers.response.headers.get("x-content-type-options")).toBe("nosniff");
  await expect.poll(his.text).toContain("event: hello\n");
  await expect.poll(hers.text).toContain("event: hello\n");
  const purchase = { token: ada.accessToken, body: { amount_usd: 1 } };
  expect((await api.call("POST", "/api/v1/auth/credits/purchase", purchase)).status).toBe(201);
  await expect.poll(hers.text).toContain('event: credits\ndata: {"ids":[],"more":false}\n\n');
  const node = await api.newNode(bob, "attic");
  await expect.poll(hers.text).toContain(`event: nodes\ndata: {"ids":["${node.id}"],"more":false}\n\n`);
  await expect.poll(his.text).toContain("event: nodes\n");
  expect(his.text()).not.toContain("event: credits\n");
});

it("is for people who are signed in", async () => {
  expect(await api.call("GET", "/api/v1/events")).toMatchObject({
    status: 401,
    body: { error: { code: "UNAUTHENTICATED" } },
  });
  const head = await fetch(url, { method: "HEAD", headers: { authorization: `Bearer ${ada.accessToken}` } });
  expect(head.status).toBe(405);
});

it("ends when the account is shut, or its role changes, and is open to the role that it has then", async () => {
  const admin = await api.newUser("admin");
  const [first, others] = await Promise.all([listen(ada), listen(admin)]);
  await expect.poll(first.text).toContain("hello");
  const change = (body: object) =>
    api.call("PATCH", `/api/v1/admin/users/${ada.id}`, { token: admin.accessToken, body });
  expect((await change({ role: "admin" })).status).toBe(200);
  await first.ended;
  const second = await listen(ada);
  await expect.poll(second.text).toContain('"jobs"');
  expect((await change({ disabled: true })).status).toBe(200);
  await second.ended;
  expect((await listen(ada)).response.status).toBe(403);
  expect(others.text()).not.toContain(ada.id);
  expect(api.events.count).toBe(1);
});

it("is closed to more than ten connections of one person, until one goes", async () => {
  const connections = await Promise.all(Array.from({ length: STREAMS_PER_USER_MAX }, () => listen(ada)));
  const refused = await fetch(url, { headers: { authorization: `Bearer ${ada.accessToken}` } });
  expect(refused.status).toBe(429);
  expect(refused.headers.get("retry-after")).toBe("30");
  expect(await refused.json()).toMatchObject({ error: { code: "TOO_MANY_REQUESTS" } });
  connections[0]!.close();
  await expect.poll(() => api.events.count).toBe(STREAMS_PER_USER_MAX - 1);
  expect((await listen(ada)).response.status).toBe(200);
});

it("keeps nobody waiting when the coordinator stops", async () => {
  const { ended, text } = await listen(ada);
  await expect.poll(text).toContain("hello");
  const [isClean] = await Promise.all([closeHttp(api.app, { graceMs: 60_000 }), ended]);
  expect(isClean).toBe(true);
  expect(api.events.count).toBe(0);
});
