import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import type { NodeStanding } from "@commonhold/core/failure/node-standing.ts";
import type { ChunkRecord } from "@commonhold/core/repair/chunk-record.ts";
import type { CheckedWorld, Checker, CopyEvent } from "./checker.ts";

/** Bytes copied for each that was lost or had to move, at most: what returns in time is not copied at all. */
const COPIED_FACTOR_MAX = 1;
/** Copies that were not needed any more when they began, as a share of all, and so many in any case. */
const UNNEEDED_SHARE_MAX = 0.02;
const UNNEEDED_MIN = 5;
/** More nodes than this away at once: then only what is in danger is to be copied. */
const BRAKE_SHARE = 0.5;
const PAGE = 500;

/** Repair copies little more than what was lost or had to move; nothing on a mere silence, no storm on a return. */
export class WorkChecker implements Checker {
  readonly name = "no more is copied than must be";
  readonly #world: CheckedWorld;
  readonly #standings = new Map<NodeId, NodeStanding>();
  #neededBytes = 0;
  #copiedBytes = 0;
  #began = 0;
  #unneeded = 0;

  constructor(world: CheckedWorld) {
    this.#world = world;
  }

  onDestroyed(name: ChunkName): void {
    this.#neededBytes += this.#world.truth.get(name)?.length ?? 0;
  }

  onWorkGiven(bytes: number): void {
    this.#neededBytes += bytes;
  }

  onStanding(nodeId: NodeId, to: NodeStanding): void {
    this.#standings.set(nodeId, to);
    if (to === "live" || to === "gone") return;
    void this.#countCopiesOf(nodeId, to === "suspect" || this.#isBraked());
  }

  onCopyBegan({ chunk }: CopyEvent): void {
    this.#began++;
    void this.#world.catalog.get(chunk.name).then((record) => {
      if (record !== undefined && this.#isNeeded(record)) return;
      this.#unneeded++;
      this.#world.trace.record("copy_unneeded", { chunk: chunk.name });
      if (this.#unneeded <= Math.max(UNNEEDED_MIN, UNNEEDED_SHARE_MAX * this.#began)) return;
      this.#world.fail("excess_work", `${this.#unneeded} of ${this.#began} copies were not needed when they began`, {
        chunk: chunk.name,
      });
    });
  }

  onCopyArrived({ chunk }: CopyEvent): void {
    this.#copiedBytes += chunk.sealedLength;
  }

  onRound(): void {
    const bytesMax = COPIED_FACTOR_MAX * this.#neededBytes + this.#world.pace.copiedBytesFree;
    if (this.#copiedBytes <= bytesMax) return;
    this.#world.fail("excess_work", `${this.#copiedBytes} bytes were copied where ${this.#neededBytes} had to be`);
  }

  atEnd(): void {
    this.onRound();
  }

  get copiedBytes(): number {
    return this.#copiedBytes;
  }

  verdict(): string {
    const factor = (this.#copiedBytes / Math.max(1, this.#neededBytes)).toFixed(2);
    return `held: ${factor} times what was lost or had to move; ${this.#unneeded} of ${this.#began} copies came to be needless`;
  }

  /** What a node's absence asks for: all of its copies, or only those without which a chunk is down to one. */
  async #countCopiesOf(nodeId: NodeId, isCriticalOnly: boolean): Promise<void> {
    let after: ChunkName | undefined;
    for (;;) {
      const page = await this.#world.catalog.pageOfNode(nodeId, { after, limit: PAGE });
      for (const chunk of page) {
        if (!chunk.isReferenced) continue;
        const live = chunk.replicas.filter(({ nodeId: id, state }) => state === "active" && this.#isLive(id)).length;
        if (!isCriticalOnly) this.#neededBytes += chunk.sealedLength;
        else if (live <= 1) this.#neededBytes += chunk.sealedLength * (chunk.copies - live);
      }
      after = page.at(-1)?.name;
      if (page.length < PAGE) return;
    }
  }

  /** Judged once more, on our own account. */
  #isNeeded(record: ChunkRecord): boolean {
    if (record.replicas.some(({ state }) => state === "leaving")) return true;
    const active = record.replicas.filter(({ state }) => state === "active");
    if (record.pins.some((pin) => !active.some(({ nodeId }) => nodeId === pin))) return true;
    const live = active.filter(({ nodeId }) => this.#world.standingOf(nodeId) === "live").length;
    const suspect = active.filter(({ nodeId }) => this.#world.standingOf(nodeId) === "suspect").length;
    return live + suspect < record.copies || (live <= 1 && record.copies > 1);
  }

  #isLive(nodeId: NodeId): boolean {
    return (this.#standings.get(nodeId) ?? "live") === "live";
  }

  #isBraked(): boolean {
    const counted = [...this.#standings.values()].filter((standing) => standing !== "gone");
    const away = counted.filter((standing) => standing === "offline" || standing === "suspect");
    return away.length > BRAKE_SHARE * counted.length;
  }
}
