import type { ChunkName, NodeId, UserId } from "@commonhold/core/ids.ts";
import { MemoryCatalog } from "@commonhold/metadata/catalog/memory-catalog.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type ApiFixture, createApiFixture, HEARTBEAT, type TestNode, type TestUser } from "../http/api.fixture.ts";
import { HeartbeatAbsences } from "../economics/heartbeat-absences.ts";
import { createNodeRemoval } from "./node-removal.ts";
import { createNodeService } from "./node-service.ts";

const CHUNK = "ab".repeat(32) as ChunkName;
const OFFLINE_MS = 180_000;

let api: ApiFixture;
let operator: TestUser;
let gone: TestNode;
let other: TestNode;
let catalog: MemoryCatalog;
const kept = new Set<ChunkName>();
beforeAll(async () => {
  api = await createApiFixture({ engine: "memory" });
});
beforeEach(async () => {
  operator = await api.newUser();
  catalog = new MemoryCatalog();
  kept.clear();
  gone = await newNode();
  other = await newNode();
});
afterAll(() => api.close());

let made = 0;
async function newNode(): Promise<TestNode> {
  const node = await api.newNode(operator, `node ${++made}`);
  await beat(node);
  return node;
}
async function beat({ apiKey }: TestNode, draining = false): Promise<void> {
  const answer = await api.call("POST", "/api/v1/nodes/heartbeat", { apiKey, body: { ...HEARTBEAT, draining } });
  expect(answer.status).toBe(200);
}

/** Its last heartbeat was long ago, that of the other just now. */
async function losesGone(): Promise<void> {
  api.clock.advance(OFFLINE_MS + 1_000);
  await beat(other);
}

function store(replicas: readonly (readonly [TestNode, "active" | "pending"])[]): void {
  catalog.addChunk({
    name: CHUNK,
    ownerId: operator.id as UserId,
    sealedLength: 1_000,
    copies: 1,
    priority: "normal",
    pins: [],
    replicas: replicas.map(([{ id }, state]) => ({ nodeId: id as NodeId, state })),
    nowMs: 0,
  });
}

function remove(options: { readonly force?: boolean } = {}) {
  const { directory, metadata, clock } = api;
  const nodes = createNodeService({
    metadata,
    directory,
    absences: new HeartbeatAbsences(clock, { intervalMs: 30_000, gapAtStart: () => undefined }),
    clock,
    random: { bytes: (length) => new Uint8Array(length), fraction: () => 0 },
    logger: { info: () => undefined, warn: () => undefined },
    verifySignature: () => false,
  });
  const removal = createNodeRemoval({ catalog, directory, nodes, hasKept: (name) => kept.has(name) });
  const { force = false } = options;
  return removal.remove(gone.id, { force, signal: new AbortController().signal });
}

const REFUSED = { code: "NODE_STILL_NEEDED" };

describe("a node that will not return", () => {
  it("is cut off: it counts no more, and is no member", async () => {
    store([
      [gone, "active"],
      [other, "active"],
    ]);
    await losesGone();
    expect(await remove()).toMatchObject({ id: gone.id, declared: "banned" });
    expect(api.directory.standingOf(gone.id as NodeId)).toBe("gone");
    expect(api.directory.members()).not.toContain(gone.id);
    expect(await remove(), "once more").toMatchObject({ declared: "banned" });
  });

  it.each([
    ["active", /is active: drain it.*or force it/, 0],
    ["suspect", /is suspect: it may be back/, 100_000],
  ] as const)("is refused while it is %s, unless it is forced", async (status, says, silentMs) => {
    api.clock.advance(silentMs);
    expect(api.directory.status({ id: gone.id as NodeId })).toBe(status);
    await expect(remove()).rejects.toMatchObject({ ...REFUSED, message: expect.stringMatching(says) });
    expect((await remove({ force: true })).declared).toBe("banned");
  });

  it("is refused while it drains, and taken once it is drained", async () => {
    await beat(gone, true);
    await expect(remove()).rejects.toMatchObject({ ...REFUSED, message: expect.stringContaining("is draining") });
    await api.metadata.apply("node.drained", { id: gone.id });
    await api.directory.reload(gone.id);
    expect((await remove()).declared).toBe("banned");
  });

  it.each(["nothing", "a copy to come", "a copy in doubt"])(
    "is refused while others have %s, unless it is forced",
    async (what) => {
      const otherState = what === "a copy to come" ? "pending" : "active";
      store([[gone, "active"], ...(what === "nothing" ? [] : [[other, otherState] as const])]);
      if (what === "a copy in doubt") await catalog.doubtReplicas(other.id as NodeId, [CHUNK], 1);
      await losesGone();
      await expect(remove()).rejects.toMatchObject({
        ...REFUSED,
        message: expect.stringMatching(/only copy of a chunk .* would be lost/),
        details: { chunks: 1, bytes: 1_000 },
      });
      expect((await remove({ force: true })).declared).toBe("banned");
    },
  );

  it("is refused while the other node with the chunk is away too", async () => {
    store([
      [gone, "active"],
      [other, "active"],
    ]);
    api.clock.advance(OFFLINE_MS + 1_000);
    await expect(remove()).rejects.toMatchObject(REFUSED);
  });

  it("is not held back by what it never got, nor by what the coordinator keeps", async () => {
    store([[gone, "pending"]]);
    await losesGone();
    expect((await remove()).declared).toBe("banned");
    [gone, other] = [await newNode(), await newNode()];
    catalog = new MemoryCatalog();
    store([[gone, "active"]]);
    kept.add(CHUNK);
    await losesGone();
    expect((await remove()).declared).toBe("banned");
  });
});

describe("DELETE /api/v1/nodes/:id", () => {
  const url = () => `/api/v1/nodes/${gone.id}`;
  const codeOf = async (user: TestUser, address = url()) => {
    const answer = await api.call("DELETE", address, { token: user.accessToken });
    return answer.status === 200 ? answer.body.status : answer.body.error.code;
  };

  it("is for its operator and admins", async () => {
    expect(await codeOf(await api.newUser())).toBe("FORBIDDEN");
    expect(await codeOf(operator)).toBe("NODE_STILL_NEEDED");
    expect(await codeOf(operator, `${url()}?force=true`)).toBe("banned");
    gone = await newNode();
    const admin = await api.newUser("admin");
    expect(await codeOf(admin)).toBe("NODE_STILL_NEEDED");
    await losesGone();
    expect(await codeOf(admin)).toBe("banned");
    expect(await codeOf(admin, "/api/v1/nodes/none")).toBe("NODE_NOT_FOUND");
  });
});
