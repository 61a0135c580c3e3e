import { AppError, hasCode } from "@commonhold/core/app-error.ts";
import type { Clock } from "@commonhold/core/clock.ts";
import { type FolderId, type UserId, uuidV7 } from "@commonhold/core/ids.ts";
import type { Random } from "@commonhold/core/random.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import { normaliseFolderPath, normaliseName } from "../files/file-name.ts";
import { type PathPart, pathsOf } from "./folder-paths.ts";
import type { FolderSteps, OwnFolder } from "./folder-steps.ts";
import {
  childFolder,
  type FolderPage,
  type FolderQuery,
  type FolderRecord,
  findFolders,
  listFolders,
} from "./list-folders.ts";

export interface FolderWithPath {
  /** undefined: the root. */
  readonly folder: FolderRecord | undefined;
  /** From the root to the folder itself. */
  readonly path: readonly PathPart[];
}

export interface FolderMove {
  /** undefined: the one it has. */
  readonly name: string | undefined;
  /** Null: the root; undefined: the one it has. */
  readonly parentId: FolderId | null | undefined;
}

/** A folder of another user is found as little as one that is not there: FOLDER_NOT_FOUND. */
export interface FolderService {
  /** @throws AppError FOLDER_NOT_FOUND, NAME_TAKEN, INVALID_REQUEST */
  create(ownerId: UserId, folder: { readonly parentId: FolderId | null; readonly name: string }): Promise<FolderRecord>;
  /** The folder at the end of a path, made where it is missing. @throws AppError as `create` */
  ensure(ownerId: UserId, folder: { readonly parentId: FolderId | null; readonly path: string }): Promise<FolderRecord>;
  /** @throws AppError FOLDER_NOT_FOUND */
  get(folder: OwnFolder): Promise<FolderWithPath>;
  /** By its path from the root, "/a/b". @throws AppError FOLDER_NOT_FOUND, INVALID_REQUEST */
  at(ownerId: UserId, path: string): Promise<FolderWithPath>;
  /** @throws AppError FOLDER_NOT_FOUND, INVALID_CURSOR */
  list(ownerId: UserId, query: FolderQuery): Promise<FolderPage>;
  /** @throws AppError FOLDER_NOT_FOUND, NAME_TAKEN, INVALID_REQUEST into itself */
  move(folder: OwnFolder, move: FolderMove): Promise<FolderRecord>;
  /** With all that lies in it, which is out of sight at once. @throws AppError FOLDER_NOT_FOUND */
  remove(folder: OwnFolder): Promise<void>;
  /** With all that went with it, and its path; one that is there stays as it is. @throws AppError FOLDER_NOT_FOUND, INSUFFICIENT_CREDITS */
  restore(folder: OwnFolder): Promise<FolderRecord>;
}

export interface FolderServiceDeps {
  readonly metadata: Pick<Metadata, "read" | "apply">;
  readonly steps: Pick<FolderSteps, "begin" | "finish" | "finishRestores">;
  readonly clock: Clock;
  readonly random: Random;
}

export function createFolderService(deps: FolderServiceDeps): FolderService {
  const { metadata, clock, random } = deps;
  const { read } = metadata;
  const newId = (): FolderId => uuidV7(clock.nowMs(), random.bytes(10)) as FolderId;

  const get = async ({ folderId, ownerId }: OwnFolder) => {
    const path = (await pathsOf(read, ownerId, [folderId])).get(folderId);
    const [folder] = path === undefined ? [] : await findFolders(read, ownerId, [folderId]);
    if (folder === undefined || path === undefined) throw folderNotFound(folderId);
    return { folder, path };
  };

  return {
    create: async (ownerId, { parentId, name }) => {
      const folderId = newId();
      await metadata.apply("folder.create", {
        folder_id: folderId,
        owner_id: ownerId,
        parent_id: parentId,
        name: normaliseName(name),
        now_ms: clock.nowMs(),
      });
      return (await get({ folderId, ownerId })).folder;
    },

    ensure: async (ownerId, { parentId, path }) => {
      const names = normaliseFolderPath(path).split("/");
      const { folder_id } = await metadata.apply("folder.ensure", {
        owner_id: ownerId,
        parent_id: parentId,
        names,
        folder_ids: names.map(newId),
        now_ms: clock.nowMs(),
      });
      return (await get({ folderId: folder_id as FolderId, ownerId })).folder;
    },

    get,

    at: async (ownerId, path) => {
      const relative = path.replace(/^\//, "").replace(/\/$/, "");
      if (relative === "") return { folder: undefined, path: [] };
      let folderId: FolderId | null = null;
      for (const name of normaliseFolderPath(relative).split("/")) {
        folderId = await childFolder(read, ownerId, { parentId: folderId, name });
        if (folderId === null) throw new AppError("FOLDER_NOT_FOUND", `you have no folder ${path}`);
      }
      return await get({ folderId: folderId!, ownerId });
    },

    list: (ownerId, query) => listFolders(read, ownerId, query),

    move: async (folder, { name, parentId }) => {
      await metadata.apply("folder.move", {
        folder_id: folder.folderId,
        owner_id: folder.ownerId,
        name: name === undefined ? null : normaliseName(name),
        to: parentId === undefined ? null : { parent_id: parentId },
      });
      return (await get(folder)).folder;
    },

    remove: (folder) => removeFolder(deps, folder),

    restore: async (folder) => {
      await restoreFolder(deps, folder);
      const restored = await get(folder);
      return { ...restored.folder, path: restored.path.slice(0, -1) };
    },
  };
}

async function removeFolder({ metadata, steps, clock }: FolderServiceDeps, folder: OwnFolder): Promise<void> {
  const remove = { folder_id: folder.folderId, owner_id: folder.ownerId, now_ms: clock.nowMs() };
  try {
    await metadata.apply("folder.delete", remove);
  } catch (error) {
    if (!hasCode(error, "CONCURRENT_CHANGE")) throw error;
    await steps.finishRestores(folder.ownerId);
    await metadata.apply("folder.delete", remove);
  }
  await steps.begin(folder);
}

async function restoreFolder(deps: FolderServiceDeps, folder: OwnFolder): Promise<void> {
  const { metadata, steps, clock, random } = deps;
  const restore = async () => {
    const nowMs = clock.nowMs();
    const transaction_id = uuidV7(nowMs, random.bytes(10));
    const of = { folder_id: folder.folderId, owner_id: folder.ownerId, transaction_id, now_ms: nowMs };
    await metadata.apply("folder.restore", of);
  };
  try {
    await restore();
  } catch (error) {
    if (!hasCode(error, "CONCURRENT_CHANGE")) throw error;
    await steps.finish(folder);
    await restore();
  }
  await steps.begin(folder);
}

function folderNotFound(folderId: FolderId): AppError {
  return new AppError("FOLDER_NOT_FOUND", `you have no folder ${folderId}`);
}
