import { once } from "node:events";
import { open, readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { expectWhole } from "./harness/crash-uploads.ts";
import { type CommandResult, runCommand } from "./harness/role-process.ts";
import { MAY_MOUNT, requireMounting, SmallDisk } from "./harness/small-disk.ts";
import { chunksOnDisk, contradictions, listedChunks, restartNode } from "./harness/stored-state.ts";
import { TestNetwork } from "./harness/test-network.ts";
import { UploadByHand } from "./harness/upload-by-hand.ts";

/** sysexits.h, as core's error codes have them. */
const CANNOT_CREATE = 73;
const INPUT_OUTPUT = 74;
/** One that starts after all is ended then, and fails its test. */
const REFUSAL_MS_MAX = 30_000;

const disks = new Map<string, SmallDisk>();
let network: TestNetwork;
let kept: UploadByHand;

beforeAll(async () => {
  network = await TestNetwork.start(2, {
    onFolder: async (role, folder) => {
      if (MAY_MOUNT && role !== "node-2") disks.set(role, new SmallDisk(folder, 60_000_000));
    },
    envOf: (role) => (role === "coordinator" ? {} : { COMMONHOLD_NODE_STORAGE_MIN_FREE_DISK_BYTES: "0" }),
  });
  kept = new UploadByHand(network, "kept", 600_000);
  await kept.inSteps();
});
afterAll(async () => {
  await network.endRoles();
  for (const disk of disks.values()) disk.unmount();
  await network.stop();
});

function startCoordinator(...more: readonly string[]): Promise<CommandResult> {
  const args = ["coordinator", "start", "--data", network.coordinatorFolder(), ...more];
  return runCommand(args, { timeoutMs: REFUSAL_MS_MAX });
}

function startNode(name: string, env: Readonly<Record<string, string>> = {}): Promise<CommandResult> {
  return runCommand(["node", "start", "--data", network.nodeFolder(name)], {
    env,
    timeoutMs: REFUSAL_MS_MAX,
  });
}

async function listenSomewhere(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, port: (server.address() as AddressInfo).port };
}

async function flipByte(file: string, offset: number): Promise<void> {
  await using handle = await open(file, "r+");
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, offset);
  buffer[0]! ^= 0xff;
  await handle.write(buffer, 0, 1, offset);
}

describe("a data folder that is used already", () => {
  it("is refused to a second coordinator and a second node, by the pid of the first, which goes on", async () => {
    const coordinator = await startCoordinator("--port", "0");
    expect(coordinator).toMatchObject({ code: CANNOT_CREATE, stderr: expect.stringContaining("(ALREADY_RUNNING)") });
    expect(coordinator.stderr).toContain(`process ${network.coordinator.pid}`);
    const node = await startNode("node-1");
    expect(node).toMatchObject({ code: CANNOT_CREATE, stderr: expect.stringContaining("(ALREADY_RUNNING)") });
    expect(node.stderr).toContain(`process ${network.node("node-1").pid}`);
    await expectWhole([kept]);
  });
});

describe("while nothing runs", () => {
  beforeAll(async () => {
    await network.endRoles();
  });

  it.each(["coordinator", "node-1"])("a read-only folder of the %s is named", async (role) => {
    const disk = disks.get(role)!;
    disk.remount("ro");
    const refused = role === "coordinator" ? await startCoordinator("--port", "0") : await startNode(role);
    disk.remount("rw");
    expect(refused).toMatchObject({ code: INPUT_OUTPUT, stderr: expect.stringContaining("(STORAGE_FAILURE)") });
    expect(refused.stderr).toContain(disk.folder);
  });

  beforeEach(({ skip, task }) => {
    if (task.name.includes("read-only")) requireMounting(skip);
  });

  it("a port that is in use is named by the coordinator and by a node", async () => {
    const { server, port } = await listenSomewhere();
    const multiaddr = `/ip4/127.0.0.1/tcp/${port}`;
    const peers = await startNode("node-1", { COMMONHOLD_NODE_NETWORK_LISTEN: JSON.stringify([multiaddr]) });
    const http = await startCoordinator("--port", String(port));
    const admin = await startNode("node-1", { COMMONHOLD_NODE_NETWORK_ADMIN_PORT: String(port) });
    server.close();
    expect(peers.code).not.toBe(0);
    expect(peers.stderr).toContain(multiaddr);
    for (const { code, stderr } of [http, admin]) {
      expect(stderr).toContain("(PORT_IN_USE)");
      expect(stderr).toContain(String(port));
      expect(code).toBe(CANNOT_CREATE);
    }
  });

  it("a damaged metadata.db stops the start with a clear error, and is left as it is", async () => {
    const file = join(network.coordinatorFolder(), "metadata.db");
    const backup = await readFile(file);
    await flipByte(file, 4096 * 4 + 3);
    const damaged = await readFile(file);
    const refused = await startCoordinator("--port", "0");
    expect(refused).toMatchObject({ code: INPUT_OUTPUT, stderr: expect.stringContaining("(STORAGE_FAILURE)") });
    expect(refused.stderr).toMatch(/damaged: restore it from a backup/);
    expect(damaged.equals(await readFile(file))).toBe(true);
    await writeFile(file, backup);
  });

  it("nothing is lost: everything runs again, and a damaged index.db of a node is made anew", async () => {
    const file = join(network.nodeFolder("node-1"), "index.db");
    for (const offset of [20, 100, 4096 + 8]) await flipByte(file, offset);
    await network.startCoordinator();
    for (const name of network.nodes.keys()) await restartNode(network, name);
    await expectWhole([kept]);
    expect(contradictions(network)).toEqual([]);
    expect(await listedChunks(network, "node-1")).toEqual(chunksOnDisk(network, "node-1"));
    expect(network.node("node-1").output).toContain("the index is made anew");
  });
});
