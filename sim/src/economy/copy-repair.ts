import { hasCode } from "@commonhold/core/app-error.ts";
import type { ChunkName, NodeId } from "@commonhold/core/ids.ts";
import type { ChunkRecord } from "@commonhold/core/repair/chunk-record.ts";
import type { SeededRandom } from "../chance/seeded-random.ts";
import type { CoordinatorParts } from "./coordinator-parts.ts";
import type { EconomyWorld } from "./economy-world.ts";

const PAGE = 500;
const GRACE_MS = 24 * 3_600_000;
const PURGED_MAX = 100;
const FORGOTTEN_MAX = 10_000;

/**
 * Keeps as many copies as were promised, quickly and simply: how that is done in truth is what the other simulation is
 * about. Here it is there so that copies come and go.
 */
export class CopyRepair {
  readonly #world: EconomyWorld;
  readonly #parts: CoordinatorParts;
  readonly #random: SeededRandom;
  readonly #bannedSinceMs = new Map<NodeId, number>();

  constructor(world: EconomyWorld, parts: CoordinatorParts, random: SeededRandom) {
    this.#world = world;
    this.#parts = parts;
    this.#random = random;
  }

  async mend(names: readonly ChunkName[]): Promise<void> {
    const { catalog } = this.#parts;
    for (let from = 0; from < names.length; from += PAGE) {
      const chunks = await catalog.getMany(names.slice(from, from + PAGE));
      for (const chunk of chunks.values()) await this.#restore(chunk);
    }
  }

  /** All chunks, what was deleted, and nodes that were cut off. */
  async sweep(): Promise<void> {
    const { catalog } = this.#parts;
    await this.#purge();
    let after: ChunkName | undefined;
    for (;;) {
      const page = await catalog.page({ after, limit: PAGE });
      for (const chunk of page) {
        await this.#restore(chunk);
        await this.#dropSurplus(chunk);
      }
      if (page.length < PAGE) break;
      after = page.at(-1)!.name;
    }
    await this.#forgetBanned();
  }

  async #restore(chunk: ChunkRecord): Promise<void> {
    const { catalog, directory } = this.#parts;
    const { wall, nodes } = this.#world;
    let missing = chunk.copies - this.#counted(chunk).length;
    if (missing <= 0) return;
    const rows = new Set(chunk.replicas.map(({ nodeId }) => nodeId));
    const free = directory.candidates().filter(({ id }) => !rows.has(id));
    for (const { id, reliability } of this.#random.sample(free, free.length)) {
      if (missing === 0) return;
      if (!this.#random.isLucky(reliability)) continue;
      const node = nodes.get(id)!;
      if (!node.isUp) continue;
      node.copies.set(chunk.name, "whole");
      try {
        await catalog.recordReplica({ name: chunk.name, nodeId: id, epoch: this.#epoch(), nowMs: wall.nowMs() });
      } catch (error) {
        if (!hasCode(error, "CHUNK_NOT_FOUND")) throw error;
        return;
      }
      missing -= 1;
    }
  }

  async #dropSurplus(chunk: ChunkRecord): Promise<void> {
    const { catalog } = this.#parts;
    const { nodes, wall } = this.#world;
    const counted = this.#counted(chunk);
    const doubtful = chunk.replicas.filter(({ state }) => state === "doubtful").map(({ nodeId }) => nodeId);
    const surplus = counted.length > chunk.copies ? [this.#random.pick(counted)!] : [];
    for (const nodeId of [...surplus, ...(counted.length >= chunk.copies ? doubtful : [])]) {
      const terms = { counted, epoch: this.#epoch(), nowMs: wall.nowMs() };
      const dropped = await catalog.dropReplicas(nodeId, [chunk.name], terms);
      if (dropped.length > 0) nodes.get(nodeId)!.copies.delete(chunk.name);
    }
  }

  /** Copies that stand on nodes that are there. */
  #counted(chunk: ChunkRecord): NodeId[] {
    const { directory } = this.#parts;
    return chunk.replicas
      .filter(({ nodeId, state }) => state === "active" && ["live", "suspect"].includes(directory.standingOf(nodeId)))
      .map(({ nodeId }) => nodeId);
  }

  async #purge(): Promise<void> {
    const { catalog, metadata } = this.#parts;
    const { wall } = this.#world;
    const before = wall.nowMs() - GRACE_MS;
    for (const fileId of await catalog.filesToPurge(before, PURGED_MAX)) {
      const used = await metadata.read
        .selectFrom("file_chunks")
        .select("chunk_name")
        .where("file_id", "=", fileId)
        .execute();
      const names = used.map(({ chunk_name }) => chunk_name as ChunkName);
      await catalog.purgeFile(fileId, before, PURGED_MAX);
      await catalog.collectUnreferenced(names, { epoch: this.#epoch(), nowMs: wall.nowMs() });
    }
  }

  async #forgetBanned(): Promise<void> {
    const { catalog, directory } = this.#parts;
    const { wall, time } = this.#world;
    for (const { id, declared } of directory.list()) {
      if (declared !== "banned") continue;
      const sinceMs = this.#bannedSinceMs.get(id) ?? time.elapsedMs;
      this.#bannedSinceMs.set(id, sinceMs);
      if (time.elapsedMs - sinceMs > GRACE_MS) await catalog.forgetNode(id, FORGOTTEN_MAX, wall.nowMs());
    }
  }

  /** Later than any before. */
  #epoch(): number {
    return ++this.#world.epoch;
  }
}
