import { randomBytes } from "node:crypto";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "@commonhold/core/app-error.ts";
import { systemRandom } from "@commonhold/runtime/system-random.ts";
import { systemSleep } from "@commonhold/runtime/system-sleep.ts";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type DurabilityParts, openDurability } from "../coordinator-durability.ts";
import { createLogFixture } from "../http/http.fixture.ts";
import { JobRegistry } from "../jobs/job-registry.ts";
import { type DataPath, type FakeNode, openDataPath } from "./data-path.fixture.ts";

let path: DataPath;
let durability: DurabilityParts | undefined;
afterEach(async () => {
  await durability?.stop();
  durability = undefined;
  await path.close();
});

/** From now on there is repair, too. */
function openRepair(): void {
  const { api, registry, transfers, config } = path;
  const { logger } = createLogFixture();
  const jobs = new JobRegistry({ load: async () => new Map(), save: async () => undefined });
  const deps = { ...api, jobs, sleep: systemSleep, random: systemRandom, logger, registry };
  durability = openDurability(deps, transfers, config.repair);
  api.directory.check();
}

/** Runs the hand-off, has all chunks looked through, and waits for what is copied because of it. */
async function runAll(): Promise<void> {
  await run();
  await durability!.repairJob.runNow();
  await vi.waitFor(() => expect(durability!.repair.isIdle).toBe(true), 5_000);
  await run();
}

/** Opens a network of `here` nodes and one more that is away. */
async function openWithAbsent(here: number, settings: object = {}): Promise<FakeNode> {
  path = await openDataPath({ nodes: here + 1, settings });
  path.api.clock.advance(10 * 60_000);
  await comeBack(path.nodes.slice(0, here));
  return path.nodes[here]!;
}

async function comeBack(nodes: readonly FakeNode[]): Promise<void> {
  for (const node of nodes) await path.heartbeat(node);
}

async function upload(): Promise<string> {
  const body = new Uint8Array(randomBytes(1000));
  const { body: file } = await path.json("/api/v1/files/a", { method: "PUT", body });
  await path.transfers.late.idle();
  return file.file_id;
}

const replicasOf = async (fileId: string) => (await path.json(`/api/v1/files/${fileId}`)).body.replicas;
const held = () => path.nodes.map((node) => node.chunks.size);
const run = () => path.transfers.handoff.runNow();

describe("hand-off", () => {
  it("keeps the copy of a node that is away, and gives it when the node is back", async () => {
    const absent = await openWithAbsent(2);
    const file = await upload();
    expect(await replicasOf(file)).toEqual({ promised: 3, min: 2, pending: 1 });
    expect(path.transfers.spool.names()).toHaveLength(1);
    await run();
    expect(path.transfers.spool.names()).toHaveLength(1);
    await comeBack([absent]);
    await run();
    expect(held()).toEqual([1, 1, 1]);
    expect(await replicasOf(file)).toEqual({ promised: 3, min: 3, pending: 0 });
    expect(path.transfers.spool.usedBytes).toBe(0);
  });

  it("leaves to repair what the spool had no room for, or spoiled", async () => {
    const absent = await openWithAbsent(2, { storage: { spool_max_bytes: "1500B" } });
    const files = [await upload(), await upload()];
    const [name] = path.transfers.spool.names();
    expect(path.transfers.spool.names()).toHaveLength(1);
    await writeFile(join(path.spoolFolder, name!), "spoiled");
    openRepair();
    path.api.clock.advance(20_000);
    await comeBack([absent]);
    await runAll();
    expect(absent.chunks.size).toBe(2);
    for (const file of files) expect(await replicasOf(file)).toMatchObject({ min: 3, pending: 0 });
    expect(await readdir(path.spoolFolder)).toEqual([]);
  });

  it.each([
    ["was banned", (node: FakeNode) => path.ban(node)],
    ["is away for hours", async () => path.api.clock.advance(2 * 3_600_000)],
  ])("leaves to repair what was meant for a node that %s", async (_why, goAway) => {
    const absent = await openWithAbsent(3);
    path.nodes[2]!.refusal = new AppError("STORAGE_FAILURE", "a bad disk");
    const replaced = path.nodes[2]!;
    path.api.clock.advance(10 * 60_000);
    await comeBack(path.nodes.slice(0, 2));
    const file = await upload();
    expect(await replicasOf(file)).toEqual({ promised: 3, min: 2, pending: 1 });
    const row = await path.api.metadata.read
      .selectFrom("assignments")
      .select("node_id")
      .where("state", "=", "pending")
      .executeTakeFirstOrThrow();
    const intended = path.nodes.find((node) => node.id === row.node_id)!;
    const other = intended === absent ? replaced : absent;
    other.refusal = undefined;
    openRepair();
    await goAway(intended);
    await comeBack(path.nodes.filter((node) => node !== intended));
    await runAll();
    expect(other.chunks.size).toBe(1);
    expect(await replicasOf(file)).toEqual({ promised: 3, min: 3, pending: 0 });
    expect(path.transfers.spool.names()).toEqual([]);
  });

  it("leaves to repair what a node has no room for", async () => {
    const absent = await openWithAbsent(3);
    const full = path.nodes[1]!;
    full.refusal = new AppError("NO_SPACE", "full");
    const file = await upload();
    expect(await replicasOf(file)).toEqual({ promised: 3, min: 2, pending: 1 });
    openRepair();
    await runAll();
    expect(await replicasOf(file)).toMatchObject({ pending: 1 });
    await comeBack([absent]);
    await runAll();
    expect(held()).toEqual([1, 0, 1, 1]);
    expect(await replicasOf(file)).toEqual({ promised: 3, min: 3, pending: 0 });
    expect(path.transfers.spool.names()).toEqual([]);
  });

  it.each([2, 3])("is not held up by a node that hangs (%i)", async (hanging) => {
    path = await openDataPath({ nodes: 4 });
    path.api.clock.advance(10 * 60_000);
    await comeBack(path.nodes.slice(0, 2));
    const body = new Uint8Array(randomBytes(1000));
    await path.json("/api/v1/files/a?copies=4", { method: "PUT", body });
    await path.transfers.late.idle();
    path.nodes[hanging]!.hold = new Promise(() => undefined);
    await comeBack(path.nodes);
    void run();
    await vi.waitFor(() => expect(path.nodes[hanging === 2 ? 3 : 2]!.chunks.size).toBe(1), 5_000);
  });

  it("what is on its way when transfers end lies in the spool", async () => {
    path = await openDataPath({ nodes: 3 });
    const slow = path.nodes[0]!;
    slow.hold = new Promise(() => undefined);
    const body = new Uint8Array(randomBytes(1000));
    expect((await path.json("/api/v1/files/a", { method: "PUT", body })).status).toBe(201);
    expect(path.transfers.spool.names()).toEqual([]);
    await path.stopTransfers();
    expect(path.transfers.spool.names()).toEqual([...path.nodes[1]!.chunks.keys()]);
  });
});
