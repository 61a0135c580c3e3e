import Type, { type Static } from "typebox";
import { Instant, instantText } from "../http/route-schema.ts";
import type { PathPart } from "./folder-paths.ts";
import type { FolderWithPath } from "./folder-service.ts";
import type { FolderRecord } from "./list-folders.ts";

const ParentId = Type.Union([Type.Null(), Type.String({ format: "uuid" })], { description: "null: in the root" });

export const PathSchema = (description: string) =>
  Type.Array(Type.Object({ id: Type.String({ format: "uuid" }), name: Type.String() }), { description });

const folderFields = {
  id: Type.String({ format: "uuid" }),
  name: Type.String(),
  parent_id: ParentId,
  created_at: Instant("When it was made."),
};

export const FolderViewSchema = Type.Object(
  {
    ...folderFields,
    deleted_at: Type.Optional(Instant("Of a deleted folder.")),
    gone_at: Type.Optional(Instant("Until then it can be restored.")),
    path: Type.Optional(
      PathSchema(
        "In the list of deleted folders, the folders in which it lay, from the root; missing where one of them is deleted too or gone. Of a restored folder, those in which it lies now.",
      ),
    ),
  },
  { $id: "Folder" },
);

export const FolderWithPathSchema = Type.Object({
  ...folderFields,
  id: Type.Union([Type.Null(), Type.String({ format: "uuid" })], { description: "null: the root" }),
  created_at: Type.Union([Type.Null(), Instant("When it was made.")], { description: "null: the root" }),
  path: PathSchema("The folders from the root to this one, which is the last."),
});

export function folderView(folder: FolderRecord, graceMs: number): Static<typeof FolderViewSchema> {
  const { deletedAtMs, path } = folder;
  return {
    id: folder.id,
    name: folder.name,
    parent_id: folder.parentId,
    created_at: instantText(folder.createdAtMs),
    ...(deletedAtMs === null
      ? {}
      : { deleted_at: instantText(deletedAtMs), gone_at: instantText(deletedAtMs + graceMs) }),
    ...(path === undefined ? {} : { path: pathView(path) }),
  };
}

export function folderWithPathView({ folder, path }: FolderWithPath): Static<typeof FolderWithPathSchema> {
  return {
    id: folder?.id ?? null,
    name: folder?.name ?? "",
    parent_id: folder?.parentId ?? null,
    created_at: folder === undefined ? null : instantText(folder.createdAtMs),
    path: pathView(path),
  };
}

export function pathView(path: readonly PathPart[]): { id: string; name: string }[] {
  return path.map(({ id, name }) => ({ id, name }));
}
