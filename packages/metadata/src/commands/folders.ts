import { AppError } from "@commonhold/core/app-error.ts";
import { FOLDER_DEPTH_MAX } from "@commonhold/core/folder-depth.ts";
import { sql, type Transaction } from "kysely";
import Type from "typebox";
import { defineCommand } from "../command.ts";
import type { Tables } from "../tables.ts";
import { FolderId, makeFolder, makeFolders, NewFolderIds } from "./make-folders.ts";
import { Id, payloadOf, TimeMs } from "./payload-fields.ts";
import {
  folderNotFound,
  type Place,
  refuseTakenByFile,
  refuseTakenByFolder,
  requireDepth,
  requireFolder,
} from "./places.ts";

/** @throws AppError FOLDER_NOT_FOUND, NAME_TAKEN, TOO_MANY_ENTRIES, INVALID_REQUEST where it would be too deep */
export const createFolder = defineCommand({
  name: "folder.create",
  payload: payloadOf({
    folder_id: Id,
    owner_id: Id,
    parent_id: FolderId,
    /** One segment of a path. */
    name: Type.String({ minLength: 1 }),
    now_ms: TimeMs,
  }),
  apply: async (tx, p) => {
    const place = { ownerId: p.owner_id, folderId: p.parent_id };
    requireDepth((await requireFolder(tx, place)).length + 1);
    await refuseTakenByFolder(tx, place, p.name);
    await makeFolder(tx, place, { id: p.folder_id, name: p.name, nowMs: p.now_ms });
    return null;
  },
});

/**
 * Makes what is missing of a path; where nothing is, it changes nothing.
 * @throws AppError FOLDER_NOT_FOUND, NAME_TAKEN where a file has a name of it, INVALID_REQUEST where it would be too deep
 */
export const ensureFolders = defineCommand({
  name: "folder.ensure",
  payload: payloadOf({
    owner_id: Id,
    parent_id: FolderId,
    names: Type.Array(Type.String({ minLength: 1 }), { minItems: 1, maxItems: FOLDER_DEPTH_MAX }),
    folder_ids: NewFolderIds,
    now_ms: TimeMs,
  }),
  apply: async (tx, p) => {
    const from = { ownerId: p.owner_id, folderId: p.parent_id };
    const { folderId } = await makeFolders(tx, from, { names: p.names, newIds: p.folder_ids, nowMs: p.now_ms });
    return { folder_id: folderId! };
  },
});

/**
 * Gives a folder another name, another parent, or both.
 * @throws AppError FOLDER_NOT_FOUND, NAME_TAKEN, INVALID_REQUEST for a parent that it is itself, or that lies in it
 */
export const moveFolder = defineCommand({
  name: "folder.move",
  payload: payloadOf({
    folder_id: Id,
    owner_id: Id,
    /** Null: the one it has. */
    name: Type.Union([Type.Null(), Type.String({ minLength: 1 })]),
    /** Null: the one it has. */
    to: Type.Union([Type.Null(), Type.Object({ parent_id: FolderId }, { additionalProperties: false })]),
  }),
  apply: async (tx, p) => {
    const way = await requireFolder(tx, { ownerId: p.owner_id, folderId: p.folder_id });
    const folder = await tx
      .selectFrom("folders")
      .select(["name", "parent_id"])
      .where("id", "=", p.folder_id)
      .executeTakeFirstOrThrow();
    const name = p.name ?? folder.name;
    const parentId = p.to === null ? folder.parent_id : p.to.parent_id;
    if (name === folder.name && parentId === folder.parent_id) return { repeated: true };
    const place = { ownerId: p.owner_id, folderId: parentId };
    const newWay = await requireFolder(tx, place);
    if (newWay.includes(p.folder_id)) {
      throw new AppError("INVALID_REQUEST", `folder ${p.folder_id} cannot be moved into itself`);
    }
    if (newWay.length + 1 > way.length) {
      requireDepth(newWay.length + (await heightOf(tx, { ownerId: p.owner_id, folderId: p.folder_id })));
    }
    await refuseTakenByFile(tx, place, name);
    await refuseTakenByFolder(tx, place, name);
    await tx.updateTable("folders").set({ name, parent_id: parentId }).where("id", "=", p.folder_id).execute();
    return { repeated: false };
  },
});

/** How many folders lie in one another at most from this one on, itself counted. */
async function heightOf(tx: Transaction<Tables>, { ownerId, folderId }: Place): Promise<number> {
  const { height } = await tx
    .withRecursive("below(id, level)", (cte) =>
      cte
        .selectFrom("folders")
        .select(["id", sql<number>`1`.as("level")])
        .where("id", "=", folderId)
        .unionAll(
          cte
            .selectFrom("below")
            .innerJoin("folders", (join) =>
              join
                .on("folders.owner_id", "=", ownerId)
                .on((eb) => eb(sql`coalesce(folders.parent_id, '')`, "=", eb.ref("below.id")))
                .on("folders.deleted_at_ms", "is", null),
            )
            .select(["folders.id", sql<number>`level + 1`.as("level")]),
        ),
    )
    .selectFrom("below")
    .select((eb) => eb.fn.max<number>("level").as("height"))
    .executeTakeFirstOrThrow();
  return height;
}

/**
 * Takes a folder with all that lies in it out of its owner's sight; `folder.delete_step` marks what lies in it.
 * @throws AppError FOLDER_NOT_FOUND; CONCURRENT_CHANGE while a folder of the owner is being restored
 */
export const deleteFolder = defineCommand({
  name: "folder.delete",
  payload: payloadOf({ folder_id: Id, owner_id: Id, now_ms: TimeMs }),
  apply: async (tx, p) => {
    await requireFolder(tx, { ownerId: p.owner_id, folderId: p.folder_id });
    const restoring = await tx
      .selectFrom("folders")
      .select("id")
      .where("owner_id", "=", p.owner_id)
      .where("state", "=", sql.lit("restoring"))
      .limit(1)
      .executeTakeFirst();
    if (restoring !== undefined) {
      throw new AppError("CONCURRENT_CHANGE", `folder ${restoring.id} is being restored: try again in a moment`);
    }
    await tx
      .updateTable("folders")
      .set({ state: "deleting", deleted_at_ms: p.now_ms })
      .where("id", "=", p.folder_id)
      .execute();
    return null;
  },
});

/** @throws AppError FOLDER_NOT_FOUND for what is not there, deleted or not */
export async function findAnyFolder(
  tx: Transaction<Tables>,
  { folder_id, owner_id }: { readonly folder_id: string; readonly owner_id: string },
) {
  const folder = await tx
    .selectFrom("folders")
    .select(["id", "name", "parent_id", "state", "deleted_at_ms", "deleted_with"])
    .where("id", "=", folder_id)
    .where("owner_id", "=", owner_id)
    .executeTakeFirst();
  if (folder === undefined) throw folderNotFound(folder_id);
  return folder;
}
