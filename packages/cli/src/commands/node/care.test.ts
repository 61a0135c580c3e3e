import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { runCli } from "../../testing/run-cli.ts";
import { tempFolder } from "../../testing/temp-folder.ts";

// Processes start slowly on a machine that is busy.
vi.setConfig({ testTimeout: 60_000 });

const STATUS = {
  node_id: "12D3KooWnode",
  name: "attic",
  version: "1.2.3",
  uptime_s: 60,
  coordinator: { url: "http://c", last_heartbeat_at: null, last_error: null },
  status: "active",
  draining: false,
  drain: null,
  safe_to_stop: false,
  credits: null,
  storage: {
    capacity_bytes: 10e9,
    used_bytes: 13e9,
    free_bytes: 0,
    free_bytes_own: 1e9,
    own_bytes: 2e9,
    wanted_free_bytes: 3e9,
    chunk_count: 3000,
    damaged_count: 2,
    unreported_losses: 1,
  },
  eviction: { summary: "over its quota by 3 GB: 1.2 GB released, 1.8 GB are being copied elsewhere" },
  scrub: { state: "running", progress: 0.425, checked: 10, corrupt_count: 1, missing_count: 1, unreadable_count: 0 },
};
/** What a node of an earlier version says. */
const OLD_STATUS = {
  ...STATUS,
  drain: undefined,
  eviction: undefined,
  storage: { capacity_bytes: 10e9, used_bytes: 1e9, free_bytes: 9e9, chunk_count: 3 },
  scrub: { state: "idle", checked: 0, corrupt_count: 0, unreadable_count: 0 },
};
const NAME = "ab".repeat(32);

/** The admin API of a node, which answers with one status after the other and then with the last. */
async function adminApi(...answers: readonly object[]) {
  const home = await tempFolder();
  const calls: string[] = [];
  const statuses = [...answers];
  const server = createServer((request, response) => {
    calls.push(`${request.method} ${request.url}`);
    const chunk = { name: NAME, length: 5, state: "damaged", stored_at: "2026-01-01T00:00:00Z", last_read_at: null };
    const isChunks = request.url?.startsWith("/chunks") === true;
    const body = isChunks
      ? { items: [chunk], next_cursor: null }
      : statuses.length > 1
        ? statuses.shift()
        : statuses[0];
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const address = { url: `http://127.0.0.1:${port}`, port, pid: process.pid };
  await writeFile(join(home, "admin.json"), JSON.stringify(address));
  return { calls, run: (...args: string[]) => runCli(["node", ...args, "--data", home], { home }) };
}

const draining = (chunks: number, isSafe = false) => ({
  ...STATUS,
  draining: true,
  safe_to_stop: isSafe,
  drain: { chunks_left: chunks, bytes_left: chunks * 4e6 },
});

describe("looking after a node", () => {
  it("status says what is too much, what is damaged and how far the scrub is", async () => {
    const { stdout, exitCode } = await (await adminApi(STATUS)).run("status");
    expect(exitCode).toBe(0);
    expect(stdout).toContain("13 GB of 10 GB used (2 GB of it the operator's own), 0 B free for others, 1 GB for its");
    expect(stdout).toMatch(/Too much +over its quota by 3 GB: 1\.2 GB released, 1\.8 GB are being copied elsewhere/);
    expect(stdout).toContain("3000, 2 damaged and not served, 1 lost ones not reported yet");
    expect(stdout).toContain("running at 42 %, 10 chunks read, 2 spoiled or missing");
  });

  it("status understands a node of an earlier version", async () => {
    const { stdout, exitCode } = await (await adminApi(OLD_STATUS)).run("status");
    expect(exitCode).toBe(0);
    expect(stdout).toContain("1 GB of 10 GB used, 9 GB free");
    expect(stdout).not.toContain("Too much");
  });

  it("chunks list shows damaged ones too", async () => {
    const { stdout } = await (await adminApi(STATUS)).run("chunks", "list");
    expect(stdout).toMatch(/CHUNK +SIZE +STATE/);
    expect(stdout).toMatch(new RegExp(`${NAME} +5 B +damaged`));
  });

  it("drain says how much is left and how to know when it is over", async () => {
    const { calls, run } = await adminApi(draining(3));
    const { stdout, stderr } = await run("drain");
    expect(calls).toEqual(["POST /drain"]);
    expect(stdout).toContain("attic takes no new chunks");
    expect(stdout).toContain("3 chunks (12 MB) left to copy elsewhere");
    expect(stderr).toMatch(/node drain --wait --data \S+" says when/);
  });

  it("drain --wait ends when it is safe to stop", async () => {
    const { calls, run } = await adminApi(draining(3), draining(1), draining(0, true));
    const { stdout, stderr, exitCode } = await run("drain", "--wait");
    expect(exitCode).toBe(0);
    expect(calls).toEqual(["POST /drain", "GET /status", "GET /status"]);
    expect(stderr).toContain("1 chunk (4 MB) left to copy elsewhere");
    expect(stdout).toContain("attic: every copy stands elsewhere, it is safe to stop");
  });

  it.each([["undrain"], ["drain", "--cancel"]])("%s %s takes chunks again", async (...args) => {
    const { calls, run } = await adminApi(STATUS);
    expect((await run(...args)).stdout).toContain("attic takes chunks again");
    expect(calls).toEqual(["DELETE /drain"]);
  });

  it("drain refuses to wait for what it takes back", async () => {
    const { calls, run } = await adminApi(STATUS);
    expect((await run("drain", "--cancel", "--wait")).exitCode).toBe(64);
    expect(calls).toEqual([]);
  });
});
