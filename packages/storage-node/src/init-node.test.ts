import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { initNode } from "./init-node.ts";
import { readCredentials } from "./membership/credentials.ts";
import { NodeWorld, VERSION } from "./testing/node-world.ts";
import { filesBelow } from "./testing/open-test-store.ts";

describe("node init", () => {
  it("makes a folder with a key, explained settings and a membership", async () => {
    const world = await NodeWorld.create();
    const made = await world.init();
    expect(made).toMatchObject({ name: "attic", folder: world.folder, coordinatorPeerId: world.identity.peerId });
    expect(statSync(world.folder).mode & 0o777).toBe(0o700);
    expect(readFileSync(join(world.folder, ".gitignore"), "utf8")).toBe("*\n");
    for (const file of ["identity.key", "credentials.json"]) {
      expect(statSync(join(world.folder, file)).mode & 0o777).toBe(0o600);
    }
    const toml = readFileSync(made.configFile, "utf8");
    for (const line of ['name = "attic"', 'max_bytes = "20MB"', "# admin_port = 0", "# interval_ms = 30000"]) {
      expect(toml).toContain(line);
    }
    expect(world.coordinator.calls[0]?.body).toMatchObject({
      name: "attic",
      peer_id: made.nodeId,
      join_token: "join-me",
      labels: { site: "home" },
      capacity_bytes: 20_000_000,
      free_bytes: 20_000_000,
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

  it.each([
    ["its token is refused", 403, "INVALID_JOIN_TOKEN"],
    ["its name is taken", 409, "NODE_NAME_TAKEN"],
  ] as const)("leaves nothing behind where %s, and can simply be run again", async (_, status, code) => {
    const world = await NodeWorld.create();
    world.coordinator.answerWith(() => ({ status, body: { error: { code, message: "no" } } }));
    await expect(world.init()).rejects.toMatchObject({ code });
    expect(existsSync(world.folder)).toBe(false);
    expect(existsSync(dirname(world.folder))).toBe(true);
    world.answer({});
    await world.init();
  });

  it("leaves nothing behind where no coordinator listens, nor where a redirect or a mere proxy answers", async () => {
    const world = await NodeWorld.create();
    const refused = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
    const fetch = () => Promise.reject(new TypeError("fetch failed", { cause: refused }));
    await expect(world.init({ fetch })).rejects.toMatchObject({ code: "COORDINATOR_UNREACHABLE" });
    expect(existsSync(world.folder)).toBe(false);
    for (const answer of [
      { status: 301, headers: { location: "https://x.example/" } },
      { status: 404, text: "no" },
    ]) {
      world.coordinator.answerWith(() => answer);
      await expect(world.init()).rejects.toMatchObject({ code: "COORDINATOR_UNREACHABLE" });
      expect(existsSync(world.folder)).toBe(false);
    }
  });

  it("leaves a folder that was there as it was", async () => {
    const world = await NodeWorld.create();
    world.answer("away");
    await expect(world.init()).rejects.toMatchObject({ code: "COORDINATOR_UNREACHABLE" });
    writeFileSync(join(world.folder, "node.toml"), "# mine");
    writeFileSync(join(world.folder, "notes.txt"), "");
    const before = filesBelow(world.folder);
    const key = readFileSync(join(world.folder, "identity.key"));
    world.coordinator.answerWith(() => ({ status: 409, body: { error: { code: "NODE_NAME_TAKEN", message: "no" } } }));
    await expect(world.init()).rejects.toMatchObject({ code: "NODE_NAME_TAKEN" });
    expect(filesBelow(world.folder)).toEqual(before);
    expect(readFileSync(join(world.folder, "node.toml"), "utf8")).toBe("# mine");
    expect(Buffer.compare(readFileSync(join(world.folder, "identity.key")), key)).toBe(0);
  });

  it.each([
    ["was lost", undefined],
    ["was an error after the fact", { status: 500, body: { error: { code: "INTERNAL", message: "no" } } }],
    ["is not understood", { status: 201, body: {} }],
  ])("keeps the key where the answer %s, and registers the same node when run again", async (_, answer) => {
    const world = await NodeWorld.create();
    world.coordinator.answerWith(() => answer);
    await expect(world.init()).rejects.toThrow();
    const asked = world.coordinator.calls[0]!.body["peer_id"];
    world.answer({});
    expect((await world.init()).nodeId).toBe(asked);
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
    expect(existsSync(world.folder)).toBe(false);
  });

  it("refuses to lend less than a few chunks", async () => {
    const world = await NodeWorld.create();
    const settings = { node: { name: "a", coordinator_url: world.coordinator.url }, storage: { max_bytes: 5 } };
    await expect(
      initNode(world.deps, { folder: world.folder, joinToken: "x", version: VERSION, settings }),
    ).rejects.toMatchObject({
      code: "INVALID_CONFIG",
      message: expect.stringMatching(/storage\.max_bytes.* is 5: it must be .* at least 16MiB/),
    });
  });
});
