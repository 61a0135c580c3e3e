import { AppError } from "@commonhold/core/app-error.ts";
import type { ChunkName, FileId, NodeId } from "@commonhold/core/ids.ts";
import type { Kysely } from "kysely";
import type { AnyCommand } from "../command.ts";
import {
  hashOf,
  heartbeatPayload,
  purchasePayload,
  registrationPayload,
  uploadPayload,
  userPayload,
} from "../commands/payloads.fixture.ts";
import { commands } from "../commands/registry.ts";
import type { CommandName, CommandPayload, CommandResult, Metadata } from "../metadata.ts";
import { applyTo, openMemoryDatabase } from "../sqlite/memory-database.fixture.ts";
import type { Tables } from "../tables.ts";
import { MemoryCatalog, type NewChunk, type NewFile } from "./memory-catalog.ts";
import { createMetadataCatalog } from "./metadata-catalog.ts";
import type { ReplicaCatalog } from "./replica-catalog.ts";

const ADA = "ada";
const CREATED_AT_MS = 1_000;

/** Nodes that every harness knows. */
export const NODES = ["node-A", "node-B", "node-C", "node-D", "node-E"] as NodeId[] as [
  NodeId,
  NodeId,
  NodeId,
  NodeId,
  NodeId,
];

export function chunkNameOf(seed: number): ChunkName {
  return hashOf(seed) as ChunkName;
}

/** What uploads and owners do to a catalog. */
export interface Uploader {
  addChunk(chunk: NewChunk): Promise<void>;
  releaseChunk(name: ChunkName): Promise<void>;
  addFile(file: NewFile): Promise<void>;
  deleteFile(id: FileId, nowMs: number): Promise<void>;
  restoreFile(id: FileId): Promise<void>;
}

/** A catalog, and what plays the part of uploads and of the files' owners. */
export interface CatalogHarness {
  readonly catalog: ReplicaCatalog;
  readonly uploader: Uploader;
}

export async function createMemoryHarness(): Promise<CatalogHarness> {
  const catalog = new MemoryCatalog();
  return {
    catalog,
    uploader: {
      addChunk: async (chunk) => catalog.addChunk(chunk),
      releaseChunk: async (name) => catalog.releaseChunk(name),
      addFile: async (file) => catalog.addFile(file),
      deleteFile: async (id, nowMs) => catalog.deleteFile(id, nowMs),
      restoreFile: async (id) => catalog.restoreFile(id),
    },
  };
}

/** The engine's commands over a database in memory, without its thread. */
export interface InProcessMetadata extends Pick<Metadata, "apply"> {
  readonly read: Kysely<Tables>;
}

/** Applies commands as an engine would. */
export function applierTo(database: Kysely<Tables>): Metadata["apply"] {
  return async <Name extends CommandName>(name: Name, payload: CommandPayload<Name>): Promise<CommandResult<Name>> =>
    (await applyTo(
      database,
      commands[name] as unknown as AnyCommand as never,
      payload as never,
    )) as CommandResult<Name>;
}

/** A user "ada" with credits, and the nodes. */
export async function openInProcessMetadata(): Promise<InProcessMetadata> {
  const database = await openMemoryDatabase();
  const apply = applierTo(database);
  await apply("user.create", userPayload(ADA));
  await apply("ledger.purchase", purchasePayload("p1", { amount_microcredits: "1000000000000" }));
  await registerNodes(apply);
  return { read: database, apply };
}

/** The nodes, of "ada" and active. */
export async function registerNodes(apply: Metadata["apply"]): Promise<void> {
  const token = { token_hash: hashOf(1), user_id: ADA, created_at_ms: 1, expires_at_ms: 1_000_000, uses: 99 };
  await apply("join_token.create", token);
  for (const [index, id] of NODES.entries()) {
    await apply("node.register", registrationPayload(id, { api_key_hash: hashOf(100 + index) }));
    await apply("node.heartbeat", heartbeatPayload(id));
  }
}

