import { randomBytes } from "node:crypto";
import type { NodeId } from "@commonhold/core/ids.ts";
import { systemRandom } from "@commonhold/runtime/system-random.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DataPath, openDataPath } from "../transfers/data-path.fixture.ts";
import { createFileHealthReader } from "./file-health.ts";
import { createFileService } from "./file-service.ts";
import { pinWarning } from "./pin-warning.ts";
import { registerChangeRoutes } from "./change-routes.ts";
import { registerPinRoutes } from "./pin-routes.ts";
import { createRedundancyService } from "./redundancy-service.ts";
import { createHttpFixture } from "../http/http.fixture.ts";
import type { Http } from "../http/http-server.ts";
import { setPrincipal } from "../http/principal.ts";

let path: DataPath;
let app: Http;
const requested: string[] = [];
beforeAll(async () => {
  path = await openDataPath({ nodes: 4 });
  ({ app } = await createHttpFixture({ connectionsMax: 100 }));
  const { api } = path;
  const deps = {
    requireUser: async (request: Parameters<typeof setPrincipal>[0]) =>
      setPrincipal(request, { kind: "user", userId: path.user.id as never, role: "user" }),
    files: createFileService(api),
    health: createFileHealthReader({
      metadata: api.metadata,
      catalog: path.transfers.replicas.catalog,
      standingOf: (id) => api.directory.standingOf(id),
    }),
    redundancy: createRedundancyService(
      {
        metadata: api.metadata,
        clock: api.clock,
        random: systemRandom,
        nodeCount: () => path.nodes.length,
        isKnownNode: (id) => api.directory.get(id) !== undefined,
        requestRepair: (names) => void requested.push(...names),
      },
      { terms: { microCreditsPerGbMonth: 1_000_000_000_000n }, copiesOfNormal: 3 },
    ),
  };
  registerChangeRoutes(app, deps);
  registerPinRoutes(app, { ...deps, pinWarning: (id) => pinWarning(api.directory, id) });
  await app.ready();
});
afterAll(async () => {
  await app.close();
  await path.close();
});

const upload = async (name: string): Promise<string> => {
  const { status, body } = await path.json(`/api/v1/files?filename=${name}`, {
    method: "POST",
    body: randomBytes(1_000),
  });
  expect(status).toBe(201);
  return body.file_id;
};

const change = async (method: "PATCH" | "PUT" | "DELETE", url: string, body?: object) => {
  const answer = await app.inject({
    method,
    url: `/api/v1/files/${url}`,
    ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
  });
  return { status: answer.statusCode, body: answer.body === "" ? undefined : answer.json() };
};

describe("restoring a deleted file", () => {
  it("finds it among the deleted ones, with its end, and brings it back to be read", async () => {
    const id = await upload("restored");
    const before = await (await path.call(`/api/v1/files/${id}/download`)).arrayBuffer();
    await path.call(`/api/v1/files/${id}`, { method: "DELETE" });
    const deleted = await path.json("/api/v1/files?deleted=true");
    expect(deleted.body.items).toHaveLength(1);
    const [item] = deleted.body.items;
    expect(item.file_id).toBe(id);
    expect(Date.parse(item.gone_at) - Date.parse(item.deleted_at)).toBe(24 * 3_600_000);
    const listed = (await path.json("/api/v1/files")).body.items as { file_id: string }[];
    expect(listed.some((file) => file.file_id === id)).toBe(false);
    const restored = await path.json(`/api/v1/files/${id}/restore`, { method: "POST" });
    expect(restored.status).toBe(200);
    expect(restored.body).toMatchObject({ file_id: id, health: { state: "whole" }, pins: [] });
    expect(restored.body.deleted_at).toBeUndefined();
    expect(await (await path.call(`/api/v1/files/${id}/download`)).arrayBuffer()).toEqual(before);
    expect((await path.json(`/api/v1/files/${id}/restore`, { method: "POST" })).status).toBe(200);
  });

  it("does not know what is gone, or another's", async () => {
    const id = await upload("gone");
    await path.call(`/api/v1/files/${id}`, { method: "DELETE" });
    path.api.clock.advance(25 * 3_600_000);
    const { catalog } = path.transfers.replicas;
    const before = path.api.clock.nowMs() - 24 * 3_600_000;
    for (const file of await catalog.filesToPurge(before, 10)) await catalog.purgeFile(file, before, 100);
    for (const node of path.nodes) await path.heartbeat(node);
    const { status, body } = await path.json(`/api/v1/files/${id}/restore`, { method: "POST" });
    expect([status, body.error.code]).toEqual([404, "FILE_NOT_FOUND"]);
    expect((await path.json("/api/v1/files?deleted=true")).body.items).toEqual([]);
  });

  it("pages through deleted files, with a cursor of their own", async () => {
    for (const name of ["p1", "p2", "p3"]) await path.call(`/api/v1/files/${await upload(name)}`, { method: "DELETE" });
    const first = await path.json("/api/v1/files?deleted=true&limit=2&sort=name");
    expect(first.body.items.map((file: { filename: string }) => file.filename)).toEqual(["p1", "p2"]);
    const cursor = encodeURIComponent(first.body.next_cursor);
    const second = await path.json(`/api/v1/files?deleted=true&limit=2&sort=name&cursor=${cursor}`);
    expect(second.body.items.map((file: { filename: string }) => file.filename)).toEqual(["p3"]);
    expect((await path.json(`/api/v1/files?limit=2&sort=name&cursor=${cursor}`)).body.error.code).toBe(
      "INVALID_CURSOR",
    );
  });
});

