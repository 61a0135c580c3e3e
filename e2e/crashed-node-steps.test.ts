import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { NODE_UPLOAD_STEPS } from "@commonhold/runtime/upload-steps.ts";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { expectWhole, uploadUntilTrapped } from "./harness/crash-uploads.ts";
import { crashTimes } from "./harness/crash-times.ts";
import { freePort } from "./harness/free-port.ts";
import { StepTrap } from "./harness/step-trap.ts";
import {
  chunkFiles,
  contradictions,
  expectFullyReplicated,
  expectSoundChunks,
  listedChunks,
  openUploads,
  restartNode,
  temporaryFiles,
} from "./harness/stored-state.ts";
import { TestNetwork } from "./harness/test-network.ts";
import { UploadByHand } from "./harness/upload-by-hand.ts";
import { waitUntil } from "./harness/wait-until.ts";

const NODE = "node-1";
/** One chunk each: so few failures in a row do not make the coordinator rest the node. */
const FILE_BYTES = 200_000;

let network: TestNetwork;
let trap: StepTrap;
const kept: UploadByHand[] = [];

beforeAll(async () => {
  // The same after each start, as a node has it that people can reach.
  const listen = JSON.stringify([`/ip4/127.0.0.1/tcp/${await freePort()}`]);
  network = await TestNetwork.start(3, {
    onFolder: async (role, folder) => {
      if (role === "coordinator") trap = new StepTrap(join(folder, "..", "trap"));
    },
    envOf: (role) => (role === NODE ? { ...trap.env, COMMONHOLD_NODE_NETWORK_LISTEN: listen } : {}),
  });
});
afterEach(() => trap.clear());
afterAll(() => network.stop());

/** Every upload is answered for although the node ends in the middle of one. */
async function uploadWhileNodeEnds(): Promise<void> {
  const role = () => network.node(NODE);
  const options = { role, kind: "inOneStep", sizeBytes: FILE_BYTES } as const;
  const { complete, cutOff, refused } = await uploadUntilTrapped(network, trap, options);
  expect([...cutOff, ...refused]).toEqual([]);
  await expectWhole(complete);
  kept.push(...complete);
}

async function expectNothingHalfMade(): Promise<void> {
  await restartNode(network, NODE);
  expect(await listedChunks(network, NODE)).toEqual(chunkFiles(network, NODE));
  expect(temporaryFiles(network)).toEqual([]);
  expect(contradictions(network)).toEqual([]);
  expect(openUploads(network)).toEqual([]);
}

/** The node takes chunks again as if nothing had been; the coordinator counts its failures from zero then. */
async function expectToTakeChunks(): Promise<void> {
  const before = chunkFiles(network, NODE);
  const upload = new UploadByHand(network, `after-${kept.length}`, FILE_BYTES);
  await upload.inOneStep();
  kept.push(upload);
  await waitUntil(`${NODE} to take a chunk`, async () => chunkFiles(network, NODE).length > before.length);
}

describe.each(NODE_UPLOAD_STEPS)("a node killed at %s", (step) => {
  it.each(crashTimes([1]))("of a chunk, time %i, costs no upload and leaves nothing half-made", async (time) => {
    trap.set(step, time);
    await uploadWhileNodeEnds();
    expect(network.node(NODE).signalCode).toBe("SIGKILL");
    await expectNothingHalfMade();
    await expectToTakeChunks();
  });
});

describe.each(["node:temporary-written", "node:chunk-renamed"] as const)("a node told to stop at %s", (step) => {
  it("ends cleanly, costs no upload and leaves nothing half-made", async () => {
    trap.set(step, 1, "SIGTERM");
    await uploadWhileNodeEnds();
    expect(network.node(NODE).exitCode).toBe(0);
    expect(await readdir(network.nodeFolder(NODE))).not.toContain("store-open");
    await expectNothingHalfMade();
    await expectToTakeChunks();
  });
});

describe("after all of it", () => {
  it("every copy is in its place, and every byte of every copy is right", async () => {
    await expectFullyReplicated(network);
    expect(contradictions(network)).toEqual([]);
    for (const name of network.nodes.keys()) await expectSoundChunks(network, name);
    await expectWhole(kept);
  });
});
