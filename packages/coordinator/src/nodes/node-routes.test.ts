import { createIdentity, type Identity } from "@commonhold/p2p/identity.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiFixture, createApiFixture, HEARTBEAT, registrationOf, type TestUser } from "../http/api.fixture.ts";

let api: ApiFixture;
let operator: TestUser;
let admin: TestUser;
beforeAll(async () => {
  api = await createApiFixture();
  operator = await api.newUser();
  admin = await api.newUser("admin");
});
afterAll(() => api.close());

const TOKENS = "/api/v1/nodes/join-tokens";
const REGISTER = "/api/v1/nodes/register";
const HEARTBEATS = "/api/v1/nodes/heartbeat";

async function joinToken(user?: TestUser, body: object = {}): Promise<string> {
  const { accessToken } = user ?? (await api.newUser());
  const made = await api.call("POST", TOKENS, { token: accessToken, body });
  return made.body.join_token;
}
const register = (identity: Identity, token: string, name: string, change: object = {}) => {
  const request = registrationOf(identity, { joinToken: token, name, timestampMs: api.clock.nowMs() });
  return api.call("POST", REGISTER, { body: { ...request, ...change } });
};
const heartbeat = (apiKey: string, change: object = {}) =>
  api.call("POST", HEARTBEATS, { apiKey, body: { ...HEARTBEAT, ...change } });
const show = async (id: string) => (await api.call("GET", `/api/v1/nodes/${id}`, { token: admin.accessToken })).body;

describe("POST /nodes/join-tokens", () => {
  it("gives any user a token and the command that uses it", async () => {
    const user = await api.newUser();
    const body = { uses: 3, expires_in_s: 120 };
    const answer = await api.call("POST", TOKENS, { token: user.accessToken, body });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      join_token: expect.stringMatching(/^chj_[A-Za-z0-9_-]{43}$/),
      expires_at: new Date(api.clock.nowMs() + 120_000).toISOString(),
      uses: 3,
      command: `commonhold node init --name NAME --coordinator-url https://storage.example.org --join-token ${answer.body.join_token}`,
    });
  });

  it("may be asked with no body at all", async () => {
    const user = await api.newUser();
    const answer = await api.call("POST", TOKENS, { token: user.accessToken });
    expect(answer.body).toMatchObject({ uses: 1, expires_at: new Date(api.clock.nowMs() + 86_400_000).toISOString() });
  });

  it.each([{ uses: 0 }, { uses: 1001 }, { uses: "1" }, { uses: 1.5 }, { expires_in_s: 59 }, { expires_in_s: 1e9 }])(
    "refuses %j",
    async (body) => {
      const user = await api.newUser();
      expect((await api.call("POST", TOKENS, { token: user.accessToken, body })).status).toBe(400);
    },
  );

  it("is for users, and only so often", async () => {
    expect((await api.call("POST", TOKENS, { body: {} })).status).toBe(401);
    const user = await api.newUser();
    const made = await Promise.all(
      Array.from({ length: 6 }, () => api.call("POST", TOKENS, { token: user.accessToken })),
    );
    expect(made.map(({ status }) => status).sort()).toEqual([201, 201, 201, 201, 201, 429]);
  });
});

describe("a heartbeat that says how much must go", () => {
  it("has the node keep what it has room for again", async () => {
    const node = await api.newNode(operator, "roomy");
    await heartbeat(node.apiKey, { wanted_free_bytes: 5 });
    await heartbeat(node.apiKey);
    expect(api.relieved).not.toContain(node.id);
    await heartbeat(node.apiKey, { wanted_free_bytes: 0 });
    expect(api.relieved).toContain(node.id);
  });
});