describe("how safely a file is kept", () => {
  it("is what priority promises, or the number of copies that is asked for; more are paid for", async () => {
    const id = await upload("dear");
    const before = await path.credits();
    const more = await change("PATCH", id, { copies: 4 });
    expect(more.status).toBe(200);
    expect(more.body).toMatchObject({ copies: 4, priority: "normal", health: { state: "degraded", chunks_short: 1 } });
    expect((await path.credits()).available).toBeLessThan(before.available);
    expect(requested).toHaveLength(1);
    expect((await change("PATCH", id, { priority: "low" })).body).toMatchObject({ copies: 1, priority: "low" });
    expect((await change("PATCH", id, { priority: "high", copies: 2 })).body).toMatchObject({
      copies: 2,
      priority: "high",
      health: { state: "whole" },
    });
    expect((await path.json(`/api/v1/files/${id}`)).body).toMatchObject({ copies: 2, priority: "high" });
  });

  it("cannot be more than there are nodes, and says both numbers", async () => {
    const id = await upload("many");
    const copies = await change("PATCH", id, { copies: 5 });
    expect(copies.status).toBe(503);
    expect(copies.body.error).toMatchObject({ code: "NOT_ENOUGH_NODES", details: { copies: 5, nodes: 4 } });
    expect(copies.body.error.message).toBe("5 copies need 5 nodes and there are 4: ask for fewer copies or add nodes");
    const priority = await change("PATCH", id, { priority: "critical" });
    expect(priority.body.error.message).toMatch(
      /priority critical, which is 5 copies, need.* there are 4: give copies/,
    );
    for (const wrong of [{ copies: 0 }, { copies: 17 }, { priority: "urgent" }, {}]) {
      expect((await change("PATCH", id, wrong)).status).toBe(400);
    }
    expect((await change("PATCH", "01890000-0000-7000-8000-000000000000", { copies: 1 })).status).toBe(404);
  });

  it("holds a copy on each node that it is pinned to", async () => {
    const id = await upload("pinned");
    const [file] = await path.api.metadata.read
      .selectFrom("file_chunks")
      .select("chunk_name")
      .where("file_id", "=", id)
      .execute();
    const record = await path.transfers.replicas.catalog.get(file!.chunk_name as never);
    const holders = new Set(record!.replicas.map(({ nodeId }) => nodeId));
    const other = path.nodes.find((node) => !holders.has(node.id))!;
    for (let times = 0; times < 2; times++)
      expect(await change("PUT", `${id}/pins/${other.id}`)).toEqual({ status: 200, body: { warning: null } });
    const shown = (await path.json(`/api/v1/files/${id}`)).body;
    expect(shown.pins).toEqual([other.id]);
    expect(requested).toContain(file!.chunk_name);
    const unknown = await change("PUT", `${id}/pins/12D3KooWnobody`);
    expect([unknown.status, unknown.body.error.code]).toEqual([404, "NODE_NOT_FOUND"]);
    expect((await change("DELETE", `${id}/pins/12D3KooWnobody`)).body.error.code).toBe("NODE_NOT_FOUND");
    for (let times = 0; times < 2; times++) expect((await change("DELETE", `${id}/pins/${other.id}`)).status).toBe(204);
    expect((await path.json(`/api/v1/files/${id}`)).body.pins).toEqual([]);
  });

  it("warns where the node takes no copy now", async () => {
    const id = await upload("pinned elsewhere");
    const node = path.nodes[0]!;
    const warning = async () => (await change("PUT", `${id}/pins/${node.id}`)).body.warning;
    await path.heartbeat(node, { draining: true });
    expect(await warning()).toMatch(/node node-1 is being emptied .* takes the drain back/);
    path.api.clock.advance(200_000);
    expect(await warning()).toMatch(/node node-1 has been away since \d{4}-.* when it returns/);
    for (const each of path.nodes) await path.heartbeat(each);
    expect(await warning()).toBeNull();
  });
});

describe("reading", () => {
  it("asks those that leave like any other, and those in doubt when all else fails", async () => {
    const id = await upload("doubted");
    const bytes = await (await path.call(`/api/v1/files/${id}/download`)).arrayBuffer();
    const { metadata } = path.api;
    const [chunk] = await metadata.read.selectFrom("file_chunks").selectAll().where("file_id", "=", id).execute();
    const { catalog } = path.transfers.replicas;
    const name = chunk!.chunk_name as never;
    const [first, second, third] = (await catalog.get(name))!.replicas.map(({ nodeId }) => nodeId);
    const node = (nodeId: NodeId | undefined) => path.nodes.find((each) => each.id === nodeId)!;
    await catalog.doubtReplicas(first!, [name], 1);
    await catalog.doubtReplicas(second!, [name], 1);
    await catalog.leaveReplicas(third!, [name], 1);
    const read = () => path.call(`/api/v1/files/${id}/download`).then((answer) => answer.arrayBuffer());
    node(first).retrievals = node(second).retrievals = 0;
    expect(await read()).toEqual(bytes);
    expect(node(first).retrievals + node(second).retrievals).toBe(0);
    node(third).chunks.delete(name);
    expect(await read()).toEqual(bytes);
    expect(node(first).retrievals + node(second).retrievals).toBeGreaterThan(0);
    await path.transfers.replicas.doubtful.idle();
    expect((await catalog.get(name))!.replicas.map(({ state }) => state)).toEqual(["doubtful", "doubtful", "doubtful"]);
    expect((await path.json(`/api/v1/files/${id}`)).body.health).toMatchObject({
      state: "unreadable",
      chunks_unreadable: 1,
    });
  });
});
