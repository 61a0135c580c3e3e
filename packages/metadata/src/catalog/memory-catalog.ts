import { AppError } from "@commonhold/core/app-error.ts";
import type { ChunkName, FileId, NodeId, UserId } from "@commonhold/core/ids.ts";
import type { Priority } from "@commonhold/core/priority.ts";
import type { ChunkRecord, ReplicaState } from "@commonhold/core/repair/chunk-record.ts";
import { mayDrop } from "./may-drop.ts";
import { type ChunkUse, MemoryChunks, promiseOf, type StoredChunk } from "./memory-chunks.ts";
import { MemoryDeletions } from "./memory-deletions.ts";
import { MemoryFiles } from "./memory-files.ts";
import type {
  DeletionOutcome,
  ExpectedReplica,
  NamePage,
  NodeHoldings,
  QueuedDeletion,
  ReplicaCatalog,
} from "./replica-catalog.ts";

/** What an upload commits: a chunk, and the nodes that hold it, or shall. */
export interface NewChunk {
  readonly name: ChunkName;
  readonly ownerId: UserId;
  readonly sealedLength: number;
  readonly copies: number;
  /** "normal" where it is not given. */
  readonly priority?: Priority;
  readonly pins?: readonly NodeId[];
  /** None: it counts on the active copies that there are. */
  readonly replicas: readonly { readonly nodeId: NodeId; readonly state: "active" | "pending" }[];
  /** Under which the copies were granted; 0 where it is not given. */
  readonly epoch?: number;
  readonly nowMs: number;
}

/** A file over chunks that are there. */
export interface NewFile {
  readonly id: FileId;
  readonly copies: number;
  readonly priority?: Priority;
  readonly pins?: readonly NodeId[];
  readonly chunks: readonly ChunkName[];
}

interface DeletionTerms {
  readonly epoch: number;
  readonly nowMs: number;
}

/** The order in which a node's copies are forgotten. */
const FORGETTING_ORDER: readonly ReplicaState[] = ["active", "doubtful", "leaving", "pending"];

/** The catalog in memory, for simulations and tests: the same behaviour, and the part of the uploader beside it. */
export class MemoryCatalog implements ReplicaCatalog {
  readonly #chunks = new MemoryChunks();
  readonly #deletions = new MemoryDeletions();
  readonly #files = new MemoryFiles();
  /** So that a million chunks which ask for the same share it. */
  readonly #soleUses = new Map<string, readonly [ChunkUse]>();

