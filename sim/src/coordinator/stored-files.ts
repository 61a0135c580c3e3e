import type { ChunkName, FileId, NodeId, UserId } from "@commonhold/core/ids.ts";
import type { Priority } from "@commonhold/core/priority.ts";

/** uploading: its chunks are acknowledged one by one · stored · deleted: within its grace, or about to be purged. */
export type FileState = "uploading" | "stored" | "deleted";

export interface StoredFile {
  readonly id: FileId;
  readonly ownerId: UserId;
  readonly copies: number;
  readonly priority: Priority;
  readonly pins: readonly NodeId[];
  readonly chunks: ChunkName[];
  state: FileState;
  /** Since the start of the simulation. */
  deletedAtMs: number;
}

/** The files that users have, or had until a moment ago. */
export class StoredFiles {
  readonly #files = new Map<FileId, StoredFile>();

  get size(): number {
    return this.#files.size;
  }

  add(file: StoredFile): void {
    this.#files.set(file.id, file);
  }

  remove(id: FileId): void {
    this.#files.delete(id);
  }

  inState(state: FileState): StoredFile[] {
    return [...this.#files.values()].filter((file) => file.state === state);
  }
}
