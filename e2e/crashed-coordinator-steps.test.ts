import { join } from "node:path";
import { COORDINATOR_UPLOAD_STEPS, type UploadStep } from "@commonhold/runtime/upload-steps.ts";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { expectWhole, uploadUntilTrapped, type UploadKind } from "./harness/crash-uploads.ts";
import { crashTimes } from "./harness/crash-times.ts";
import { StepTrap } from "./harness/step-trap.ts";
import {
  contradictions,
  expectFullyReplicated,
  openUploads,
  spooledChunks,
  expectNoTemporaryFiles,
} from "./harness/stored-state.ts";
import { TestNetwork } from "./harness/test-network.ts";
import type { UploadByHand } from "./harness/upload-by-hand.ts";

/** Three chunks, the last one small. */
const FILE_BYTES = 2 * 256 * 1024 + 1000;
/** Come only while a node is away. */
const AWAY_STEPS: readonly UploadStep[] = ["coordinator:handoff-spooled"];
/** Come only for copies that arrive after the upload was answered. */
const LATE_STEPS: readonly UploadStep[] = ["coordinator:before-late-copies", "coordinator:late-copies-recorded"];
/** Where an upload in one step and one in several leave different things behind. */
const TELLING_STEPS: readonly UploadStep[] = ["coordinator:session-begun", "coordinator:after-chunk-commit"];
const STEPS = COORDINATOR_UPLOAD_STEPS.filter((step) => !AWAY_STEPS.includes(step));

let network: TestNetwork;
let trap: StepTrap;
const kept: UploadByHand[] = [];

beforeAll(async () => {
  network = await TestNetwork.start(3, {
    onFolder: async (role, folder) => {
      if (role === "coordinator") trap = new StepTrap(join(folder, "..", "trap"));
    },
    envOf: (role) => (role === "coordinator" ? trap.env : {}),
  });
});
afterEach(() => trap.clear());
afterAll(() => network.stop());

/** Where it was away often or for long, nodes may have to be heard again before they count. */
async function restartCoordinator(): Promise<void> {
  await network.startCoordinator();
  await network.waitForActive([...network.nodes.values()].filter((node) => !node.hasEnded).length);
}

/** Uploads until the coordinator is killed, starts it again, and looks for anything lost or half-made. */
async function expectToSurvive(kind: UploadKind, step: UploadStep, time: number): Promise<void> {
  trap.set(step, time);
  const role = () => network.coordinator;
  const { complete, cutOff, refused } = await uploadUntilTrapped(network, trap, {
    role,
    kind,
    sizeBytes: FILE_BYTES,
    ...(LATE_STEPS.includes(step) ? { lateNode: network.node("node-3") } : {}),
  });
  expect(network.coordinator.signalCode).toBe("SIGKILL");
  expect(refused).toEqual([]);
  await restartCoordinator();

  expect(contradictions(network)).toEqual([]);
  await expectNoTemporaryFiles(network);
  const resumable = cutOff.filter((upload) => upload.session !== undefined);
  for (const upload of resumable) {
    const missing = await upload.missing();
    expect(missing.filter((index) => upload.acknowledged.has(index))).toEqual([]);
    await upload.resume();
  }
  await expectWhole([...complete, ...resumable]);
  kept.push(...complete, ...resumable);
  if (kind === "inSteps") await giveUpUnanswered(cutOff.filter((upload) => upload.session === undefined));
  expect(openUploads(network)).toEqual([]);
  expect(contradictions(network)).toEqual([]);
}

/** A session may be open though nobody was told of it: it can be given up as any other, and else runs out of time. */
async function giveUpUnanswered(unanswered: readonly UploadByHand[]): Promise<void> {
  const names = unanswered.map(({ name }) => name);
  for (const { id, name } of openUploads(network)) {
    expect(names).toContain(name);
    const answer = await network.call(`/api/v1/files/upload/${id}`, { method: "DELETE" });
    expect(answer.status).toBe(204);
  }
}

describe.each(STEPS)("a coordinator killed at %s", (step) => {
  it.each(crashTimes(TELLING_STEPS.includes(step) ? [1, 2] : [1]))(
    "of an upload, time %i, loses nothing and leaves nothing half-made",
    async (time) => {
      await expectToSurvive(time % 2 === 1 ? "inSteps" : "inOneStep", step, time);
    },
  );
});

describe("a coordinator killed while a node is away", () => {
  beforeAll(async () => {
    await network.node("node-3").end();
  });

  it.each([
    ["coordinator:before-late-copies", 1],
    ["coordinator:handoff-spooled", 2],
  ] as const)("at %s, time %i, loses nothing and leaves nothing half-made", async (step, time) => {
    await expectToSurvive("inSteps", step, time);
  });

  it("has every copy in its place when the node is back, and an empty spool", async () => {
    network.startNode("node-3");
    await expectFullyReplicated(network);
    expect(spooledChunks(network)).toEqual([]);
    expect(contradictions(network)).toEqual([]);
    await expectWhole(kept);
  });
});

describe.each(["coordinator:quorum-reached"] as const)("a coordinator told to stop at %s", (step) => {
  it("lets the upload end, ends cleanly, and leaves nothing half-made", async () => {
    trap.set(step, 1, "SIGTERM");
    const { complete, cutOff, refused } = await uploadUntilTrapped(network, trap, {
      role: () => network.coordinator,
      kind: "inOneStep",
      sizeBytes: FILE_BYTES,
    });
    expect(network.coordinator.exitCode).toBe(0);
    expect(complete).toHaveLength(1);
    expect([...cutOff, ...refused]).toEqual([]);
    await restartCoordinator();
    expect(contradictions(network)).toEqual([]);
    expect(openUploads(network)).toEqual([]);
    await expectNoTemporaryFiles(network);
    await expectWhole(complete);
  });
});