  /**
   * Commits a chunk of an upload: one more reference, which `releaseChunk` takes away.
   * @throws AppError CONCURRENT_CHANGE where a copy was deleted after it was granted, or none is there any more
   */
  addChunk(chunk: NewChunk): void {
    this.#refuseLost(chunk);
    const [use] = this.#soleUse(chunk);
    let stored = this.#chunks.find(chunk.name);
    if (stored === undefined) {
      const { name, ownerId, sealedLength, nowMs } = chunk;
      stored = { name, ownerId, sealedLength, createdAtMs: nowMs, uses: this.#soleUse(chunk), replicas: [] };
      this.#chunks.add(stored);
    } else stored.uses = stored.uses.length === 0 ? this.#soleUse(chunk) : [...stored.uses, use];
    for (const { nodeId, state } of chunk.replicas) {
      this.#deletions.cancel({ nodeId, name: chunk.name });
      if (state === "pending" && this.#chunks.replicaOf(stored, nodeId) !== undefined) continue;
      this.#chunks.setReplica(stored, { nodeId, state, sinceMs: chunk.nowMs });
    }
  }

  /** Takes away one reference that `addChunk` made. @throws AppError CHUNK_NOT_FOUND */
  releaseChunk(name: ChunkName): void {
    const chunk = this.#chunks.require(name);
    const index = chunk.uses.findIndex((use) => use.fileId === undefined);
    if (index === -1) throw new AppError("CHUNK_NOT_FOUND", `chunk ${name} has no reference of its own`);
    chunk.uses = chunk.uses.toSpliced(index, 1);
  }

  /** @throws AppError CONCURRENT_CHANGE where no active copy of a chunk is there */
  addFile(file: NewFile): void {
    for (const name of file.chunks) this.#refuseWithoutCopy(name);
    const use: ChunkUse = {
      fileId: file.id,
      copies: file.copies,
      priority: file.priority ?? "normal",
      pins: [...(file.pins ?? [])].toSorted(),
    };
    this.#files.add(file.id, file.chunks);
    for (const name of file.chunks) {
      const chunk = this.#chunks.require(name);
      chunk.uses = [...chunk.uses, use];
    }
  }

  /** @throws AppError FILE_NOT_FOUND */
  deleteFile(id: FileId, nowMs: number): void {
    this.#files.delete(id, nowMs);
  }

  /** @throws AppError FILE_NOT_FOUND, also once its purge began */
  restoreFile(id: FileId): void {
    this.#files.restore(id);
  }

  async get(name: ChunkName): Promise<ChunkRecord | undefined> {
    const chunk = this.#chunks.find(name);
    return chunk === undefined ? undefined : this.#chunks.toRecord(chunk);
  }

  async getMany(names: readonly ChunkName[]): Promise<ReadonlyMap<ChunkName, ChunkRecord>> {
    return new Map(this.#known(names).map((chunk) => [chunk.name, this.#chunks.toRecord(chunk)]));
  }

  async page({ after, limit }: NamePage): Promise<readonly ChunkRecord[]> {
    return this.#known(this.#chunks.namesAbove(after, limit)).map((chunk) => this.#chunks.toRecord(chunk));
  }

  async pageOfNode(nodeId: NodeId, { after, limit }: NamePage): Promise<readonly ChunkRecord[]> {
    return this.#known(this.#chunks.namesOfNode(nodeId, after, limit)).map((chunk) => this.#chunks.toRecord(chunk));
  }

  async expectedOf(
    nodeId: NodeId,
    { after, limit, until }: NamePage & { readonly until?: ChunkName },
  ): Promise<readonly ExpectedReplica[]> {
    const names = this.#chunks.namesOfNode(nodeId, after, limit);
    return this.#known(names.filter((name) => until === undefined || name <= until)).map((chunk) => {
      const { state, sinceMs } = this.#chunks.replicaOf(chunk, nodeId)!;
      return { name: chunk.name, state, sinceMs };
    });
  }

  async holdingsOf(nodeId: NodeId): Promise<NodeHoldings> {
    return this.#chunks.holdingsOf(nodeId);
  }

  async recordReplica({ name, nodeId, epoch, insteadOf, nowMs }: Parameters<ReplicaCatalog["recordReplica"]>[0]) {
    const chunk = this.#chunks.require(name);
    this.#refuseFenced({ nodeId, name }, epoch);
    if (insteadOf !== undefined && insteadOf !== nodeId) {
      const intended = this.#chunks.replicaOf(chunk, insteadOf);
      if (intended?.state === "pending") {
        this.#chunks.setReplica(chunk, { nodeId: insteadOf, state: undefined, sinceMs: nowMs });
      }
    }
    this.#deletions.cancel({ nodeId, name });
    this.#chunks.setReplica(chunk, { nodeId, state: "active", sinceMs: nowMs });
  }

  async doubtReplicas(nodeId: NodeId, names: readonly ChunkName[], nowMs: number): Promise<number> {
    return this.#change({ nodeId, names, nowMs }, { from: ["active", "leaving"], to: "doubtful" }).length;
  }

  async leaveReplicas(nodeId: NodeId, names: readonly ChunkName[], nowMs: number): Promise<readonly ChunkName[]> {
    return this.#change({ nodeId, names, nowMs }, { from: ["active"], to: "leaving" });
  }

  async stayReplicas(nodeId: NodeId, names: readonly ChunkName[], nowMs: number): Promise<number> {
    return this.#change({ nodeId, names, nowMs }, { from: ["leaving"], to: "active" }).length;
  }

  async dropReplicas(
    nodeId: NodeId,
    names: readonly ChunkName[],
    terms: DeletionTerms & { readonly counted: readonly NodeId[]; readonly delivered?: boolean },
  ): Promise<readonly ChunkName[]> {
    if (names.length > 0) this.#deletions.noteEpoch(terms.epoch);
    const counted = new Set(terms.counted);
    const dropped = this.#holding(nodeId, names).filter((chunk) =>
      mayDrop({ ...promiseOf(chunk.uses), replicas: this.#chunks.replicasOf(chunk) }, nodeId, counted),
    );
    for (const chunk of dropped) {
      this.#chunks.setReplica(chunk, { nodeId, state: undefined, sinceMs: terms.nowMs });
      const { epoch, nowMs, delivered: isDelivered = false } = terms;
      this.#deletions.queue({ nodeId, name: chunk.name }, { epoch, nowMs, isDelivered, reason: "surplus" });
    }
    return dropped.map((chunk) => chunk.name);
  }

  async collectUnreferenced(names: readonly ChunkName[], { epoch, nowMs }: DeletionTerms): Promise<number> {
    if (names.length > 0) this.#deletions.noteEpoch(epoch);
    const unused = this.#known(new Set(names)).filter((chunk) => chunk.uses.length === 0);
    for (const chunk of unused) {
      for (const { nodeId } of this.#chunks.replicasOf(chunk)) {
        this.#chunks.setReplica(chunk, { nodeId, state: undefined, sinceMs: nowMs });
        this.#deletions.queue({ nodeId, name: chunk.name }, { epoch, nowMs, reason: "file_deleted" });
      }
      this.#chunks.delete(chunk.name);
    }
    return unused.length;
  }

  async deleteStrays(nodeId: NodeId, names: readonly ChunkName[], { epoch, nowMs }: DeletionTerms): Promise<number> {
    if (names.length > 0) this.#deletions.noteEpoch(epoch);
    const expected = new Set(this.#holding(nodeId, names).map((chunk) => chunk.name));
    const strays = [...new Set(names)].filter(
      (name) => !expected.has(name) && !this.#deletions.isWaiting({ nodeId, name }),
    );
    for (const name of strays) this.#deletions.queue({ nodeId, name }, { epoch, nowMs, reason: "stray" });
    return strays.length;
  }

  async highestEpoch(): Promise<number> {
    return this.#deletions.highestEpoch;
  }

  async deletionsOf(nodeId: NodeId, page: NamePage): Promise<readonly QueuedDeletion[]> {
    return this.#deletions.waitingOf(nodeId, page);
  }

  async waitingDeletions(): Promise<ReadonlyMap<NodeId, number>> {
    return this.#deletions.waitingCounts();
  }

  async settleDeletions(
    nodeId: NodeId,
    outcomes: readonly { readonly name: ChunkName; readonly epoch: number; readonly outcome: DeletionOutcome }[],
    terms: { readonly freshEpoch: number; readonly nowMs: number },
  ): Promise<void> {
    if (outcomes.length > 0) this.#deletions.noteEpoch(terms.freshEpoch);
    for (const outcome of outcomes) this.#deletions.settle({ nodeId, name: outcome.name }, outcome, terms);
  }

  async forgetSettledDeletions(settledBeforeMs: number, limit: number): Promise<number> {
    return this.#deletions.forgetSettled(settledBeforeMs, limit);
  }

  async forgetNode(nodeId: NodeId, limit: number, nowMs: number): Promise<number> {
    const held = this.#known(this.#chunks.namesOfNode(nodeId, undefined, Number.POSITIVE_INFINITY));
    const byState = Map.groupBy(held, (chunk) => this.#chunks.replicaOf(chunk, nodeId)!.state);
    const chunks = FORGETTING_ORDER.flatMap((state) => byState.get(state) ?? []).slice(0, limit);
    for (const chunk of chunks) this.#chunks.setReplica(chunk, { nodeId, state: undefined, sinceMs: nowMs });
    return chunks.length + this.#deletions.forgetNode(nodeId, limit - chunks.length);
  }

  async filesToPurge(deletedBeforeMs: number, limit: number): Promise<readonly FileId[]> {
    return this.#files.toPurge(deletedBeforeMs, limit);
  }

  async purgeFile(fileId: FileId, deletedBeforeMs: number, chunkLimit: number): Promise<{ readonly isGone: boolean }> {
    const { released, isGone } = this.#files.purge(fileId, deletedBeforeMs, chunkLimit);
    for (const name of released) {
      const chunk = this.#chunks.require(name);
      const index = chunk.uses.findIndex((use) => use.fileId === fileId);
      chunk.uses = chunk.uses.toSpliced(index, 1);
    }
    return { isGone };
  }

  #known(names: Iterable<ChunkName>): StoredChunk[] {
    const chunks: StoredChunk[] = [];
    for (const name of names) {
      const chunk = this.#chunks.find(name);
      if (chunk !== undefined) chunks.push(chunk);
    }
    return chunks;
  }

  /** In the order of names, each once. */
  #holding(nodeId: NodeId, names: readonly ChunkName[]): StoredChunk[] {
    return this.#known(new Set(names.toSorted())).filter(
      (chunk) => this.#chunks.replicaOf(chunk, nodeId) !== undefined,
    );
  }

  #change(
    copies: { readonly nodeId: NodeId; readonly names: readonly ChunkName[]; readonly nowMs: number },
    change: { readonly from: readonly ReplicaState[]; readonly to: ReplicaState },
  ): ChunkName[] {
    const { nodeId, nowMs } = copies;
    const changed = this.#holding(nodeId, copies.names).filter((chunk) =>
      change.from.includes(this.#chunks.replicaOf(chunk, nodeId)!.state),
    );
    for (const chunk of changed) this.#chunks.setReplica(chunk, { nodeId, state: change.to, sinceMs: nowMs });
    return changed.map((chunk) => chunk.name);
  }

