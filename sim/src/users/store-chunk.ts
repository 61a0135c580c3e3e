import { hasCode } from "@commonhold/core/app-error.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import type { CoordinatorServices } from "../coordinator/coordinator-services.ts";
import type { StoredFile } from "../coordinator/stored-files.ts";
import { quorumOf, writeChunk, type Written } from "../coordinator/write-chunk.ts";
import type { SimulatedWorld } from "../world/simulated-world.ts";

/** A deletion of the same chunk that comes between makes a try void. */
const TRIES_MAX = 5;

export interface StoreDeps {
  readonly world: SimulatedWorld;
  readonly services: CoordinatorServices;
}

export interface StoreOrder {
  readonly file: StoredFile;
  readonly name: ChunkName;
}

/**
 * A chunk of an upload on its way, as the coordinator's pipeline does it: not at all where enough copies stand, else to
 * a quorum of nodes, then into the catalog; the rest follows.
 * @throws AppError NOT_ENOUGH_NODES, CONCURRENT_CHANGE
 */
export async function storeChunk(deps: StoreDeps, order: StoreOrder): Promise<void> {
  const { world, services } = deps;
  const end = services.writing.begin(order.name);
  services.life.onEnd(end);
  for (let tries = 1; ; tries++) {
    try {
      const { late, epoch } = await storeOnce(deps, order);
      void followLate(deps, order, { late, epoch }).finally(end);
      return;
    } catch (error) {
      world.trace.record("store_failed", { chunk: order.name, note: String(error) });
      if (hasCode(error, "CONCURRENT_CHANGE") && tries < TRIES_MAX) continue;
      end();
      throw error;
    }
  }
}

async function storeOnce(
  { world, services }: StoreDeps,
  { file, name }: StoreOrder,
): Promise<{ readonly late: Written["late"]; readonly epoch: number }> {
  const { catalog, epochs, watch, transfers, placement, life } = services;
  const { ownerId, copies } = file;
  const truth = world.truth.get(name) ?? world.truth.define({ name, ownerId, length: 1024 ** 2 });
  const epoch = epochs.current();
  const chunk = { name, sealedLength: truth.length };
  const known = await catalog.get(name);
  const isPresent = (nodeId: NodeId): boolean =>
    watch.standingOf(nodeId) === "live" && !services.doubtful.has(name, nodeId);
  const holders =
    known === undefined || known.copies < copies
      ? []
      : known.replicas.filter(({ nodeId, state }) => state === "active" && isPresent(nodeId));
  const isThere = holders.length >= quorumOf(copies);
  const written: Written = isThere
    ? { active: [], late: [] }
    : await writeChunk({ transfers, placement }, { chunk, ownerId, copies, epoch }, new AbortController().signal);
  for (const nodeId of written.active) services.doubtful.clear(name, nodeId);
  await life.through(() => {
    world.catalog.addChunk({
      name,
      ownerId,
      sealedLength: truth.length,
      copies,
      priority: file.priority,
      pins: file.pins,
      epoch,
      replicas: [
        ...written.active.map((nodeId) => ({ nodeId, state: "active" as const })),
        ...written.late.map(({ intended }) => ({ nodeId: intended, state: "pending" as const })),
      ],
      nowMs: world.time.clock().nowMs(),
    });
    file.chunks.push(name);
    world.truth.use(name, file.id, copies);
    const note = `${file.id}, ${written.active.join(" ") || "nothing sent"}, epoch ${epoch}`;
    world.trace.record("acknowledged", { chunk: name, note });
    for (const nodeId of written.active) for (const checker of world.checkers) checker.onRecorded?.(name, nodeId);
    const missingCopies = copies - written.active.length;
    for (const checker of world.checkers) checker.onWorkGiven?.(missingCopies * truth.length);
    return Promise.resolve();
  });
  return { late: written.late, epoch };
}

async function followLate(
  { world, services }: StoreDeps,
  { name }: StoreOrder,
  { late, epoch }: { readonly late: Written["late"]; readonly epoch: number },
): Promise<void> {
  const follow = async (copy: Written["late"][number]): Promise<void> => {
    const nodeId = await copy.arrived;
    if (nodeId === undefined) return;
    try {
      const nowMs = world.time.clock().nowMs();
      await services.catalog.recordReplica({ name, nodeId, epoch, insteadOf: copy.intended, nowMs });
    } catch (error) {
      if (hasCode(error, "CHUNK_NOT_FOUND", "CONCURRENT_CHANGE")) return;
      world.fail("error", "a late copy could not be recorded", { chunk: name, cause: error });
    }
  };
  await Promise.all(late.map(follow));
}
