import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { initNode } from "./init-node.ts";
import { readCredentials } from "./membership/credentials.ts";
import { NodeWorld, VERSION } from "./testing/node-world.ts";

describe("node init", () => {
  it("makes a folder with a key, explained settings and a membership", async () => {
    const world = await NodeWorld.create();
    const made = await world.init();
    expect(made).toMatchObject({ name: "attic", folder: world.folder, coordinatorPeerId: world.identity.peerId });
    expect(statSync(world.folder).mode & 0o777).toBe(0o700);
    for (const file of ["identity.key", "credentials.json"]) {
      expect(statSync(join(world.folder, file)).mode & 0o777).toBe(0o600);
    }
    const toml = readFileSync(made.configFile, "utf8");
    for (const line of ['name = "attic"', 'max_bytes = "10MB"', "# admin_port = 0", "# interval_ms = 30000"]) {
      expect(toml).toContain(line);
    }
    expect(world.coordinator.calls[0]?.body).toMatchObject({
      name: "attic",
      peer_id: made.nodeId,
      join_token: "join-me",
      labels: { site: "home" },
      capacity_bytes: 10_000_000,
      free_bytes: 10_000_000,
      version: VERSION,
    });
  });

  it("refuses a folder that holds a node, and says what to do", async () => {
    const world = await NodeWorld.create();
    const { nodeId } = await world.init();
    await expect(world.init()).rejects.toMatchObject({
      code: "ALREADY_INITIALISED",
      message: expect.stringContaining(nodeId),
    });
    expect(world.keysGiven).toBe(1);
  });

  it("can be run again after it failed half-way, with the same key", async () => {
    const world = await NodeWorld.create();
    world.answer("away");
    await expect(world.init()).rejects.toMatchObject({ code: "COORDINATOR_UNREACHABLE" });
    const key = readFileSync(join(world.folder, "identity.key"));
    world.answer({});
    await world.init();
    expect(Buffer.compare(readFileSync(join(world.folder, "identity.key")), key)).toBe(0);
  });

  it("registers a node again on request, also when its credentials are damaged", async () => {
    const world = await NodeWorld.create();
    const { nodeId } = await world.init();
    expect(await world.init({ rejoin: true })).toMatchObject({ nodeId });
    expect((await readCredentials(world.folder)).api_key).toBe("key-2");
    writeFileSync(join(world.folder, "credentials.json"), "{}");
    await expect(world.init()).rejects.toMatchObject({ code: "INVALID_CONFIG" });
    await world.init({ rejoin: true });
    expect((await readCredentials(world.folder)).api_key).toBe("key-3");
  });

  it("does nothing with settings that are wrong", async () => {
    const world = await NodeWorld.create();
    const options = { folder: world.folder, joinToken: "x", version: VERSION };
    await expect(
      initNode(world.deps, { ...options, settings: { node: { name: "a", coordinator_url: "storage.example" } } }),
    ).rejects.toMatchObject({ code: "INVALID_CONFIG", message: expect.stringContaining("coordinator_url") });
    expect(world.coordinator.calls).toEqual([]);
    expect(existsSync(join(world.folder, "node.toml"))).toBe(false);
  });
});
