import { AppError } from "@commonhold/core/app-error.ts";
import type { FileId, NodeId, UserId } from "@commonhold/core/ids.ts";
import { PRIORITIES } from "@commonhold/core/priority.ts";
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  type CatalogHarness,
  chunkNameOf,
  createMemoryHarness,
  createMetadataHarness,
  type InProcessMetadata,
  NODES,
} from "./catalog.fixture.ts";

const NAMES = Array.from({ length: 5 }, (_, index) => chunkNameOf(index));
const PAGE = { limit: 100 };

/** The same for both catalogs; later from step to step. */
interface Moment {
  readonly nowMs: number;
  /** Of the next deletion. */
  readonly epoch: number;
  /** Every file that was added. */
  readonly files: readonly FileId[];
}

const promise = fc.record({
  copies: fc.integer({ min: 1, max: 4 }),
  priority: fc.constantFrom(...PRIORITIES),
  pins: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.subarray([...NODES], { maxLength: 2 }) },
  ),
});
const replicas = fc.uniqueArray(
  fc.record({
    nodeId: fc.constantFrom(...NODES),
    state: fc.constantFrom("active" as const, "active" as const, "pending" as const),
  }),
  { selector: (replica) => replica.nodeId, maxLength: 4 },
);

/** What any operation may be given; each takes what it needs. */
const operation = fc.record({
  kind: fc.oneof(
    { weight: 4, arbitrary: fc.constant("addChunk" as const) },
    { weight: 3, arbitrary: fc.constant("addFile" as const) },
    { weight: 2, arbitrary: fc.constantFrom("deleteFile" as const, "purgeFile" as const, "releaseChunk" as const) },
    { weight: 2, arbitrary: fc.constantFrom("dropReplicas" as const, "collect" as const, "settle" as const) },
    {
      weight: 4,
      arbitrary: fc.constantFrom(
        ...([
          "restoreFile",
          "recordReplica",
          "doubt",
          "leave",
          "stay",
          "strays",
          "forgetSettled",
          "forgetNode",
        ] as const),
      ),
    },
  ),
  name: fc.constantFrom(...NAMES),
  names: fc.subarray(NAMES),
  nodeId: fc.constantFrom(...NODES),
  otherNodeId: fc.option(fc.constantFrom(...NODES), { nil: undefined }),
  counted: fc.subarray([...NODES], { minLength: 2 }),
  replicas,
  promise,
  outcomes: fc.array(fc.constantFrom("deleted" as const, "stored_anew" as const), { minLength: 5, maxLength: 5 }),
  /** How far an epoch or a time lies back. */
  lag: fc.integer({ min: 0, max: 4 }),
  limit: fc.integer({ min: 1, max: 3 }),
  isSo: fc.boolean(),
  index: fc.nat(),
});
type Operation = typeof operation extends fc.Arbitrary<infer Value> ? Value : never;
type Perform = (harness: CatalogHarness, given: Operation, moment: Moment) => Promise<unknown>;

const epochBefore = ({ epoch }: Moment, lag: number): number => Math.max(0, epoch - 1 - lag);
const anyFile = ({ files }: Moment, index: number): FileId =>
  files[index % Math.max(1, files.length)] ?? ("none" as FileId);

