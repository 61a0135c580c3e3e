import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import type { ChunkRecord } from "@commonhold/core/repair/chunk-record.ts";
import type { ReplicaCatalog } from "@commonhold/metadata/catalog/replica-catalog.ts";
import type { SeededRandom } from "../chance/seeded-random.ts";
import type { SimulatedWorld } from "../world/simulated-world.ts";
import type { LifeDeps } from "./life-foundation.ts";

/** Most calls take no time; these take some, before or after the change was made, so that other things get between. */
const SLOW_SHARE = 0.05;
const SLOW_MS_MAX = 400;

/** The catalog as one life of the coordinator has it: with delays, cut off when it ends, and watched. */
export function observeCatalog(deps: LifeDeps): ReplicaCatalog {
  const { world, disk, life, random } = deps;
  const { catalog, checkers, trace } = world;
  const call: Call = (work) => life.through(() => slowly(world, random, work));
  return {
    ...replicaChanges(world, call),
    get: (name) => call(() => catalog.get(name)),
    getMany: (names) => call(() => catalog.getMany(names)),
    page: (page) => call(() => catalog.page(page)),
    pageOfNode: (nodeId, page) => call(() => catalog.pageOfNode(nodeId, page)),
    expectedOf: (nodeId, page) => call(() => catalog.expectedOf(nodeId, page)),
    holdingsOf: (nodeId) => call(() => catalog.holdingsOf(nodeId)),
    collectUnreferenced: (names, terms) =>
      call(async () => {
        const count = await catalog.collectUnreferenced(names, terms);
        trace.record("collected", { note: `${count}, epoch ${terms.epoch}` });
        return count;
      }),
    deleteStrays: (nodeId, names, terms) =>
      call(async () => {
        const count = await catalog.deleteStrays(nodeId, names, terms);
        for (const name of names) trace.record("stray", { nodeId, chunk: name, note: `epoch ${terms.epoch}` });
        for (const checker of checkers) checker.onStrays?.(nodeId, names);
        return count;
      }),
    highestEpoch: () => call(() => catalog.highestEpoch()),
    deletionsOf: (nodeId, page) => call(() => catalog.deletionsOf(nodeId, page)),
    waitingDeletions: () => call(() => catalog.waitingDeletions()),
    settleDeletions: (nodeId, outcomes, terms) =>
      call(async () => {
        await catalog.settleDeletions(nodeId, outcomes, terms);
        for (const { name, epoch, outcome } of outcomes) {
          trace.record("settled", { nodeId, chunk: name, note: `${outcome}, epoch ${epoch}` });
        }
      }),
    forgetSettledDeletions: (beforeMs, limit) => call(() => catalog.forgetSettledDeletions(beforeMs, limit)),
    forgetNode: (nodeId, limit, nowMs) => call(() => catalog.forgetNode(nodeId, limit, nowMs)),
    filesToPurge: (beforeMs, limit) => call(() => catalog.filesToPurge(beforeMs, limit)),
    purgeFile: (fileId, beforeMs, limit) =>
      call(async () => {
        const purged = await catalog.purgeFile(fileId, beforeMs, limit);
        trace.record("purged", { note: fileId });
        if (purged.isGone) disk.files.remove(fileId);
        return purged;
      }),
  };
}

type Call = <T>(work: () => Promise<T>) => Promise<T>;

function replicaChanges(
  world: SimulatedWorld,
  call: Call,
): Pick<ReplicaCatalog, "recordReplica" | "doubtReplicas" | "leaveReplicas" | "stayReplicas" | "dropReplicas"> {
  const { catalog, checkers, trace } = world;
  const given = (bytes: number): void => {
    for (const checker of checkers) checker.onWorkGiven?.(bytes);
  };
  return {
    recordReplica: (replica) =>
      call(async () => {
        await catalog.recordReplica(replica);
        const { name, nodeId } = replica;
        trace.record("recorded", { nodeId, chunk: name, note: `epoch ${replica.epoch ?? "none"}` });
        for (const checker of checkers) checker.onRecorded?.(name, nodeId);
      }),
    doubtReplicas: (nodeId, names, nowMs) =>
      call(async () => {
        const before = await stateOf(world, nodeId, names);
        const count = await catalog.doubtReplicas(nodeId, names, nowMs);
        for (const { name, sealedLength } of before) {
          trace.record("doubted", { nodeId, chunk: name });
          given(sealedLength);
        }
        return count;
      }),
    leaveReplicas: (nodeId, names, nowMs) =>
      call(async () => {
        const left = await catalog.leaveReplicas(nodeId, names, nowMs);
        const chunks = await catalog.getMany(left);
        for (const chunk of chunks.values()) {
          trace.record("leaving", { nodeId, chunk: chunk.name });
          given(chunk.sealedLength);
        }
        return left;
      }),
    stayReplicas: (nodeId, names, nowMs) => call(() => catalog.stayReplicas(nodeId, names, nowMs)),
    dropReplicas: (nodeId, names, terms) =>
      call(async () => {
        const dropped = await catalog.dropReplicas(nodeId, names, terms);
        for (const name of dropped) {
          const note = `epoch ${terms.epoch}${terms.delivered === true ? ", by the node itself" : ""}`;
          trace.record("dropped", { nodeId, chunk: name, note });
        }
        const chunks = dropped.length === 0 ? [] : [...(await catalog.getMany(dropped)).values()];
        for (const checker of checkers) checker.onDropped?.(nodeId, chunks);
        return dropped;
      }),
  };
}

async function slowly<T>(world: SimulatedWorld, random: SeededRandom, work: () => Promise<T>): Promise<T> {
  if (!random.isLucky(SLOW_SHARE)) return await work();
  const isBefore = random.isLucky(0.5);
  const delayMs = random.between(1, SLOW_MS_MAX);
  if (isBefore) await pass(world, delayMs);
  const value = await work();
  if (!isBefore) await pass(world, delayMs);
  return value;
}

function pass(world: SimulatedWorld, ms: number): Promise<void> {
  return new Promise((resolve) => void world.time.after(ms, resolve));
}

/** Chunks of which the node's copy counts or is leaving. */
async function stateOf(
  world: SimulatedWorld,
  nodeId: NodeId,
  names: readonly ChunkName[],
): Promise<readonly ChunkRecord[]> {
  const chunks = await world.catalog.getMany(names);
  return [...chunks.values()].filter(({ replicas }) =>
    replicas.some((each) => each.nodeId === nodeId && (each.state === "active" || each.state === "leaving")),
  );
}
