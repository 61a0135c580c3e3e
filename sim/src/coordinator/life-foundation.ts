import type { Clock } from "@commonhold/core/clock.ts";
import { standingOf } from "@commonhold/core/failure/node-standing.ts";
import type { DeclaredNodeState } from "@commonhold/core/failure/node-status.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import { ChunksBeingWritten } from "@commonhold/coordinator/anti-entropy/chunks-being-written.ts";
import { type DeleteEpochs, openDeleteEpochs } from "@commonhold/coordinator/transfers/delete-epochs.ts";
import { createPlacementView, type PlacementView } from "@commonhold/coordinator/transfers/placement-view.ts";
import type { ReplicaCatalog } from "@commonhold/metadata/catalog/replica-catalog.ts";
import type { SeededRandom } from "../chance/seeded-random.ts";
import type { SimulatedTransfers } from "../network/simulated-transfers.ts";
import type { SimulatedWorld } from "../world/simulated-world.ts";
import type { CoordinatorLife } from "./coordinator-life.ts";
import { NodeWatch } from "./node-watch.ts";
import { observeCatalog } from "./observed-catalog.ts";
import { observeTransfers } from "./observed-transfers.ts";
import type { CoordinatorDisk } from "./simulated-coordinator.ts";
import { strictLogger } from "./strict-logger.ts";

export interface LifeDeps {
  readonly world: SimulatedWorld;
  readonly disk: CoordinatorDisk;
  readonly life: CoordinatorLife;
  readonly random: SeededRandom;
}

/** What all parts of one life stand on. */
export interface Foundation extends LifeDeps {
  readonly clock: Clock;
  readonly sleep: CoordinatorLife["sleep"];
  readonly logger: ReturnType<typeof strictLogger>;
  readonly watch: NodeWatch;
  readonly catalog: ReplicaCatalog;
  readonly epochs: DeleteEpochs;
  readonly writing: ChunksBeingWritten;
  readonly isBeingWritten: (name: ChunkName) => boolean;
  readonly placement: PlacementView;
  readonly transfers: SimulatedTransfers;
  readonly liveNodes: () => readonly NodeId[];
}

/** Reads what is on the disk, as a start does. */
export async function layFoundation(deps: LifeDeps): Promise<Foundation> {
  const { world, disk, life, random } = deps;
  const { pace } = world;
  const clock = world.time.clock();
  const catalog = observeCatalog({ world, disk, life, random: random.fork("catalog") });
  const epochs = await openDeleteEpochs(catalog, clock);
  const watch = new NodeWatch({ registry: disk.registry, clock, broken: world.broken }, pace);
  watch.onStatusChanged(({ nodeId, from, to }) => {
    world.trace.record("status", { nodeId, note: `${from ?? "new"} to ${to}` });
    for (const checker of world.checkers) checker.onStanding?.(nodeId, standingOf(to));
  });
  life.every(pace.detectorIntervalMs, random.between(0, pace.detectorIntervalMs), () => watch.check());
  const writing = new ChunksBeingWritten();
  const isAvailable = (): boolean => true;
  return {
    ...deps,
    clock,
    sleep: life.sleep,
    logger: strictLogger(world),
    watch,
    catalog,
    epochs,
    writing,
    isBeingWritten: (name) => writing.has(name),
    placement: createPlacementView(() => watch.members(), isAvailable),
    transfers: observeTransfers(deps, "repair"),
    liveNodes: () => nodesWhere(disk, (nodeId) => watch.standingOf(nodeId) === "live"),
  };
}

export function nodesWhere(
  { registry }: CoordinatorDisk,
  test: (nodeId: NodeId, declared: DeclaredNodeState) => boolean,
): NodeId[] {
  const nodes = [...registry.all()].filter(({ traits, declared }) => test(traits.id, declared));
  return nodes.map(({ traits }) => traits.id);
}