describe("POST /nodes/register", () => {
  it("makes a node a member", async () => {
    const identity = createIdentity();
    const answer = await register(identity, await joinToken(operator), "attic");
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      node_id: identity.peerId,
      api_key: expect.stringMatching(/^chn_[A-Za-z0-9_-]{43}$/),
      coordinator: { peer_id: "coordinator-peer", addresses: ["/ip4/127.0.0.1/tcp/4001"] },
      heartbeat_interval_ms: 30_000,
      members: expect.arrayContaining([identity.peerId]),
    });
    expect(await show(identity.peerId)).toEqual({
      id: identity.peerId,
      name: "attic",
      status: "joining",
      addresses: ["/ip4/192.0.2.7/tcp/4001"],
      labels: { site: "home" },
      capacity_bytes: 1000,
      used_bytes: 0,
      free_bytes: 1000,
      chunk_count: 0,
      last_heartbeat_at: new Date(api.clock.nowMs()).toISOString(),
      joined_at: new Date(api.clock.nowMs()).toISOString(),
      operator_id: operator.id,
      version: "0.1.0",
      reputation: expect.objectContaining({ standing: "vetting", reliability: 0.5, passed: 0 }),
    });
  });

  it("gives the same node a new key, and ends the old one", async () => {
    const user = await api.newUser();
    const identity = createIdentity();
    const first = await register(identity, await joinToken(user), "again");
    const second = await register(identity, await joinToken(user), "again-renamed");
    expect(second.status).toBe(201);
    expect((await heartbeat(first.body.api_key)).status).toBe(401);
    expect((await heartbeat(second.body.api_key)).status).toBe(200);
    expect((await show(identity.peerId)).name).toBe("again-renamed");
  });

  it("takes a token as often as it may be used, and no longer than it lasts", async () => {
    const once = await joinToken();
    expect((await register(createIdentity(), once, "once")).status).toBe(201);
    const used = await register(createIdentity(), once, "twice");
    expect([used.status, used.body.error.code]).toEqual([403, "INVALID_JOIN_TOKEN"]);
    const short = await joinToken(undefined, { expires_in_s: 60 });
    api.clock.advance(60_000);
    const late = await register(createIdentity(), short, "late");
    expect([late.status, late.body.error.code]).toEqual([403, "INVALID_JOIN_TOKEN"]);
    const unknown = await register(createIdentity(), "chj_unknown", "unknown");
    expect([unknown.status, unknown.body.error.code]).toEqual([403, "INVALID_JOIN_TOKEN"]);
  });

  it("refuses a signature by another key, or over something else", async () => {
    const [identity, thief] = [createIdentity(), createIdentity()];
    const token = await joinToken();
    const other = registrationOf(thief, { joinToken: token, name: "x", timestampMs: api.clock.nowMs() });
    const stolen = await register(identity, token, "stolen", { signature: other.signature });
    expect([stolen.status, stolen.body.error.code]).toEqual([401, "UNAUTHENTICATED"]);
    const moved = await register(identity, token, "moved", { join_token: await joinToken() });
    expect(moved.status).toBe(401);
    const retimed = await register(identity, token, "retimed", { timestamp_ms: api.clock.nowMs() + 1 });
    expect(retimed.status).toBe(401);
    expect((await register(identity, token, "right")).status).toBe(201);
  });

  it("refuses a clock that is more than five minutes off, saying by how much", async () => {
    const identity = createIdentity();
    const token = await joinToken();
    for (const [offMs, words] of [
      [-300_001, "behind"],
      [300_001, "ahead of"],
    ] as const) {
      const request = registrationOf(identity, {
        joinToken: token,
        name: "off",
        timestampMs: api.clock.nowMs() + offMs,
      });
      const answer = await api.call("POST", REGISTER, { body: request });
      expect(answer.status).toBe(400);
      expect(answer.body.error.message).toContain(words);
    }
    const request = registrationOf(identity, {
      joinToken: token,
      name: "off",
      timestampMs: api.clock.nowMs() - 299_000,
    });
    expect((await api.call("POST", REGISTER, { body: request })).status).toBe(201);
  });

  it("refuses a taken name and another operator's node", async () => {
    const node = await api.newNode(await api.newUser(), "mine");
    const taken = await register(createIdentity(), await joinToken(), "mine");
    expect([taken.status, taken.body.error.code]).toEqual([409, "NODE_NAME_TAKEN"]);
    const foreign = await register(node.identity, await joinToken(), "theirs");
    expect([foreign.status, foreign.body.error.code]).toEqual([403, "FORBIDDEN"]);
  });

  it.each([
    [{ peer_id: "QmNoEd25519" }, "peer_id"],
    [{ name: "" }, "name"],
    [{ name: "a\u0000b" }, "name"],
    [{ name: "x".repeat(65) }, "name"],
    [{ addresses: "none" }, "addresses"],
    [{ addresses: ["127.0.0.1:4001"] }, "addresses.0"],
    [{ addresses: Array.from({ length: 65 }, () => "/ip4/127.0.0.1/tcp/1") }, "addresses"],
    [{ labels: { site: 4 } }, "labels.site"],
    [{ labels: { "not a label": "x" } }, "labels.not a label"],
    [{ capacity_bytes: -1 }, "capacity_bytes"],
    [{ free_bytes: 0.5 }, "free_bytes"],
    [{ used_bytes: "0" }, "used_bytes"],
    [{ timestamp_ms: "now" }, "timestamp_ms"],
    [{ signature: "x" }, "signature"],
    [{ join_token: undefined }, "join_token"],
    [{ version: undefined }, "version"],
  ])("refuses %j", async (change, field) => {
    const answer = await register(createIdentity(), "chj_x", "bad", change);
    expect([answer.status, answer.body.error.code]).toEqual([400, "INVALID_REQUEST"]);
    const { details } = answer.body.error;
    const fields = [details, ...(details.problems ?? [])].map((problem: { field: string }) => problem.field);
    expect(fields).toContain(field);
  });
});

