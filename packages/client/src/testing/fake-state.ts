import { createHash } from "node:crypto";
import type { Person } from "../admin.ts";
import type { JobObject } from "../jobs.ts";
import type { NodeObject } from "../nodes.ts";
import type { RebalancingPlan, RepairStatus } from "../repair.ts";
import { FAKE_PEOPLE } from "./fake-admin.ts";
import type { FakeShare } from "./fake-shares.ts";
import { fakeFolderId, splitFakePath } from "./fake-folders.ts";
import { FAKE_JOBS, FAKE_REPAIR, fakeNode } from "./fake-facts.ts";

/** A file of the fake coordinator, as its API shows it, with its bytes. */
export interface FakeFile {
  readonly file_id: string;
  /** With its folders; a file of the same is a version of it. */
  readonly filename: string;
  readonly size_bytes: number;
  readonly content_type: string;
  readonly content_id: string;
  readonly chunk_size: number;
  readonly chunk_count: number;
  readonly copies: number;
  readonly priority: string;
  /** Ids of nodes. */
  readonly pins: readonly string[];
  readonly created_at: string;
  readonly completed_at: string;
  readonly bytes: Uint8Array;
}

/** A file that can be restored. */
export interface FakeDeletedFile extends FakeFile {
  readonly deleted_at: string;
  readonly gone_at: string;
}

export interface RemovedFolder {
  readonly path: string;
  readonly folders: readonly (readonly [string, string])[];
  readonly files: readonly FakeFile[];
}

export interface FakeUpload {
  readonly session_id: string;
  readonly file_id: string;
  readonly filename: string;
  readonly size_bytes: number;
  readonly chunk_size: number;
  readonly chunk_count: number;
  readonly expires_at: string;
  readonly chunks: Map<number, Uint8Array>;
  state: "uploading" | "complete";
}

/** What outlives a restart of the fake coordinator. */
export interface FakeState {
  /** Ids of files by the key under which they came. */
  readonly keyed: Map<string, string>;
  readonly chunkSize: number;
  readonly users: Map<string, { id: string; email: string; name: string; password: string }>;
  readonly accessTokens: Map<string, { email: string; expired: boolean }>;
  /** Spent tokens map to undefined. */
  readonly refreshTokens: Map<string, string | undefined>;
  readonly uploads: Map<string, FakeUpload>;
  /** Paths by id. */
  readonly folders: Map<string, string>;
  /** By the folder's id: what its removal took away. */
  readonly removedFolders: Map<string, RemovedFolder>;
  /** In the order of completion. */
  readonly files: Map<string, FakeFile>;
  /** By their ids. */
  readonly deleted: Map<string, FakeDeletedFile>;
  readonly purchases: Map<string, object>;
  readonly shares: Map<string, FakeShare>;
  /** How a purchase stands, one a look; undefined where purchases are done at once. */
  checkout: string[] | undefined;
  readonly nodes: NodeObject[];
  readonly jobs: Map<string, JobObject>;
  readonly people: Person[];
  /** Micro-credits by their idempotency keys. */
  readonly grants: Map<string, string>;
  /** undefined for a coordinator of before there was repair. */
  repair: RepairStatus | undefined;
  /** What it would move; POST answers with it. */
  rebalancing: Omit<RebalancingPlan, "dry_run">;
  /** Of every user. */
  role: "user" | "operator" | "admin";
  /** Of every file. */
  replicas: { readonly promised: number; readonly min: number; readonly pending: number };
  /** Of every file. */
  health: { readonly state: string; readonly chunks_short: number; readonly chunks_unreadable: number };
  nextId: number;
}

export function createFakeState(chunkSize: number): FakeState {
  return {
    chunkSize,
    keyed: new Map(),
    users: new Map(),
    accessTokens: new Map(),
    refreshTokens: new Map(),
    uploads: new Map(),
    folders: new Map(),
    removedFolders: new Map(),
    files: new Map(),
    deleted: new Map(),
    purchases: new Map(),
    shares: new Map(),
    checkout: undefined,
    nodes: [fakeNode("attic")],
    jobs: new Map(FAKE_JOBS.map((job) => [job.name, job])),
    people: [...FAKE_PEOPLE],
    grants: new Map(),
    repair: FAKE_REPAIR,
    rebalancing: { mean_fill: 0.25, moves_count: 0, bytes: 0, moves: [] },
    role: "admin",
    replicas: { promised: 3, min: 3, pending: 0 },
    health: { state: "whole", chunks_short: 0, chunks_unreadable: 0 },
    nextId: 1,
  };
}

/** A UUID that counts up. */
export function nextUuid(state: FakeState): string {
  return `00000000-0000-7000-8000-${(state.nextId++).toString(16).padStart(12, "0")}`;
}

export function addFakeFile(state: FakeState, filename: string, bytes: Uint8Array): FakeFile {
  const at = new Date(Date.UTC(2026, 0, 1) + state.files.size * 1000).toISOString();
  const file: FakeFile = {
    file_id: nextUuid(state),
    filename,
    size_bytes: bytes.length,
    content_type: "application/octet-stream",
    content_id: createHash("sha256").update(bytes).digest("hex"),
    chunk_size: state.chunkSize,
    chunk_count: Math.ceil(bytes.length / state.chunkSize),
    copies: 3,
    priority: "normal",
    pins: [],
    created_at: at,
    completed_at: at,
    bytes,
  };
  state.files.set(file.file_id, file);
  fakeFolderId(state, splitFakePath(filename).folder);
  return file;
}

/** Where it can be restored from for a day. */
export function removeFakeFile(state: FakeState, fileId: string): void {
  const file = state.files.get(fileId);
  if (file === undefined) return;
  for (const version of state.files.values()) {
    if (version.filename === file.filename) state.files.delete(version.file_id);
  }
  const times = { deleted_at: "2026-01-02T00:00:00.000Z", gone_at: "2026-01-03T00:00:00.000Z" };
  state.deleted.set(fileId, { ...file, ...times });
}
