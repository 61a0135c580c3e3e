import { uuidV7 } from "@commonhold/core/ids.ts";
import { systemRandom } from "@commonhold/runtime/system-random.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiFixture, createApiFixture, HEARTBEAT, type TestNode, type TestUser } from "../http/api.fixture.ts";

let api: ApiFixture;
let user: TestUser;
beforeAll(async () => {
  api = await createApiFixture();
  user = await api.newUser("admin");
});
afterAll(() => api.close());

describe("GET /health", () => {
  it("needs no account", async () => {
    api.clock.advance(1500);
    const answer = await api.call("GET", "/health");
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ status: "ok", version: "0.0.0-test", uptime_s: expect.any(Number) });
    expect(answer.body.uptime_s).toBeGreaterThanOrEqual(1.5);
  });
});

describe("GET /ready", () => {
  it("follows the checks, and tells nobody why one failed", async () => {
    expect(await api.call("GET", "/ready")).toMatchObject({
      status: 200,
      body: { ready: true, checks: { metadata: { ok: true } } },
    });
    api.readinessChecks["peers"] = async () => {
      throw new Error("the disk at /secret/path is gone");
    };
    const answer = await api.call("GET", "/ready");
    expect(answer.status).toBe(503);
    expect(answer.body).toEqual({ ready: false, checks: { metadata: { ok: true }, peers: { ok: false } } });
    expect(JSON.stringify(api.logLines)).toContain("/secret/path");
    delete api.readinessChecks["peers"];
    expect((await api.call("GET", "/ready")).status).toBe(200);
  });
});

describe("GET /metrics", () => {
  it("is Prometheus' text", async () => {
    const answer = await api.call("GET", "/metrics");
    expect(answer.headers["content-type"]).toMatch(/^text\/plain/);
    expect(answer.body).toContain('commonhold_build_info{role="coordinator",version="0.0.0-test"} 1');
    expect(answer.body).toContain('commonhold_http_requests_total{method="GET",route="/health",status="200"}');
  });
});

describe("GET /api/v1/status", () => {
  const status = async () => (await api.call("GET", "/api/v1/status", { token: user.accessToken })).body;

  it("is for users", async () => {
    expect((await api.call("GET", "/api/v1/status")).status).toBe(401);
  });

  it("shows an empty network as empty", async () => {
    expect(await status()).toEqual({
      version: "0.0.0-test",
      nodes: { joining: 0, active: 0, suspect: 0, offline: 0, draining: 0, drained: 0, banned: 0 },
      files: 0,
      bytes: 0,
      chunks: { total: 0, fully_replicated: 0, under_replicated: 0 },
      handoffs: { pending: 1, spool_bytes: 2, spool_bytes_max: 3 },
      capacity_bytes: 0,
      used_bytes: 0,
      ledger: null,
    });
  });

  it("counts files, chunks by their copies, and disks", async () => {
    const nodes = [await api.newNode(user, "a"), await api.newNode(user, "b"), await api.newNode(user, "c")];
    for (const node of nodes)
      await api.call("POST", "/api/v1/nodes/heartbeat", { apiKey: node.apiKey, body: HEARTBEAT });
    await storeFile(nodes.slice(0, 2), { active: 2 });
    await storeFile(nodes.slice(0, 2), { active: 1 });
    expect(await status()).toMatchObject({
      nodes: { active: 3 },
      files: 2,
      bytes: 2000,
      chunks: { total: 2, fully_replicated: 1, under_replicated: 1 },
      capacity_bytes: 6000,
      used_bytes: 1500,
    });
    await api.call("POST", `/api/v1/nodes/${nodes[0]?.id}/ban`, { token: user.accessToken });
    expect(await status()).toMatchObject({
      nodes: { active: 2, banned: 1 },
      chunks: { total: 2, fully_replicated: 0, under_replicated: 2 },
      capacity_bytes: 4000,
    });
  });
});

/** A complete file of one chunk with a promised copy on each node, of which the first `active` are there. */
async function storeFile(nodes: readonly TestNode[], { active }: { readonly active: number }): Promise<void> {
  const nowMs = api.clock.nowMs();
  const [uploadId, fileId] = [1, 2].map(() => uuidV7(nowMs, systemRandom.bytes(10))) as [string, string];
  const chunkName = Buffer.from(systemRandom.bytes(32)).toString("hex");
  await api.metadata.apply("upload.initiate", {
    upload_id: uploadId,
    file_id: fileId,
    owner_id: user.id,
    folder_id: null,
    name: `${fileId}.txt`,
    size_bytes: 1000,
    chunk_size_bytes: 262_144,
    chunk_count: 1,
    copies: nodes.length,
    media_type: "text/plain",
    sealed_key: "AA==",
    expected_sha256: null,
    expected_md5: null,
    reserve_microcredits: "5",
    transaction_id: uuidV7(nowMs, systemRandom.bytes(10)),
    open_uploads_max: 10,
    now_ms: nowMs,
    expires_at_ms: nowMs + 1000,
  });
  await api.metadata.apply("chunk.commit", {
    upload_id: uploadId,
    chunk_index: 0,
    chunk_name: chunkName,
    sealed_length: 1016,
    plain_length: 1000,
    copies: nodes.length,
    sealed_entry: "AA==",
    replicas: nodes.map(({ id }, index) => ({ node_id: id, state: index < active ? "active" : "pending" })),
    epoch: 0,
    now_ms: nowMs,
  });
  await api.metadata.apply("upload.complete", {
    upload_id: uploadId,
    folder_ids: [],
    size_bytes: 1000,
    chunk_count: 1,
    content_id: "0".repeat(64),
    cost_microcredits: "5",
    transaction_id: uuidV7(nowMs, systemRandom.bytes(10)),
    now_ms: nowMs,
  });
}
