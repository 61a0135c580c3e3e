import type { SeededRandom } from "../chance/seeded-random.ts";
import type { SimulatedNode } from "../nodes/simulated-node.ts";
import type { SimulatedWorld } from "../world/simulated-world.ts";

/** What people do to the network. */
export interface Operators {
  /** A new node, empty. */
  join(): SimulatedNode;
  /** Lets a node drain; it stays until it is drained. */
  drain(node: SimulatedNode): void;
  isDraining(node: SimulatedNode): boolean;
  /** Takes a node that will not come back out of the network. */
  remove(node: SimulatedNode): void;
  crashCoordinator(): void;
  startCoordinator(): void;
}

export interface FaultContext {
  readonly world: SimulatedWorld;
  readonly operators: Operators;
  readonly random: SeededRandom;
  /** Ends a lasting fault after a while, or when it is to be calm. */
  readonly endLater: (afterMs: number, end: () => void) => void;
}

/** Something that goes wrong by chance, or is done to the network. */
export interface Fault {
  readonly name: string;
  /** From one to the next, for a network of `NODES_OF_RATES` nodes. */
  readonly meanIntervalHours: number;
  /** May do nothing, where it would go beyond what is promised to be survived. */
  readonly happen: (context: FaultContext) => void;
}

export const NODES_OF_RATES = 12;

export function upNodes({ world }: FaultContext): SimulatedNode[] {
  return [...world.nodes.values()].filter((node) => node.isUp);
}

/** Whether all that is on it may be lost now. */
export function mayLoseAll({ world }: FaultContext, node: SimulatedNode): boolean {
  return node.names().every((name) => !world.truth.get(name)?.holders.has(node.id) || world.truth.mayDestroy(name));
}
