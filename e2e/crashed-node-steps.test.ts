import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { NODE_PACK_STEPS, NODE_UPLOAD_STEPS } from "@commonhold/runtime/upload-steps.ts";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { expectWhole, uploadUntilTrapped } from "./harness/crash-uploads.ts";
import { crashTimes } from "./harness/crash-times.ts";
import { freePort } from "./harness/free-port.ts";
import { StepTrap } from "./harness/step-trap.ts";
import {
  chunksOnDisk,
  contradictions,
  expectFullyReplicated,
  expectSoundChunks,
  expectListedAsStored,
  handOver,
  openUploads,
  restartNode,
  expectNoTemporaryFiles,
} from "./harness/stored-state.ts";
import { TestNetwork } from "./harness/test-network.ts";
import { UploadByHand } from "./harness/upload-by-hand.ts";
import { waitUntil } from "./harness/wait-until.ts";

const NODE = "node-1";
/** One chunk each: so few failures in a row do not make the coordinator rest the node. */
const FILE_BYTES = 200_000;
const SMALL_FILE_BYTES = 10_000;
/** So many at once that their chunks travel in batches. */
const SMALL_FILES = 24;

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

/** Many at once, then one after another until the trap springs: how many batches there are is a matter of speed. */
async function uploadManyWhileNodeEnds(name: string): Promise<void> {
  const upload = async (at: string): Promise<void> => {
    const file = new UploadByHand(network, `${name} ${at}`, SMALL_FILE_BYTES);
    await file.inOneStep();
    kept.push(file);
  };
  const before = kept.length;
  await Promise.all(Array.from({ length: SMALL_FILES }, (_, at) => upload(`${at}`)));
  for (let more = 0; !trap.hasSprung && more < SMALL_FILES; more++) await upload(`more ${more}`);
  await waitUntil("the trap to spring and the node to end", async () => trap.hasSprung && network.node(NODE).hasEnded);
  await expectWhole(kept.slice(before));
}

async function expectNothingHalfMade(): Promise<void> {
  await restartNode(network, NODE);
  await expectListedAsStored(network, NODE);
  await expectNoTemporaryFiles(network);
  expect(contradictions(network)).toEqual([]);
  expect(openUploads(network)).toEqual([]);
}

/** The node takes chunks again as if nothing had been; the coordinator counts its failures from zero then. */
async function expectToTakeChunks(): Promise<void> {
  const before = chunksOnDisk(network, NODE);
  const upload = new UploadByHand(network, `after-${kept.length}`, FILE_BYTES);
  await upload.inOneStep();
  kept.push(upload);
  await waitUntil(`${NODE} to take a chunk`, async () => {
    await handOver(network);
    return chunksOnDisk(network, NODE).length > before.length;
  });
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

// Last, as the coordinator rests a node that fails a whole batch.
describe.each(NODE_PACK_STEPS)("a node killed at %s, while many small files come,", (step) => {
  // The first time is that of a chunk that travels alone.
  it.each(crashTimes([3]))("time %i, costs none of them and leaves nothing half-made", async (time) => {
    trap.set(step, time);
    await uploadManyWhileNodeEnds(`${step} ${time}`);
    expect(network.node(NODE).signalCode).toBe("SIGKILL");
    await expectNothingHalfMade();
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
