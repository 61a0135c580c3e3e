import { createHash } from "node:crypto";
import { AppError } from "@commonhold/core/app-error.ts";
import type { NodeStanding } from "@commonhold/core/failure/node-standing.ts";
import type { ChunkName, FileId, NodeId } from "@commonhold/core/ids.ts";
import type { ReplicaState } from "@commonhold/core/repair/chunk-record.ts";
import { mayDelete } from "@commonhold/core/repair/fence.ts";
import { summariseInventory } from "@commonhold/core/repair/inventory-summary.ts";
import type { Sleep } from "@commonhold/runtime/sleep.ts";
import { createMetadataCatalog } from "@commonhold/metadata/catalog/metadata-catalog.ts";
import type { ReplicaCatalog } from "@commonhold/metadata/catalog/replica-catalog.ts";
import { commands } from "@commonhold/metadata/commands/registry.ts";
import { userPayload } from "@commonhold/metadata/commands/payloads.fixture.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import { applyTo, openMemoryDatabase } from "@commonhold/metadata/sqlite/memory-database.fixture.ts";
import { ManualClock } from "../http/api.fixture.ts";
import { createLogFixture } from "../http/http.fixture.ts";
import type { ReplicaTransfers } from "../repair/replica-transfers.ts";
import { createDeleteEpochs, type DeleteEpochs } from "../transfers/delete-epochs.ts";
import type { CopyCheck } from "./copy-check.ts";
import { ChunksBeingWritten } from "./chunks-being-written.ts";

export const SEALED_LENGTH = 100;

/** For tests: what a node holds, and how it behaves. */
export class FakeHolder {
  readonly id: NodeId;
  /** The epoch under which each chunk was stored. */
  readonly chunks = new Map<ChunkName, number>();
  /** Held with other bytes than the right ones. */
  readonly rotten = new Set<ChunkName>();
  /** Held and not listed; listed and not held. */
  readonly hidden = new Set<ChunkName>();
  readonly claimed = new Set<ChunkName>();
  isAway = false;
  /** Thrown at whatever it is asked to delete, where it is set. */
  refusal: AppError | undefined;
  /** Called before it deletes. */
  onDelete: (name: ChunkName) => Promise<void> | void = () => undefined;
  /** Called before it lists. */
  onList: () => Promise<void> | void = () => undefined;
  deletions = 0;
  underWay = 0;
  underWayMax = 0;

  constructor(id: NodeId) {
    this.id = id;
  }

  /** As a node does: what it has already gets the higher epoch. */
  store(name: ChunkName, epoch: number): void {
    this.rotten.delete(name);
    this.chunks.set(name, Math.max(epoch, this.chunks.get(name) ?? 0));
  }

  listed(): ChunkName[] {
    const names = new Set([...this.chunks.keys(), ...this.claimed]);
    return [...names].filter((name) => !this.hidden.has(name)).sort();
  }

  requireReachable(): void {
    if (this.isAway) throw new AppError("NODE_UNREACHABLE", `${this.id} is away`);
  }
}

/** For tests: real commands over tables in memory, and nodes that keep chunks in memory. */
export interface ReplicaNetwork {
  readonly metadata: Metadata;
  readonly catalog: ReplicaCatalog;
  readonly epochs: DeleteEpochs;
  readonly clock: ManualClock;
  readonly sleep: Sleep;
  readonly writing: ChunksBeingWritten;
  readonly transfers: ReplicaTransfers;
  readonly check: CopyCheck;
  readonly logger: ReturnType<typeof createLogFixture>["logger"];
  readonly logLines: readonly Record<string, unknown>[];
  readonly standings: Map<NodeId, NodeStanding>;
  /** What repair was asked for. */
  readonly requested: ChunkName[];
  readonly requestRepair: (names: readonly ChunkName[]) => void;
  readonly sha256: (...parts: readonly Uint8Array[]) => Uint8Array;
  isBeingWritten(name: ChunkName): boolean;
  standingOf(nodeId: NodeId): NodeStanding;
  liveNodes(): NodeId[];
  node(id: string): FakeHolder;
  /** A complete file whose chunks lie on these nodes, active, stored under the current epoch. */
  addFile(
    id: string,
    file: { names: readonly ChunkName[]; copies?: number; nodes: readonly string[] },
  ): Promise<FileId>;
  deleteFile(id: FileId): Promise<void>;
  restoreFile(id: string): Promise<void>;
  setReplica(name: ChunkName, nodeId: string, state: ReplicaState): Promise<void>;
  /** `{ a: "active" }` */
  statesOf(name: ChunkName): Promise<Record<string, ReplicaState>>;
  close(): Promise<void>;
}