describe("POST /nodes/heartbeat", () => {
  it("says how the node stands and who is a member", async () => {
    const node = await api.newNode(await api.newUser(), "beating");
    const answer = await heartbeat(node.apiKey);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      status: "active",
      heartbeat_interval_ms: 30_000,
      coordinator: { peer_id: "coordinator-peer", addresses: ["/ip4/127.0.0.1/tcp/4001"] },
      members: expect.arrayContaining([node.id]),
      credits: { earned: "0", pending: "0", paid: "0" },
    });
    expect(await show(node.id)).toMatchObject({
      status: "active",
      addresses: HEARTBEAT.addresses,
      capacity_bytes: 2000,
      used_bytes: 500,
      free_bytes: 1500,
      chunk_count: 5,
      version: "0.1.1",
    });
  });

  it("keeps a node active for two intervals, then suspects it, and gives it up after three minutes", async () => {
    const node = await api.newNode(await api.newUser(), "silent");
    await heartbeat(node.apiKey);
    api.clock.advance(60_000);
    expect((await show(node.id)).status).toBe("active");
    api.clock.advance(30_000);
    expect((await show(node.id)).status).toBe("suspect");
    api.clock.advance(89_000);
    expect((await show(node.id)).status).toBe("suspect");
    api.clock.advance(1_000);
    expect((await show(node.id)).status).toBe("offline");
    await heartbeat(node.apiKey);
    expect((await show(node.id)).status).toBe("active");
  });

  it("takes over only addresses that can mean a peer on a network", async () => {
    const node = await api.newNode(await api.newUser(), "announcing");
    const usable = [
      "/ip4/192.0.2.7/tcp/4001",
      "/dns4/a.example/udp/4001/quic-v1",
      "/ip6/2001:db8::1/tcp/1/p2p/x/p2p-circuit",
    ];
    const others = ["/unix/%2frun%2fdocker.sock", "/ip4/192.0.2.7", "/memory/1", "/garbage", "/ip4/192.0.2.7/sctp/1"];
    const answer = await heartbeat(node.apiKey, { addresses: [...others, ...usable] });
    expect(answer.status).toBe(200);
    expect((await show(node.id)).addresses).toEqual(usable);
    expect(api.directory.target(node.id)?.addresses).toEqual(usable);
  });

  it("carries draining, and its end", async () => {
    const node = await api.newNode(await api.newUser(), "draining");
    expect((await heartbeat(node.apiKey, { draining: true })).body.status).toBe("draining");
    expect((await heartbeat(node.apiKey)).body.status).toBe("active");
  });

  it.each([{ draining: "no" }, { chunk_count: -1 }, { addresses: [""] }, { free_bytes: undefined }])(
    "refuses %j",
    async (change) => {
      const node = await api.newNode(await api.newUser(), `bad ${JSON.stringify(change)}`);
      expect((await heartbeat(node.apiKey, change)).status).toBe(400);
    },
  );

  it("is for nodes alone", async () => {
    expect((await api.call("POST", HEARTBEATS, { body: HEARTBEAT })).status).toBe(401);
    expect((await heartbeat("chn_unknown")).status).toBe(401);
    expect((await api.call("POST", HEARTBEATS, { token: operator.accessToken, body: HEARTBEAT })).status).toBe(401);
  });
});

