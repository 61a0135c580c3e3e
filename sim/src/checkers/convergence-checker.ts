import type { ChunkName } from "@commonhold/core/ids.ts";
import type { ChunkRecord } from "@commonhold/core/repair/chunk-record.ts";
import type { CheckedWorld, Checker } from "./checker.ts";

/**
 * Once the world is calm, everything comes to what was promised: as many good copies as that and no more, the catalog
 * says so, no deletion waits, and nodes hold nothing else.
 */
export class ConvergenceChecker implements Checker {
  readonly name = "in calm everything becomes as promised";
  readonly #world: CheckedWorld;
  #chunks = 0;

  constructor(world: CheckedWorld) {
    this.#world = world;
  }

  async atEnd(): Promise<void> {
    const { truth, catalog } = this.#world;
    for (const { name, uses, isLost } of truth.all()) {
      if (uses.size === 0 || isLost) continue;
      this.#chunks++;
      const record = await catalog.get(name);
      const trouble = record === undefined ? "the catalog does not know it" : this.#troubleOf(record);
      if (trouble !== undefined) this.#fail(`${trouble}; ${describe(record)}`, name);
    }
    await this.#checkNodes();
  }

  verdict(): string {
    return `held: ${this.#chunks} chunks whole at the end`;
  }

  #troubleOf(record: ChunkRecord): string | undefined {
    const holders = this.#world.truth.get(record.name)!.holders;
    const target = Math.max(record.copies, record.pins.length);
    const false_ = record.replicas.find(({ nodeId, state }) => state === "active" && !holders.has(nodeId));
    if (false_ !== undefined) return `${false_.nodeId} counts and holds no good copy`;
    if (holders.size !== target) return `${holders.size} good copies instead of ${target}`;
    const other = record.replicas.find(({ state }) => state !== "active");
    if (other !== undefined) return `the copy on ${other.nodeId} is still ${other.state}`;
    const unpinned = record.pins.find((pin) => this.#world.isMember(pin) && !holders.has(pin));
    return unpinned === undefined ? undefined : `${unpinned} is pinned and holds none`;
  }

  async #checkNodes(): Promise<void> {
    const { nodes, catalog, truth } = this.#world;
    for (const [nodeId, count] of await catalog.waitingDeletions()) {
      if (nodes.get(nodeId)?.isUp === true) this.#fail(`${count} deletions still wait for ${nodeId}`);
    }
    for (const node of nodes.values()) {
      for (const name of node.names()) {
        const isWanted = (truth.get(name)?.uses.size ?? 0) > 0;
        const isKnown = (await catalog.get(name))?.replicas.some((replica) => replica.nodeId === node.id) === true;
        if (!isWanted || !isKnown) this.#fail(`${node.id} holds a chunk that it should not`, name);
      }
    }
  }

  #fail(message: string, chunk?: ChunkName): void {
    this.#world.fail("divergence", message, chunk === undefined ? {} : { chunk });
  }
}

function describe(record: ChunkRecord | undefined): string {
  if (record === undefined) return "";
  const copies = record.replicas.map(({ nodeId, state }) => `${nodeId} ${state}`).join(", ");
  return `${record.copies} promised, in the catalog: ${copies}`;
}
