import { hasCode } from "@commonhold/core/app-error.ts";

/** A folder by its id; null is the root. */
export type FolderPlace = string | null;

export interface FolderPathsDeps {
  /** Makes what is missing of the path. @returns the id of its last folder */
  readonly ensure: (parentId: FolderPlace, path: string) => Promise<string>;
}

/** Folders of dropped files: each is asked for once, however many files lie in it. */
export class FolderPaths {
  readonly #deps: FolderPathsDeps;
  readonly #known = new Map<string, Promise<string>>();

  constructor(deps: FolderPathsDeps) {
    this.#deps = deps;
  }

  /**
   * The folder at a path below another.
   * @param path without slashes at its ends; "" is the folder itself
   */
  async idOf(parentId: FolderPlace, path: string): Promise<FolderPlace> {
    if (path === "") return parentId;
    const key = keyOf(parentId, path);
    const known = this.#known.get(key) ?? this.#deps.ensure(parentId, path);
    this.#known.set(key, known);
    try {
      return await known;
    } catch (error) {
      this.#known.delete(key);
      throw error;
    }
  }

  /** Forgets a folder that a call did not find any more. @returns whether there was something to forget */
  forgetIfGone(error: unknown, parentId: FolderPlace, path: string): boolean {
    return hasCode(error, "FOLDER_NOT_FOUND") && this.#known.delete(keyOf(parentId, path));
  }

  clear(): void {
    this.#known.clear();
  }
}

function keyOf(parentId: FolderPlace, path: string): string {
  return `${parentId ?? ""}/${path}`;
}

/** "a/b/c.txt" is "c.txt" in "a/b". */
export function splitPath(path: string): { readonly folder: string; readonly leaf: string } {
  const at = path.lastIndexOf("/");
  return at < 0 ? { folder: "", leaf: path } : { folder: path.slice(0, at), leaf: path.slice(at + 1) };
}