const PERFORM: Readonly<Record<Operation["kind"], Perform>> = {
  addChunk: ({ uploader }, given, moment) =>
    uploader.addChunk({
      ...given.promise,
      name: given.name,
      ownerId: "ada" as UserId,
      sealedLength: 100,
      replicas: given.replicas,
      epoch: epochBefore(moment, given.lag),
      nowMs: moment.nowMs,
    }),
  releaseChunk: ({ uploader }, { name }) => uploader.releaseChunk(name),
  addFile: ({ uploader }, { promise: terms, names, name }, { nowMs }) =>
    uploader.addFile({ ...terms, id: fileIdAt(nowMs), chunks: [name, ...names] }),
  deleteFile: ({ uploader }, { index }, moment) => uploader.deleteFile(anyFile(moment, index), moment.nowMs),
  restoreFile: ({ uploader }, { index }, moment) => uploader.restoreFile(anyFile(moment, index)),
  purgeFile: async ({ catalog }, { index, lag, limit }, moment) => {
    const due = await catalog.filesToPurge(moment.nowMs - lag, limit);
    return [due, await catalog.purgeFile(due.at(-1) ?? anyFile(moment, index), moment.nowMs - lag, limit)];
  },
  recordReplica: ({ catalog }, { name, nodeId, otherNodeId, lag, isSo }, moment) =>
    catalog.recordReplica({
      name,
      nodeId,
      epoch: isSo ? epochBefore(moment, lag) : undefined,
      ...(otherNodeId === undefined ? {} : { insteadOf: otherNodeId }),
      nowMs: moment.nowMs,
    }),
  doubt: ({ catalog }, { nodeId, names }, { nowMs }) => catalog.doubtReplicas(nodeId, names, nowMs),
  leave: ({ catalog }, { nodeId, names }, { nowMs }) => catalog.leaveReplicas(nodeId, names, nowMs),
  stay: ({ catalog }, { nodeId, names }, { nowMs }) => catalog.stayReplicas(nodeId, names, nowMs),
  dropReplicas: ({ catalog }, { nodeId, names, counted, isSo }, { epoch, nowMs }) =>
    catalog.dropReplicas(nodeId, names, { counted, epoch, nowMs, delivered: isSo }),
  collect: ({ catalog }, { names }, { epoch, nowMs }) => catalog.collectUnreferenced(names, { epoch, nowMs }),
  strays: ({ catalog }, { nodeId, names }, { epoch, nowMs }) => catalog.deleteStrays(nodeId, names, { epoch, nowMs }),
  settle: async ({ catalog }, { nodeId, outcomes, isSo }, { epoch, nowMs }) => {
    const waiting = await catalog.deletionsOf(nodeId, PAGE);
    const answers = waiting.map((deletion, index) => ({
      name: deletion.name,
      // Some answers are about an earlier deletion.
      epoch: Math.max(1, deletion.epoch - (isSo ? index % 2 : 0)),
      outcome: outcomes[index]!,
    }));
    await catalog.settleDeletions(nodeId, answers, { freshEpoch: epoch, nowMs });
  },
  forgetSettled: ({ catalog }, { lag, limit }, { nowMs }) => catalog.forgetSettledDeletions(nowMs - lag, limit),
  forgetNode: ({ catalog }, { nodeId, limit }, { nowMs }) => catalog.forgetNode(nodeId, limit, nowMs),
};

function fileIdAt(nowMs: number): FileId {
  return `file-${nowMs}` as FileId;
}

/** A refusal is an answer too. */
async function answerOf(harness: CatalogHarness, given: Operation, moment: Moment): Promise<unknown> {
  try {
    return (await PERFORM[given.kind](harness, given, moment)) ?? "done";
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return error.code;
  }
}

async function stateOf({ catalog }: CatalogHarness): Promise<unknown> {
  const ofNode = async (node: NodeId) => ({
    expected: await catalog.expectedOf(node, PAGE),
    chunks: (await catalog.pageOfNode(node, PAGE)).map((chunk) => chunk.name),
    holdings: await catalog.holdingsOf(node),
    deletions: await catalog.deletionsOf(node, PAGE),
  });
  return {
    chunks: await catalog.page(PAGE),
    nodes: await Promise.all(NODES.map(ofNode)),
    waiting: await catalog.waitingDeletions(),
    highestEpoch: await catalog.highestEpoch(),
    filesToPurge: await catalog.filesToPurge(1_000_000, 100),
  };
}

/** A copy is expected or to be deleted, never both. */
async function expectNoCopyToBeBoth({ read }: InProcessMetadata): Promise<void> {
  const both = await read
    .selectFrom("assignments")
    .innerJoin("deletions", (join) =>
      join
        .onRef("deletions.node_id", "=", "assignments.node_id")
        .onRef("deletions.chunk_name", "=", "assignments.chunk_name"),
    )
    .select("deletions.chunk_name")
    .execute();
  expect(both).toEqual([]);
}

it("both catalogs answer the same to the same operations", async () => {
  /** So that the test cannot pass because everything is refused. */
  const applied = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 20, maxLength: 50, size: "max" }), async (operations) => {
      const memory = await createMemoryHarness();
      const stored = await createMetadataHarness();
      const files: FileId[] = [];
      for (const [index, given] of operations.entries()) {
        const moment = { nowMs: 1_000 + index, epoch: index + 1, files: [...files] };
        const answer = await answerOf(stored, given, moment);
        expect(await answerOf(memory, given, moment)).toEqual(answer);
        expect(await stateOf(memory)).toEqual(await stateOf(stored));
        if (typeof answer !== "string" || answer === "done") applied.add(given.kind);
        if (given.kind === "addFile" && answer === "done") files.push(fileIdAt(moment.nowMs));
      }
      await expectNoCopyToBeBoth(stored.metadata);
    }),
    { numRuns: 40 },
  );
  expect([...applied].toSorted()).toEqual(Object.keys(PERFORM).toSorted());
});
