import type { SimulatedWorld } from "../world/simulated-world.ts";
import { type Fault, NODES_OF_RATES, type Operators } from "./fault.ts";
import { NETWORK_FAULTS } from "./network-faults.ts";
import { NODE_FAULTS } from "./node-faults.ts";

const HOUR_MS = 3_600_000;

export const ALL_FAULTS: readonly Fault[] = [...NODE_FAULTS, ...NETWORK_FAULTS];

export interface FaultOptions {
  readonly nodeCount: number;
  /** 1 for the usual rates. */
  readonly intensity: number;
}

/** Lets faults happen, each as a Poisson process with a random stream of its own. */
export class FaultScheduler {
  readonly #world: SimulatedWorld;
  readonly #operators: Operators;
  readonly #ends = new Set<() => void>();
  readonly #counts = new Map<string, number>();
  #isCalm = false;

  constructor(world: SimulatedWorld, operators: Operators) {
    this.#world = world;
    this.#operators = operators;
  }

  counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  start(options: FaultOptions): void {
    for (const fault of ALL_FAULTS) {
      // More nodes, more faults of nodes; the network and the coordinator are one.
      const scale = NODE_FAULTS.includes(fault) ? options.nodeCount / NODES_OF_RATES : 1;
      this.#plan(fault, (fault.meanIntervalHours * HOUR_MS) / (scale * options.intensity));
    }
  }

  /** No more faults, and an end to those that last. */
  calm(): void {
    this.#isCalm = true;
    const ends = [...this.#ends];
    for (const end of ends) end();
  }

  #plan(fault: Fault, meanIntervalMs: number): void {
    const random = this.#world.random.fork(`fault ${fault.name}`);
    const context = { world: this.#world, operators: this.#operators, random, endLater: this.#endLater };
    const next = (): void => {
      this.#world.time.after(random.exponential(meanIntervalMs), () => {
        if (this.#isCalm) return;
        fault.happen(context);
        this.#counts.set(fault.name, (this.#counts.get(fault.name) ?? 0) + 1);
        next();
      });
    };
    next();
  }

  readonly #endLater = (afterMs: number, end: () => void): void => {
    const once = (): void => {
      if (this.#ends.delete(once)) end();
    };
    this.#ends.add(once);
    this.#world.time.after(afterMs, once);
  };
}
