import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommand } from "./harness/role-process.ts";
import { TestNetwork } from "./harness/test-network.ts";
import { waitUntil } from "./harness/wait-until.ts";

let network: TestNetwork;
let adminUrl: string;

/** QUIC alone, so that what reaches the node came over it. */
const LISTEN = ["--listen", "/ip4/127.0.0.1/udp/0/quic-v1"];

async function init(name: string, token: string, ...more: string[]) {
  const membership = ["--name", name, "--coordinator-url", network.url, "--join-token", token];
  return runCommand(["node", "init", ...membership, "--data", network.nodeFolder(name), ...LISTEN, ...more]);
}

beforeAll(async () => {
  network = await TestNetwork.start(2);
});
afterAll(() => network.stop());

describe("a node by hand", () => {
  it("joins with a token, keeps its settings in a file that explains them, and shows itself", async () => {
    const token = (await (await network.client()).nodes.createJoinToken()).join_token;
    const joined = await init("attic", token, "--max-size", "1GB", "--label", "site=home");
    expect(joined.code, joined.stderr).toBe(0);
    const config = await readFile(join(network.nodeFolder("attic"), "node.toml"), "utf8");
    expect(config).toMatch(/# .+\n(.*\n)*?max_bytes = /);
    network.startNode("attic");
    await network.waitForActive(3);
    const attic = (await network.listNodes()).find((node) => node.name === "attic");
    expect(attic).toMatchObject({ status: "active", labels: { site: "home" }, capacity_bytes: 1_000_000_000 });
    expect(attic?.addresses).toEqual([expect.stringMatching(/^\/ip4\/127\.0\.0\.1\/udp\/\d+\/quic-v1\/p2p\//)]);
  });

  it("holds what it is given, and answers on localhost only", async () => {
    const stored = await network.call("/api/v1/files?filename=kept", {
      method: "POST",
      body: new Uint8Array(randomBytes(100_000)),
    });
    expect(stored.status).toBe(201);
    const address = JSON.parse(await readFile(join(network.nodeFolder("attic"), "admin.json"), "utf8")) as {
      url: string;
    };
    adminUrl = address.url;
    expect(adminUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await fetch(`${adminUrl}/health`)).status).toBe(200);
    await waitUntil("the third copy", async () => {
      const page = (await (await fetch(`${adminUrl}/chunks`)).json()) as { items: unknown[] };
      return page.items.length === 1;
    });
    const listed = await runCommand(["node", "chunks", "list", "--data", network.nodeFolder("attic"), "--json"]);
    expect(listed.code, listed.stderr).toBe(0);
    expect(listed.stdout).toMatch(/[0-9a-f]{64}/);
    const status = await runCommand(["node", "status", "--data", network.nodeFolder("attic")]);
    expect(status.code, status.stderr).toBe(0);
    expect(status.stdout).toContain("attic");
    expect(await (await fetch(`${adminUrl}/metrics`)).text()).toContain("commonhold_node_stored_bytes");
    const foreign = await fetch(`${adminUrl}/drain`, { method: "POST", headers: { origin: "https://evil.example" } });
    expect(foreign.status).toBe(403);
  });

  it("scrubs, and drains: it takes nothing new until that is cancelled", async () => {
    const data = ["--data", network.nodeFolder("attic")];
    const scrubbed = await runCommand(["node", "scrub", ...data]);
    expect(scrubbed.code, scrubbed.stderr).toBe(0);
    expect((await runCommand(["node", "drain", ...data])).code).toBe(0);
    const statusOf = async () => (await network.listNodes()).find((node) => node.name === "attic")?.status;
    await waitUntil("draining", async () => (await statusOf()) === "draining");
    const before = (await (await fetch(`${adminUrl}/chunks`)).json()) as { items: unknown[] };
    await network.call("/api/v1/files?filename=elsewhere", { method: "POST", body: new Uint8Array(randomBytes(1000)) });
    const after = (await (await fetch(`${adminUrl}/chunks`)).json()) as { items: unknown[] };
    expect(after.items).toHaveLength(before.items.length);
    expect((await runCommand(["node", "drain", "--cancel", ...data])).code).toBe(0);
    await waitUntil("active again", async () => (await statusOf()) === "active");
  });

  it("is refused with a wrong, used or missing token, a taken name, a folder in use and an unknown setting", async () => {
    const client = await network.client();
    const wrong = await init("cellar", "cht_nonsense");
    expect(wrong.code).toBe(77);
    expect(wrong.stderr).toContain("INVALID_JOIN_TOKEN");
    const { join_token } = await client.nodes.createJoinToken({ uses: 1 });
    const sameName = ["--name", "attic", "--coordinator-url", network.url, "--join-token", join_token, ...LISTEN];
    const taken = await runCommand(["node", "init", ...sameName, "--data", network.nodeFolder("another-attic")]);
    expect(taken.code).toBe(73);
    expect(taken.stderr).toContain("NODE_NAME_TAKEN");
    expect((await init("cellar", join_token)).code).toBe(0);
    const used = await init("garage", join_token);
    expect(used.stderr).toContain("INVALID_JOIN_TOKEN");
    const again = await init("cellar", join_token);
    expect(again.code).toBe(73);
    expect(again.stderr).toContain("ALREADY_INITIALISED");
    const misspelt = await runCommand(["node", "start", "--data", network.nodeFolder("cellar")], {
      env: { COMMONHOLD_NODE_STORAGE_MAX_BYTE: "1GB" },
    });
    expect(misspelt.code).toBe(78);
    expect(misspelt.stderr).toMatch(/MAX_BYTE.*MAX_BYTES/s);
  });

  it("finishes what is under way on SIGTERM and comes back with all it held", async () => {
    const names = async (url: string) => {
      const page = (await (await fetch(`${url}/chunks`)).json()) as { items: { name: string }[] };
      return page.items.map((item) => item.name);
    };
    const held = await names(adminUrl);
    expect(held.length).toBeGreaterThan(0);
    expect(await network.node("attic").end("SIGTERM")).toBe(0);
    const attic = network.startNode("attic");
    await attic.waitForOutput(/the node is up/);
    const admin = JSON.parse(await readFile(join(network.nodeFolder("attic"), "admin.json"), "utf8")) as {
      url: string;
    };
    expect(await names(admin.url)).toEqual(held);
  });
});
