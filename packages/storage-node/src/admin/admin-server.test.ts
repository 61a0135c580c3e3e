import { request } from "node:http";
import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { describe, expect, it, onTestFinished } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { openTestStore, silentLogger } from "../testing/open-test-store.ts";
import { tempFolder } from "../testing/temp-folder.ts";
import { testChunk } from "../testing/test-chunks.ts";
import { createAdminServer } from "./admin-server.ts";
import { assertLocalCaller } from "./local-caller.ts";
import type { NodeStatus } from "./node-status.ts";

async function adminServer() {
  const clock = new ManualClock();
  const store = await openTestStore(tempFolder(), { clock });
  const asked: string[] = [];
  const server = createAdminServer({
    version: "1.2.3",
    uptimeS: () => 5,
    status: async () => ({ node_id: "n", scrub: { state: "running" } }) as NodeStatus,
    listChunks: (page) => store.listHeld(page),
    setDraining: async (draining) => void asked.push(`drain ${draining}`),
    startScrub: () => void asked.push("scrub"),
    metrics: { contentType: "text/plain; version=0.0.4", text: async () => "commonhold_x 1\n" },
    logger: silentLogger,
  });
  onTestFinished(async () => {
    await server.close();
    await store.close();
  });
  return { server, store, asked, clock };
}

const json = async (server: FastifyInstance, url: string) => {
  const response = await server.inject(url);
  return { status: response.statusCode, body: response.json<Record<string, unknown>>() };
};

describe("the admin API", () => {
  it("says that the node lives, and how it is", async () => {
    const { server } = await adminServer();
    expect(await json(server, "/health")).toEqual({
      status: 200,
      body: { status: "ok", version: "1.2.3", uptime_s: 5 },
    });
    expect((await json(server, "/status")).body).toMatchObject({ node_id: "n" });
  });

  it("shows metrics", async () => {
    const { server } = await adminServer();
    const response = await server.inject("/metrics");
    expect(response.headers["content-type"]).toContain("version=0.0.4");
    expect(response.body).toBe("commonhold_x 1\n");
  });

  it("lists chunks by pages", async () => {
    const { server, store, clock } = await adminServer();
    const chunks = Array.from({ length: 5 }, (_, seed) => testChunk(seed, 100 + seed));
    for (const { name, sealed } of chunks) await store.store(name, sealed);
    const names: unknown[] = [];
    let cursor: string | null = "";
    for (let pages = 0; cursor !== null; pages++) {
      expect(pages).toBeLessThan(3);
      const { body }: { body: Record<string, unknown> } = await json(
        server,
        `/chunks?limit=2${cursor === "" ? "" : `&cursor=${cursor}`}`,
      );
      const items = body["items"] as { name: string; stored_at: string; last_read_at: string | null }[];
      expect(items.every((item) => item.stored_at === new Date(clock.nowMs()).toISOString())).toBe(true);
      names.push(...items.map((item) => item.name));
      cursor = body["next_cursor"] as string | null;
    }
    expect(names).toEqual(chunks.map(({ name }) => name).sort());
    expect((await json(server, "/chunks")).body["items"]).toHaveLength(5);
  });

  it.each([
    ["/chunks?limit=0", 400, "INVALID_REQUEST"],
    ["/chunks?limit=1001", 400, "INVALID_REQUEST"],
    ["/chunks?limit=x", 400, "INVALID_REQUEST"],
    ["/chunks?cursor=abc", 400, "INVALID_CURSOR"],
    ["/nothing", 404, "NOT_FOUND"],
    ["/%zz", 400, "INVALID_REQUEST"],
  ])("refuses %s with %i %s", async (url, status, code) => {
    const { server } = await adminServer();
    expect(await json(server, url)).toMatchObject({ status, body: { error: { code } } });
  });

  it("drains, takes that back, and scrubs, whatever body comes along", async () => {
    const { server, asked } = await adminServer();
    expect((await server.inject({ method: "POST", url: "/drain" })).statusCode).toBe(200);
    const headers = { "content-type": "application/json" };
    expect((await server.inject({ method: "DELETE", url: "/drain", headers, payload: "{" })).statusCode).toBe(200);
    const scrub = await server.inject({ method: "POST", url: "/scrub", headers: { "content-type": "text/x" } });
    expect(scrub.statusCode).toBe(202);
    expect(scrub.json()).toEqual({ state: "running" });
    expect(asked).toEqual(["drain true", "drain false", "scrub"]);
  });

  it("refuses a large body", async () => {
    const { server, asked } = await adminServer();
    const response = await server.inject({ method: "POST", url: "/drain", payload: "x".repeat(20_000) });
    expect(response.statusCode).toBe(413);
    expect(response.json()).toMatchObject({ error: { code: "BODY_TOO_LARGE" } });
    expect(asked).toEqual([]);
  });

  it.each(["localhost", "localhost:1234", "127.0.0.1:80", "[::1]:80", "LOCALHOST"])("answers to %s", async (host) => {
    const { server } = await adminServer();
    expect((await server.inject({ url: "/health", headers: { host } })).statusCode).toBe(200);
  });

  it.each(["evil.example", "localhost.evil.example", "127.0.0.1.nip.io:80", "10.0.0.1", "[::1", "127.0.0.1:x"])(
    "refuses the host %j, as a page behind DNS rebinding would send it",
    async (host) => {
      const { server, asked } = await adminServer();
      for (const [method, url] of [
        ["GET", "/status"],
        ["POST", "/drain"],
        ["GET", "/nothing"],
      ] as const) {
        const response = await server.inject({ method, url, headers: { host } });
        expect(response.statusCode).toBe(403);
        expect(response.json()).toMatchObject({ error: { code: "FORBIDDEN" } });
      }
      expect(asked).toEqual([]);
    },
  );

  it.each(["https://evil.example", "http://localhost:3000", "null", "http://127.0.0.1"])(
    "refuses the origin %s, as a page of another site would send it",
    async (origin) => {
      const { server, asked } = await adminServer();
      const response = await server.inject({ method: "POST", url: "/drain", headers: { origin } });
      expect(response.statusCode).toBe(403);
      expect(asked).toEqual([]);
    },
  );

  it.each(["cross-site", "same-site", "same-origin"])(
    "refuses what a browser says a page has sent (%s), also where it names no origin",
    async (site) => {
      const { server, asked } = await adminServer();
      for (const [method, url] of [
        ["GET", "/chunks"],
        ["POST", "/drain"],
      ] as const) {
        const response = await server.inject({ method, url, headers: { "sec-fetch-site": site } });
        expect(response.statusCode).toBe(403);
      }
      expect(asked).toEqual([]);
      const typed = await server.inject({ url: "/health", headers: { "sec-fetch-site": "none" } });
      expect(typed.statusCode).toBe(200);
    },
  );

  it("refuses a request that names no host", () => {
    expect(() => assertLocalCaller({})).toThrow("not to");
    expect(() => assertLocalCaller({ host: "" })).toThrow("not to");
  });

  it("refuses a foreign host on a real socket too", async () => {
    const { server } = await adminServer();
    await server.listen({ host: "127.0.0.1", port: 0 });
    const { port } = server.server.address() as AddressInfo;
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const call = request(
        { port, host: "127.0.0.1", path: "/health", headers: { host: "evil.example" } },
        (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        },
      );
      call.on("error", reject);
      call.end();
    });
    expect(status).toBe(403);
  });
});
