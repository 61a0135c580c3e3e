import { AppError } from "@commonhold/core/app-error.ts";
import type { ChunkName, FileId } from "@commonhold/core/ids.ts";

interface MemoryFile {
  /** Those that were not let go of yet. */
  readonly chunks: ChunkName[];
  state: "complete" | "deleted" | "purging";
  deletedAtMs: number;
}

/** Files and the chunks that they use. */
export class MemoryFiles {
  readonly #files = new Map<FileId, MemoryFile>();

  add(id: FileId, chunks: readonly ChunkName[]): void {
    this.#files.set(id, { chunks: [...chunks], state: "complete", deletedAtMs: 0 });
  }

  delete(id: FileId, nowMs: number): void {
    const file = this.#files.get(id);
    if (file?.state !== "complete") throw new AppError("FILE_NOT_FOUND", `there is no file ${id}`);
    file.state = "deleted";
    file.deletedAtMs = nowMs;
  }

  restore(id: FileId): void {
    const file = this.#files.get(id);
    if (file === undefined || file.state === "purging") {
      throw new AppError("FILE_NOT_FOUND", `file ${id} cannot be restored`);
    }
    file.state = "complete";
  }

  toPurge(deletedBeforeMs: number, limit: number): FileId[] {
    const due = [...this.#files].filter(([, file]) => file.state !== "complete" && file.deletedAtMs < deletedBeforeMs);
    return due
      .toSorted(([idA, a], [idB, b]) => a.deletedAtMs - b.deletedAtMs || (idA < idB ? -1 : 1))
      .slice(0, limit)
      .map(([id]) => id);
  }

  purge(
    id: FileId,
    deletedBeforeMs: number,
    limit: number,
  ): { readonly released: readonly ChunkName[]; readonly isGone: boolean } {
    const file = this.#files.get(id);
    if (file === undefined) return { released: [], isGone: true };
    if (file.state === "complete" || (file.state === "deleted" && file.deletedAtMs >= deletedBeforeMs)) {
      throw new AppError("CONCURRENT_CHANGE", `file ${id} is not to be purged: it was restored, or deleted anew`);
    }
    file.state = "purging";
    const released = file.chunks.splice(0, limit);
    if (file.chunks.length === 0) this.#files.delete(id);
    return { released, isGone: file.chunks.length === 0 };
  }
}
