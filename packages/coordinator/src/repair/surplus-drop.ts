import type { Clock } from "@commonhold/core/clock.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import type { ChunkRecord } from "@commonhold/core/repair/chunk-record.ts";
import { chooseSurplus } from "@commonhold/core/repair/choose-surplus.ts";
import type { ChunkHealth } from "@commonhold/core/repair/judge-chunk.ts";
import type { NodeSurvey } from "@commonhold/core/placement/node-survey.ts";
import type { ReplicaCatalog } from "@commonhold/metadata/catalog/replica-catalog.ts";
import type { DeleteEpochs } from "../transfers/delete-epochs.ts";
import type { RepairNodes } from "./repair-nodes.ts";
import type { RepairOptions } from "./repair-options.ts";
import { SweptMap } from "./swept-map.ts";

export interface SurplusDropDeps {
  readonly catalog: Pick<ReplicaCatalog, "dropReplicas">;
  readonly nodes: Pick<RepairNodes, "standingOf" | "attendance">;
  readonly survey: () => NodeSurvey;
  readonly epochs: DeleteEpochs;
  readonly clock: Clock;
}

/**
 * Copies that are not needed. Those that leave, are in doubt or never came go as soon as the chunk is whole without them;
 * an active one only when the surplus has lasted, since a node that has just returned may go again.
 */
export class SurplusDrop {
  readonly #deps: SurplusDropDeps;
  readonly #options: Pick<RepairOptions, "surplusDelayMs" | "surplusMax" | "batch">;
  /** Since when chunks have had active copies too many. */
  readonly #sinceMs: SweptMap<ChunkName, number>;
  readonly #toDrop = new Map<NodeId, Set<ChunkName>>();
  #waiting = 0;

  constructor(deps: SurplusDropDeps, options: Pick<RepairOptions, "surplusDelayMs" | "surplusMax" | "batch">) {
    this.#deps = deps;
    this.#options = options;
    this.#sinceMs = new SweptMap(options.surplusMax);
  }

  /** Copies that are to go at the next flush. */
  get waiting(): number {
    return this.#waiting;
  }

  beginSweep(): void {
    this.#sinceMs.beginSweep();
  }

  endSweep(): void {
    this.#sinceMs.endSweep();
  }

  consider(chunk: ChunkRecord, health: ChunkHealth): void {
    if (health.excess === 0) this.#sinceMs.delete(chunk.name);
    if (health.droppable.length === 0 || this.#waiting >= this.#options.surplusMax) return;
    const mayDropActive = health.excess > 0 && this.#hasLasted(chunk.name);
    const active = new Set(chunk.replicas.filter(({ state }) => state === "active").map(({ nodeId }) => nodeId));
    const isOnLive = (nodeId: NodeId) => active.has(nodeId) && this.#deps.nodes.standingOf(nodeId) === "live";
    for (const nodeId of chooseSurplus(chunk, health, this.#deps.survey())) {
      if (!isOnLive(nodeId) || mayDropActive) this.#plan(nodeId, chunk.name);
    }
  }

  /** Drops what was found, node by node. The catalog looks once more before it takes a copy away. */
  async flush(signal: AbortSignal): Promise<number> {
    let dropped = 0;
    for (const [nodeId, planned] of this.#toDrop) {
      this.#toDrop.delete(nodeId);
      this.#waiting -= planned.size;
      const names = [...planned];
      for (let start = 0; start < names.length; start += this.#options.batch) {
        signal.throwIfAborted();
        dropped += await this.#drop(nodeId, names.slice(start, start + this.#options.batch));
      }
    }
    return dropped;
  }

  async #drop(nodeId: NodeId, names: readonly ChunkName[]): Promise<number> {
    const { catalog, nodes, epochs, clock } = this.#deps;
    const counted = nodes.attendance().filter(({ nodeId: id }) => nodes.standingOf(id) === "live");
    const terms = { counted: counted.map((each) => each.nodeId), epoch: epochs.next(), nowMs: clock.nowMs() };
    const gone = await catalog.dropReplicas(nodeId, names, terms);
    for (const name of gone) this.#sinceMs.delete(name);
    return gone.length;
  }

  #hasLasted(name: ChunkName): boolean {
    const nowMs = this.#deps.clock.monotonicMs();
    const sinceMs = this.#sinceMs.see(name) ?? nowMs;
    this.#sinceMs.set(name, sinceMs);
    return nowMs - sinceMs >= this.#options.surplusDelayMs;
  }

  #plan(nodeId: NodeId, name: ChunkName): void {
    const planned = this.#toDrop.get(nodeId) ?? new Set();
    if (!planned.has(name)) this.#waiting += 1;
    this.#toDrop.set(nodeId, planned.add(name));
  }
}