/** Of a file of one chunk; no chunk where `chunk` is null. */
export function storePayload(
  id: string,
  chunk: NewChunk | null,
  overrides: Partial<CommandPayload<"file.store">> = {},
): CommandPayload<"file.store"> {
  return {
    file_id: id,
    owner_id: ADA,
    folder_id: null,
    name: `name of ${id}`,
    folder_ids: [],
    size_bytes: 10,
    chunk_size_bytes: 262_144,
    copies: chunk?.copies ?? 3,
    media_type: "text/plain",
    sealed_key: "AAAA",
    content_id: hashOf(0),
    chunk: chunk === null ? null : chunkFieldsOf(chunk),
    cost_microcredits: "0",
    transaction_id: `store-${id}`,
    now_ms: chunk?.nowMs ?? CREATED_AT_MS,
    ...overrides,
  };
}

function chunkFieldsOf(chunk: NewChunk) {
  return {
    chunk_name: chunk.name,
    sealed_length: chunk.sealedLength,
    plain_length: 10,
    copies: chunk.copies,
    sealed_entry: "AAAA",
    replicas: chunk.replicas.map(({ nodeId, state }) => ({ node_id: nodeId, state })),
    epoch: chunk.epoch ?? 0,
  };
}

/** Commands alone play the uploader. */
export async function createMetadataHarness(): Promise<CatalogHarness & { readonly metadata: InProcessMetadata }> {
  const metadata = await openInProcessMetadata();
  const { apply } = metadata;
  const catalog = createMetadataCatalog(metadata);
  /** Files that `addChunk` made, by chunk. */
  const soleFiles = new Map<ChunkName, string[]>();
  let count = 0;

  const decorate = async (id: string, file: Pick<NewFile, "priority" | "pins">): Promise<void> => {
    const of = { file_id: id, owner_id: ADA };
    if (file.priority !== undefined) {
      await apply("file.set_redundancy", {
        ...of,
        copies: null,
        priority: file.priority,
        microcredits_per_gb_month: "0",
        transaction_id: `redundancy-${id}`,
        now_ms: CREATED_AT_MS,
      });
    }
    for (const node_id of file.pins ?? []) await apply("file.pin", { ...of, node_id });
  };
  const deleteFile = async (id: string, nowMs: number): Promise<void> => {
    await apply("file.delete", { file_id: id, owner_id: ADA, transaction_id: `delete-${count++}`, now_ms: nowMs });
  };

  const uploader: Uploader = {
    addChunk: async (chunk) => {
      const id = `sole-${count++}`;
      await apply("file.store", storePayload(id, chunk));
      await decorate(id, chunk);
      const files = soleFiles.get(chunk.name) ?? [];
      soleFiles.set(chunk.name, [...files, id]);
    },
    releaseChunk: async (name) => {
      const [id, ...rest] = soleFiles.get(name) ?? [];
      if (id === undefined) throw new AppError("CHUNK_NOT_FOUND", `chunk ${name} has no file of its own`);
      await deleteFile(id, 0);
      await catalog.purgeFile(id as FileId, 1, 1);
      soleFiles.set(name, rest);
    },
    addFile: async (file) => {
      const uploadId = `upload-${count++}`;
      await apply("upload.initiate", {
        ...uploadPayload(uploadId, { file_id: file.id, reserve_microcredits: "0", copies: file.copies }),
        chunk_count: file.chunks.length,
      });
      try {
        for (const [index, name] of file.chunks.entries()) {
          const chunk = { name, sealedLength: 100, copies: file.copies, replicas: [], nowMs: CREATED_AT_MS };
          await apply("chunk.commit", {
            upload_id: uploadId,
            chunk_index: index,
            ...chunkFieldsOf(chunk as unknown as NewChunk),
            now_ms: CREATED_AT_MS,
          });
        }
      } catch (error) {
        await apply("upload.abort", {
          upload_id: uploadId,
          transaction_id: `abort-${uploadId}`,
          now_ms: CREATED_AT_MS,
        });
        throw error;
      }
      await apply("upload.complete", {
        upload_id: uploadId,
        folder_ids: [],
        size_bytes: 10 * file.chunks.length,
        chunk_count: file.chunks.length,
        content_id: hashOf(0),
        cost_microcredits: "0",
        transaction_id: `complete-${uploadId}`,
        now_ms: CREATED_AT_MS,
      });
      await decorate(file.id, file);
    },
    deleteFile,
    restoreFile: async (id) => {
      const transaction_id = `restore-${count++}`;
      await apply("file.restore", { file_id: id, owner_id: ADA, transaction_id, now_ms: CREATED_AT_MS });
    },
  };
  return { catalog, uploader, metadata };
}
