import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { expectWhole } from "./harness/crash-uploads.ts";
import { MAY_MOUNT, requireMounting, SmallDisk } from "./harness/small-disk.ts";
import { contradictions, expectFullyReplicated, expectNoTemporaryFiles, openUploads } from "./harness/stored-state.ts";
import { TestNetwork } from "./harness/test-network.ts";
import { UploadByHand } from "./harness/upload-by-hand.ts";
import { waitUntil } from "./harness/wait-until.ts";

const MB = 1_000_000;
const FILE_BYTES = 700_000;
/** Often, so that the coordinator soon knows who has room. */
const REPORTS = {
  COMMONHOLD_COORDINATOR_NODES_HEARTBEAT_INTERVAL_MS: "300",
  COMMONHOLD_COORDINATOR_NODES_OFFLINE_AFTER_S: "3",
};
/** A node that would go on to the last byte. */
const TO_THE_BRIM = { COMMONHOLD_NODE_STORAGE_MIN_FREE_DISK_BYTES: "0" };

const disks = new Map<string, SmallDisk>();
let network: TestNetwork;
const kept: UploadByHand[] = [];
let count = 0;

beforeAll(async () => {
  if (!MAY_MOUNT) return;
  network = await TestNetwork.start(4, {
    onFolder: async (role, folder) => {
      if (role !== "node-4") disks.set(role, new SmallDisk(folder, 40 * MB));
    },
    envOf: (role) => (role === "coordinator" ? REPORTS : TO_THE_BRIM),
  });
});
beforeEach(({ skip }) => requireMounting(skip));
afterAll(async () => {
  await network?.endRoles();
  for (const disk of disks.values()) disk.unmount();
  await network?.stop();
});

function disk(role: string): SmallDisk {
  const found = disks.get(role);
  if (found === undefined) throw new Error(`${role} has no disk of its own`);
  return found;
}

function newUpload(): UploadByHand {
  return new UploadByHand(network, `full-${++count}`, FILE_BYTES);
}

async function upload(kind: "inSteps" | "inOneStep" = "inOneStep"): Promise<void> {
  const done = newUpload();
  await done[kind]();
  kept.push(done);
}

/** The network takes uploads again by itself. */
async function expectToRecover(): Promise<void> {
  await waitUntil("an upload to succeed", async () => {
    await upload();
    return true;
  });
  await expectFullyReplicated(network);
  await expectNothingHalfMade();
}

async function expectNothingHalfMade(): Promise<void> {
  expect(contradictions(network)).toEqual([]);
  expect(openUploads(network)).toEqual([]);
  await expectNoTemporaryFiles(network);
  await expectWhole(kept);
}

describe("full disks of nodes", () => {
  it("send uploads to the other nodes, and the copies that are missing come when there is room", async () => {
    await upload();
    disk("node-1").fill();
    disk("node-2").fillInodes();
    await upload("inSteps");
    await upload("inOneStep");
    await expectNothingHalfMade();
    disk("node-1").empty();
    disk("node-2").empty();
    await expectToRecover();
  });

  it("refuse uploads where too few nodes have room, without a trace, until there is room again", async () => {
    for (const name of ["node-1", "node-2", "node-3"]) disk(name).fill();
    for (const kind of ["inSteps", "inOneStep"] as const) {
      const refused = newUpload();
      await expect(refused[kind]()).rejects.toMatchObject({ code: "NOT_ENOUGH_NODES" });
      if (kind === "inSteps") await refused.abort();
      await expectNothingHalfMade();
    }
    for (const name of ["node-1", "node-2", "node-3"]) disk(name).empty();
    await expectToRecover();
  });

  it("that fill up in the middle of an upload leave it resumable", async () => {
    const resumed = newUpload();
    await resumed.begin();
    await resumed.sendChunks([0]);
    for (const name of ["node-1", "node-2", "node-3"]) disk(name).fillInodes();
    await expect(resumed.sendChunks([1])).rejects.toMatchObject({ code: "NOT_ENOUGH_NODES" });
    expect(await resumed.missing()).toEqual([1, 2]);
    for (const name of ["node-1", "node-2", "node-3"]) disk(name).empty();
    await waitUntil("the upload to go on", async () => {
      await resumed.resume();
      return true;
    });
    kept.push(resumed);
    await expectToRecover();
  });
});

describe("a full disk of the coordinator", () => {
  it("refuses uploads as NO_SPACE without a trace, goes on serving, and takes uploads when there is room", async () => {
    const resumed = newUpload();
    await resumed.begin();
    await resumed.sendChunks([0]);
    disk("coordinator").fill();
    for (const kind of ["inSteps", "inOneStep"] as const) {
      await expect(newUpload()[kind]()).rejects.toMatchObject({ code: "NO_SPACE" });
    }
    await expect(resumed.sendChunks([1])).rejects.toMatchObject({ code: "NO_SPACE" });
    expect(await resumed.missing()).toEqual([1, 2]);
    await waitUntil("the nodes to have missed reports enough", async () => {
      const nodes = await network.listNodes();
      return nodes.every((node) => node.status === "offline");
    });
    await expectWhole(kept);
    expect(contradictions(network)).toEqual([]);
    disk("coordinator").empty();
    await waitUntil("the upload to go on", async () => {
      await resumed.resume();
      return true;
    });
    kept.push(resumed);
    await expectToRecover();
    expect(network.coordinator.hasEnded).toBe(false);
  });
});
