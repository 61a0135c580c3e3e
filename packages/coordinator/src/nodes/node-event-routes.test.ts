import { afterEach, beforeEach, expect, it } from "vitest";
import { type ApiFixture, createApiFixture, type TestNode, type TestUser } from "../http/api.fixture.ts";

let api: ApiFixture;
let operator: TestUser;
let node: TestNode;
beforeEach(async () => {
  api = await createApiFixture({ engine: "memory" });
  operator = await api.newUser();
  node = await api.newNode(operator, "attic");
  for (const [at_ms, from, to] of [
    [1_000, "joining", "active"],
    [2_000, "active", "suspect"],
    [3_000, "suspect", "offline"],
  ] as const) {
    const event = { node_id: node.id, at_ms, from, to, why: `it is ${to}`, kept_max: 10, kept_since_ms: 0 };
    await api.metadata.apply("node.event", event);
  }
});
afterEach(() => api.close());

const events = (token: string | undefined, query = "", id = node.id) =>
  api.call("GET", `/api/v1/nodes/${id}/events${query}`, token === undefined ? {} : { token });

it("a node's history is shown to its operator and to admins, newest first, page by page", async () => {
  const other = await api.newNode(operator, "barn");
  const first = await events(operator.accessToken, "?limit=2");
  expect(first).toMatchObject({
    status: 200,
    body: {
      items: [
        { at: "1970-01-01T00:00:03.000Z", from: "suspect", to: "offline", why: "it is offline" },
        { at: "1970-01-01T00:00:02.000Z", from: "active", to: "suspect", why: "it is suspect" },
      ],
    },
  });
  const { accessToken } = await api.newUser("admin");
  const rest = await events(accessToken, `?limit=2&cursor=${first.body.next_cursor}`);
  expect(rest.body).toMatchObject({ items: [{ to: "active" }], next_cursor: null });
  expect((await events(accessToken, "", other.id)).body).toEqual({ items: [], next_cursor: null });
});

it("is not for others", async () => {
  const stranger = await api.newUser("operator");
  expect(await events(stranger.accessToken)).toMatchObject({ status: 403, body: { error: { code: "FORBIDDEN" } } });
  expect((await events(undefined)).status).toBe(401);
});

it.each([
  ["", "nobody", 404],
  ["?limit=0", undefined, 400],
  ["?limit=1001", undefined, 400],
  ["?cursor=x", undefined, 400],
])("%s of node %s is refused with %i", async (query, id, status) => {
  expect((await events(operator.accessToken, query, id)).status).toBe(status);
});
