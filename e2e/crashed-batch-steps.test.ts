import { join } from "node:path";
import { NODE_UPLOAD_STEPS } from "@commonhold/runtime/upload-steps.ts";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { expectWhole } from "./harness/crash-uploads.ts";
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
const FILE_BYTES = 10_000;
/** So many at once that their chunks travel in batches. */
const FILES = 24;

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

describe.each(NODE_UPLOAD_STEPS)("a node killed at %s, while many small files come,", (step) => {
  // The first time is that of a chunk that travels alone.
  it.each(crashTimes([3]))("time %i, costs none of them and leaves nothing half-made", async (time) => {
    trap.set(step, time);
    const uploads = Array.from(
      { length: FILES },
      (_, at) => new UploadByHand(network, `${step} ${time} ${at}`, FILE_BYTES),
    );
    // One after another goes on until the trap springs: how many batches there are is a matter of speed.
    await Promise.all(uploads.map((upload) => upload.inOneStep()));
    kept.push(...uploads);
    for (let more = 0; !trap.hasSprung && more < FILES; more++) {
      const upload = new UploadByHand(network, `${step} ${time} more ${more}`, FILE_BYTES);
      await upload.inOneStep();
      kept.push(upload);
    }
    await waitUntil(
      "the trap to spring and the node to end",
      async () => trap.hasSprung && network.node(NODE).hasEnded,
    );
    expect(network.node(NODE).signalCode).toBe("SIGKILL");
    await expectWhole(uploads);

    await restartNode(network, NODE);
    expect(await listedChunks(network, NODE)).toEqual(chunkFiles(network, NODE));
    expect(temporaryFiles(network)).toEqual([]);
    expect(contradictions(network)).toEqual([]);
    expect(openUploads(network)).toEqual([]);
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