  #soleUse({ copies, priority = "normal", pins = [] }: NewChunk): readonly [ChunkUse] {
    const sorted = pins.toSorted();
    const key = `${copies} ${priority} ${sorted.join(" ")}`;
    let uses = this.#soleUses.get(key);
    if (uses === undefined) {
      uses = [{ fileId: undefined, copies, priority, pins: sorted }];
      this.#soleUses.set(key, uses);
    }
    return uses;
  }

  #refuseLost({ name, replicas, epoch = 0 }: NewChunk): void {
    if (replicas.length === 0) this.#refuseWithoutCopy(name);
    for (const { nodeId } of replicas) this.#refuseFenced({ nodeId, name }, epoch);
  }

  #refuseWithoutCopy(name: ChunkName): void {
    const chunk = this.#chunks.find(name);
    if (chunk !== undefined && this.#chunks.replicasOf(chunk).some((replica) => replica.state === "active")) return;
    throw new AppError("CONCURRENT_CHANGE", `no node holds chunk ${name} any more: send the chunk again`);
  }

  #refuseFenced(copy: { readonly nodeId: NodeId; readonly name: ChunkName }, epoch: number | undefined): void {
    const fence = this.#deletions.epochOf(copy);
    if (fence === undefined || (epoch !== undefined && fence <= epoch)) return;
    throw new AppError(
      "CONCURRENT_CHANGE",
      `node ${copy.nodeId} was told to delete chunk ${copy.name} after this copy was sent to it: send it again`,
    );
  }
}
