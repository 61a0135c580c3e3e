import { createHash } from "node:crypto";

/** A file of the fake coordinator, as its API shows it, with its bytes. */
export interface FakeFile {
  readonly file_id: string;
  readonly filename: string;
  readonly size_bytes: number;
  readonly content_type: string;
  readonly content_id: string;
  readonly chunk_size: number;
  readonly chunk_count: number;
  readonly copies: number;
  readonly created_at: string;
  readonly completed_at: string;
  readonly bytes: Uint8Array;
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
  readonly chunkSize: number;
  readonly users: Map<string, { id: string; email: string; name: string; password: string }>;
  readonly accessTokens: Map<string, { email: string; expired: boolean }>;
  /** Spent tokens map to undefined. */
  readonly refreshTokens: Map<string, string | undefined>;
  readonly uploads: Map<string, FakeUpload>;
  /** In the order of completion. */
  readonly files: Map<string, FakeFile>;
  readonly purchases: Map<string, object>;
  /** Of every file. */
  replicas: { readonly promised: number; readonly min: number; readonly pending: number };
  nextId: number;
}

export function createFakeState(chunkSize: number): FakeState {
  return {
    chunkSize,
    users: new Map(),
    accessTokens: new Map(),
    refreshTokens: new Map(),
    uploads: new Map(),
    files: new Map(),
    purchases: new Map(),
    replicas: { promised: 3, min: 3, pending: 0 },
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
    created_at: at,
    completed_at: at,
    bytes,
  };
  state.files.set(file.file_id, file);
  return file;
}
