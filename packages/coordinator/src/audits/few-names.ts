import type { NameRange } from "@commonhold/core/audit/audit-schedule.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import type { ReplicaCatalog } from "@commonhold/metadata/catalog/replica-catalog.ts";

/** A node that holds no more has them read at once: most of its slots are empty, or hold one. */
export const FEW_CHUNKS = 256;
/** What came since the last time waits for the next cycle where its slot is over meanwhile. */
export const READS_PER_CYCLE = 16;

export interface NamesQuestion {
  readonly nodeId: NodeId;
  readonly range: NameRange;
  readonly limit: number;
}

/** The names of which a node holds a copy that counts or is leaving; those of a node with few are kept for a while. */
export class FewNames {
  readonly #catalog: Pick<ReplicaCatalog, "expectedOf">;
  readonly #keptMs: number;
  /** undefined where the node has too many. */
  #names: readonly ChunkName[] | undefined;
  #readAtMs = Number.NEGATIVE_INFINITY;

  constructor(catalog: Pick<ReplicaCatalog, "expectedOf">, cycleMs: number) {
    this.#catalog = catalog;
    this.#keptMs = cycleMs / READS_PER_CYCLE;
  }

  async of({ nodeId, range, limit }: NamesQuestion, nowMs: number): Promise<NamesPage> {
    // A clock that was set back makes nothing older.
    if (Math.abs(nowMs - this.#readAtMs) >= this.#keptMs) {
      const all = await this.#catalog.expectedOf(nodeId, { limit: FEW_CHUNKS + 1 });
      this.#names = all.length > FEW_CHUNKS ? undefined : all.filter(isHeld).map(({ name }) => name);
      this.#readAtMs = nowMs;
    }
    const { after = "", until } = range;
    if (this.#names !== undefined) {
      const names = this.#names.filter((name) => after < name && name <= until);
      const page = names.slice(0, limit);
      return { names: page, lastName: names.length < limit ? undefined : page.at(-1) };
    }
    const page = await this.#catalog.expectedOf(nodeId, { ...range, limit });
    const lastName = page.length < limit ? undefined : page.at(-1)?.name;
    return { names: page.filter(isHeld).map(({ name }) => name), lastName };
  }
}

export interface NamesPage {
  readonly names: readonly ChunkName[];
  /** Where more may follow it; undefined where these are all. */
  readonly lastName: ChunkName | undefined;
}

function isHeld({ state }: { readonly state: string }): boolean {
  return state === "active" || state === "leaving";
}
