import type { Clock } from "@commonhold/core/clock.ts";
import { type FolderId, type UserId, uuidV7 } from "@commonhold/core/ids.ts";
import type { Random } from "@commonhold/core/random.ts";
import type { Metadata } from "@commonhold/metadata/metadata.ts";
import { sql } from "kysely";

/** What one change of the metadata marks, so that a huge folder holds up nothing else. */
const ITEMS_PER_STEP = 500;
/** A request waits for so many; folders of fewer than some thousand files are done with its answer. */
const STEPS_OF_REQUEST = 8;
const FOLDERS_PAGE = 100;

export interface FolderStepsDeps {
  readonly metadata: Pick<Metadata, "read" | "apply">;
  readonly clock: Clock;
  readonly random: Random;
}

export interface OwnFolder {
  readonly folderId: FolderId;
  readonly ownerId: UserId;
}

/** The deletion of folders, and their return, go through what lies in them some at a time. */
export interface FolderSteps {
  /** The first steps; the rest is left to `run`, which `onLeft` is to begin. */
  begin(folder: OwnFolder): Promise<void>;
  /** All steps of a folder. */
  finish(folder: OwnFolder): Promise<void>;
  /** All steps of the folders of an owner that are on their way back. */
  finishRestores(ownerId: UserId): Promise<void>;
  /** All that is under way, whoever began it, also before a restart. */
  run(signal: AbortSignal): Promise<void>;
  /** Called where a request leaves steps. */
  onLeft(listener: () => void): void;
}

export function createFolderSteps(deps: FolderStepsDeps): FolderSteps {
  const { metadata, clock, random } = deps;
  const listeners: (() => void)[] = [];

  /** @returns whether nothing is left */
  const step = async ({ folderId, ownerId }: OwnFolder): Promise<boolean> => {
    const nowMs = clock.nowMs();
    const of = { folder_id: folderId, owner_id: ownerId, limit: ITEMS_PER_STEP, now_ms: nowMs };
    const deletion = await metadata.apply("folder.delete_step", {
      ...of,
      transaction_id: uuidV7(nowMs, random.bytes(10)),
    });
    if (!deletion.is_done) return false;
    return (await metadata.apply("folder.restore_step", of)).is_done;
  };

  const finish = async (folder: OwnFolder, signal?: AbortSignal): Promise<void> => {
    while (!(await step(folder))) signal?.throwIfAborted();
  };

  const underWay = async (states: readonly ("deleting" | "restoring")[], ownerId?: UserId) => {
    const rows = await metadata.read
      .selectFrom("folders")
      .select(["id", "owner_id", "deleted_with"])
      .where(
        "state",
        "in",
        states.map((state) => sql.lit(state)),
      )
      .$if(ownerId !== undefined, (query) => query.where("owner_id", "=", ownerId!))
      .limit(FOLDERS_PAGE)
      .execute();
    return rows.map((row) => ({
      // That of a deletion goes through all that went with it.
      folderId: (row.deleted_with ?? row.id) as FolderId,
      ownerId: row.owner_id as UserId,
    }));
  };

  const finishAll = async (find: () => Promise<readonly OwnFolder[]>, signal?: AbortSignal): Promise<void> => {
    for (let folders = await find(); folders.length > 0; folders = await find()) {
      for (const folder of folders) {
        signal?.throwIfAborted();
        await finish(folder, signal);
      }
    }
  };

  return {
    begin: async (folder) => {
      for (let steps = 0; steps < STEPS_OF_REQUEST; steps++) if (await step(folder)) return;
      for (const listener of listeners) listener();
    },
    finish: (folder) => finish(folder),
    finishRestores: (ownerId) => finishAll(() => underWay(["restoring"], ownerId)),
    run: (signal) => finishAll(() => underWay(["deleting", "restoring"]), signal),
    onLeft: (listener) => void listeners.push(listener),
  };
}