/** A chunk's name that a number stands for. */
export function nameOf(seed: number | string): ChunkName {
  return createHash("sha256").update(String(seed)).digest("hex") as ChunkName;
}

export const namesOf = (count: number, prefix = ""): ChunkName[] =>
  Array.from({ length: count }, (_, index) => nameOf(`${prefix}${index}`));

export async function openReplicaNetwork(nodeIds: readonly string[]): Promise<ReplicaNetwork> {
  const database = await openMemoryDatabase();
  const metadata: Metadata = {
    read: database,
    snapshot: (use) => use(database),
    apply: (name, payload) => applyTo(database, commands[name] as never, payload as never) as never,
    close: () => database.destroy(),
  };
  await metadata.apply("user.create", userPayload("ada"));
  const clock = new ManualClock();
  for (const id of nodeIds) await database.insertInto("nodes").values(nodeRow(id, clock.nowMs())).execute();
  const holders = new Map(nodeIds.map((id) => [id as NodeId, new FakeHolder(id as NodeId)]));
  const standings = new Map(nodeIds.map((id): [NodeId, NodeStanding] => [id as NodeId, "live"]));
  const epochs = createDeleteEpochs(0);
  const writing = new ChunksBeingWritten();
  const requested: ChunkName[] = [];
  const node = (id: string): FakeHolder => holders.get(id as NodeId)!;
  const standingOf = (nodeId: NodeId): NodeStanding => standings.get(nodeId) ?? "gone";

  let moves = 0;
  const newMove = () => ({ transaction_id: `move-${moves++}`, now_ms: clock.nowMs() });

  const setReplica: ReplicaNetwork["setReplica"] = async (name, nodeId, state) => {
    await database
      .insertInto("assignments")
      .values({ chunk_name: name, node_id: nodeId, state, updated_at_ms: clock.nowMs() })
      .onConflict((oc) => oc.columns(["chunk_name", "node_id"]).doUpdateSet({ state, updated_at_ms: clock.nowMs() }))
      .execute();
  };

  return {
    metadata,
    catalog: createMetadataCatalog(metadata),
    epochs,
    clock,
    sleep: () => Promise.resolve(),
    writing,
    transfers: transfersTo(node),
    check: async (nodeId, { name }) => {
      node(nodeId).requireReachable();
      return node(nodeId).chunks.has(name) && !node(nodeId).rotten.has(name);
    },
    ...createLogFixture(),
    standings,
    requested,
    requestRepair: (names) => void requested.push(...names),
    sha256,
    isBeingWritten: (name) => writing.has(name),
    standingOf,
    liveNodes: () => [...holders.keys()].filter((id) => standingOf(id) === "live"),
    node,
    setReplica,
    addFile: async (id, { names, copies = 3, nodes }) => {
      const nowMs = clock.nowMs();
      const file = {
        id,
        owner_id: "ada",
        name: id,
        folder_id: null,
        entry_id: id,
        is_current: 1,
        chunk_size_bytes: 1,
        media_type: "x/y",
        sealed_key: new Uint8Array(1),
      };
      const times = { created_at_ms: nowMs, completed_at_ms: nowMs, deleted_at_ms: null };
      const size = { size_bytes: names.length, chunk_count: names.length, content_id: nameOf(id) };
      await database
        .insertInto("files")
        .values({ ...file, ...times, ...size, copies, state: "complete" })
        .execute();
      for (let from = 0; from < names.length; from += 1_000) {
        const part = names.slice(from, from + 1_000);
        const chunk = { owner_id: "ada", sealed_length: SEALED_LENGTH, copies, priority: 2, created_at_ms: nowMs };
        const rows = part.map((name) => ({ name, ...chunk }));
        await database
          .insertInto("chunks")
          .values(rows)
          .onConflict((oc) => oc.doNothing())
          .execute();
        const entry = { file_id: id, plain_length: 1, sealed_entry: new Uint8Array(1) };
        const entries = part.map((name, index) => ({ ...entry, chunk_index: from + index, chunk_name: name }));
        await database.insertInto("file_chunks").values(entries).execute();
        for (const holder of nodes) {
          const copy = { node_id: holder, state: "active" as const, updated_at_ms: nowMs };
          await database
            .insertInto("assignments")
            .values(part.map((name) => ({ chunk_name: name, ...copy })))
            .onConflict((oc) => oc.doNothing())
            .execute();
          for (const name of part) node(holder).store(name, epochs.current());
        }
      }
      return id as FileId;
    },
    deleteFile: async (id) => {
      await metadata.apply("file.delete", { file_id: id, owner_id: "ada", ...newMove() });
    },
    restoreFile: async (id) => {
      await metadata.apply("file.restore", { file_id: id, owner_id: "ada", ...newMove() });
    },
    statesOf: async (name) => {
      const rows = await database.selectFrom("assignments").selectAll().where("chunk_name", "=", name).execute();
      return Object.fromEntries(rows.map((row) => [row.node_id, row.state]));
    },
    close: () => metadata.close(),
  };
}