describe("GET /nodes", () => {
  it("lists by name, page by page, and by status", async () => {
    const user = await api.newUser();
    for (const name of ["list-c", "list-a", "list-b"]) await api.newNode(user, name);
    const list = async (query: string) =>
      (await api.call("GET", `/api/v1/nodes${query}`, { token: user.accessToken })).body;
    const names: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const page: { items: { name: string }[]; next_cursor: string | null } = await list(
        `?limit=2${cursor === "" ? "" : `&cursor=${cursor}`}`,
      );
      names.push(...page.items.map(({ name }) => name));
      cursor = page.next_cursor;
    }
    expect(names.filter((name) => name.startsWith("list-"))).toEqual(["list-a", "list-b", "list-c"]);
    expect(names).toEqual([...names].sort());
    const joining = await list("?status=joining&limit=1000");
    expect(joining.items.length).toBeGreaterThanOrEqual(3);
    expect(new Set(joining.items.map((item: { status: string }) => item.status))).toEqual(new Set(["joining"]));
  });

  it("shows where a node can be reached to its operator and to admins alone", async () => {
    const owner = await api.newUser();
    const node = await api.newNode(owner, "at-home");
    const stranger = await api.newUser();
    const helper = await api.newUser("operator");
    const addresses = async (user: TestUser): Promise<unknown[]> => {
      const { accessToken: token } = user;
      const one = await api.call("GET", `/api/v1/nodes/${node.id}`, { token });
      const all = await api.call("GET", "/api/v1/nodes?limit=1000", { token });
      const listed = all.body.items.find(({ id }: { id: string }) => id === node.id);
      return [one.body.addresses, listed.addresses];
    };
    const known = ["/ip4/192.0.2.7/tcp/4001"];
    expect(await addresses(owner)).toEqual([known, known]);
    expect(await addresses(admin)).toEqual([known, known]);
    expect(await addresses(stranger)).toEqual([[], []]);
    expect(await addresses(helper)).toEqual([[], []]);
  });

  it("refuses what it does not know, and nobody", async () => {
    const { accessToken: token } = operator;
    expect((await api.call("GET", "/api/v1/nodes?status=lost", { token })).status).toBe(400);
    expect((await api.call("GET", "/api/v1/nodes?cursor=x", { token })).body.error.code).toBe("INVALID_CURSOR");
    const unknown = await api.call("GET", `/api/v1/nodes/${createIdentity().peerId}`, { token });
    expect([unknown.status, unknown.body.error.code]).toEqual([404, "NODE_NOT_FOUND"]);
    expect((await api.call("GET", "/api/v1/nodes")).status).toBe(401);
  });
});

describe("POST and DELETE /nodes/:id/ban", () => {
  it("cuts a node off and lets it in again", async () => {
    const node = await api.newNode(await api.newUser(), "banned");
    const url = `/api/v1/nodes/${node.id}/ban`;
    const banned = await api.call("POST", url, { token: admin.accessToken });
    expect([banned.status, banned.body.status]).toEqual([200, "banned"]);
    expect(api.directory.members().has(node.id)).toBe(false);
    const refused = await heartbeat(node.apiKey);
    expect([refused.status, refused.body.error.code]).toEqual([403, "NOT_A_MEMBER"]);
    const again = await register(node.identity, await joinToken(), "banned");
    expect([again.status, again.body.error.code]).toEqual([403, "NOT_A_MEMBER"]);
    const freed = await api.call("DELETE", url, { token: admin.accessToken });
    expect([freed.status, freed.body.status]).toEqual([200, "joining"]);
    expect((await heartbeat(node.apiKey)).body.status).toBe("active");
    expect(api.directory.members().has(node.id)).toBe(true);
  });

  it("is for admins, and for nodes that exist", async () => {
    const node = await api.newNode(operator, "spared");
    const url = `/api/v1/nodes/${node.id}/ban`;
    const helper = await api.newUser("operator");
    for (const user of [operator, helper]) {
      const answer = await api.call("POST", url, { token: user.accessToken });
      expect([answer.status, answer.body.error.code]).toEqual([403, "FORBIDDEN"]);
    }
    expect((await api.call("POST", url)).status).toBe(401);
    for (const id of ["x", createIdentity().peerId]) {
      const answer = await api.call("POST", `/api/v1/nodes/${id}/ban`, { token: admin.accessToken });
      expect([answer.status, answer.body.error.code]).toEqual([404, "NODE_NOT_FOUND"]);
    }
  });
});
