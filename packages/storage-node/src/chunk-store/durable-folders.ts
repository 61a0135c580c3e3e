import { dirname } from "node:path";
import type { ChunkFiles } from "./chunk-files.ts";

/**
 * Makes the folders of chunks and remembers which of them are on the medium for certain: an entry in a folder is
 * worth nothing while the folder's own entry may still be lost in a power cut.
 *
 * A folder found at the start may have been made just before a crash, so each is synced once per run. At most 272 paths
 * are remembered.
 */
export class DurableFolders {
  readonly #files: ChunkFiles;
  readonly #made = new Map<string, Promise<void>>();

  constructor(files: ChunkFiles) {
    this.#files = files;
  }

  /** Resolves when every folder from below `root` down to `path` exists durably. */
  ensure(path: string, root: string): Promise<void> {
    if (path === root) return Promise.resolve();
    const under = this.#made.get(path);
    if (under !== undefined) return under;
    const made = this.#make(path, root);
    this.#made.set(path, made);
    made.catch(() => {
      if (this.#made.get(path) === made) this.#made.delete(path);
    });
    return made;
  }

  /** Lets the next `ensure` look again. */
  forget(path: string, root: string): void {
    for (let folder = path; folder !== root; folder = dirname(folder)) this.#made.delete(folder);
  }

  async #make(path: string, root: string): Promise<void> {
    const parent = dirname(path);
    await this.ensure(parent, root);
    await this.#files.makeFolder(path);
    await this.#files.syncFolder(parent);
  }
}