function nodeRow(id: string, nowMs: number) {
  const bytes = { capacity_bytes: 10 ** 12, used_bytes: 0, free_bytes: 10 ** 12, chunk_count: 0 };
  const times = { joined_at_ms: nowMs, last_heartbeat_at_ms: nowMs };
  const told = { name: id, operator_id: "ada", api_key_hash: nameOf(id), addresses: "[]", labels: "{}", version: "0" };
  return { id, ...told, ...bytes, ...times, declared_state: "active" as const };
}

function transfersTo(node: (id: string) => FakeHolder): ReplicaTransfers {
  return {
    replicate: async (target, { source, chunk, epoch }) => {
      node(target).requireReachable();
      if (!node(source).chunks.has(chunk.name)) throw new AppError("CHUNK_NOT_FOUND", `${source} does not have it`);
      node(target).store(chunk.name, epoch);
    },
    delete: async (nodeId, { name, epoch }) => {
      const holder = node(nodeId);
      holder.underWay += 1;
      holder.underWayMax = Math.max(holder.underWayMax, holder.underWay);
      try {
        holder.requireReachable();
        if (holder.refusal !== undefined) throw holder.refusal;
        await holder.onDelete(name);
        holder.deletions += 1;
        if (holder.chunks.has(name) && !mayDelete(holder.chunks.get(name), epoch)) return "stored_anew";
        holder.chunks.delete(name);
        return "deleted";
      } finally {
        holder.underWay -= 1;
      }
    },
    inventorySummary: async (nodeId) => {
      node(nodeId).requireReachable();
      await node(nodeId).onList();
      return summariseInventory(node(nodeId).listed(), sha256);
    },
    inventory: async (nodeId, { after, limit }) => {
      node(nodeId).requireReachable();
      const rest = node(nodeId)
        .listed()
        .filter((name) => after === undefined || name > after);
      return { names: rest.slice(0, limit), more: rest.length > limit };
    },
  };
}

function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}
