import type { FolderId, UserId } from "@commonhold/core/ids.ts";
import type { Tables } from "@commonhold/metadata/tables.ts";
import { type Kysely, type RawBuilder, sql } from "kysely";

export interface PathPart {
  readonly id: FolderId;
  readonly name: string;
}

interface Step {
  readonly leaf: string;
  readonly id: string;
  readonly parent_id: string | null;
  readonly name: string;
  readonly is_gone: number;
}

/**
 * The ways from the root to folders, each with the folder itself at its end. Those of folders that are not there, or lie
 * in one that is deleted, are missing.
 */
export async function pathsOf(
  read: Kysely<Tables>,
  ownerId: UserId,
  folderIds: readonly FolderId[],
): Promise<ReadonlyMap<FolderId, readonly PathPart[]>> {
  if (folderIds.length === 0) return new Map();
  const { rows } = await sql<Step>`
    with recursive way(leaf, id, parent_id, name, is_gone, level) as (
      select id, id, parent_id, name, deleted_at_ms is not null, 0 from folders
        where id in (${sql.join([...new Set(folderIds)])}) and owner_id = ${ownerId}
      union all
      select way.leaf, folders.id, folders.parent_id, folders.name, folders.deleted_at_ms is not null, level + 1
        from way inner join folders on folders.id = way.parent_id
    ) select leaf, id, parent_id, name, is_gone from way order by leaf, level`.execute(read);
  const ways = new Map<string, Step[]>();
  for (const row of rows) {
    const way = ways.get(row.leaf) ?? [];
    way.push(row);
    ways.set(row.leaf, way);
  }
  const paths = new Map<FolderId, readonly PathPart[]>();
  for (const [leaf, way] of ways) {
    const isThere = way.at(-1)!.parent_id === null && way.every((step) => step.is_gone === 0);
    if (isThere) paths.set(leaf as FolderId, way.map(({ id, name }) => ({ id: id as FolderId, name })).reverse());
  }
  return paths;
}

/** As `pathsOf`, for what may lie in the root too, where null stands for it. */
export async function pathsOfPlaces(
  read: Kysely<Tables>,
  ownerId: UserId,
  places: readonly (FolderId | null)[],
): Promise<(place: FolderId | null) => readonly PathPart[] | undefined> {
  const folderIds = places.filter((place) => place !== null);
  const paths = await pathsOf(read, ownerId, folderIds);
  return (place) => (place === null ? [] : paths.get(place));
}

/** Whether a folder of the owner is being deleted: only then may something be in sight that is not to be. */
export async function isDeletingFolders(read: Kysely<Tables>, ownerId: UserId): Promise<boolean> {
  const folder = await read
    .selectFrom("folders")
    .select("id")
    .where("state", "=", sql.lit("deleting"))
    .where("owner_id", "=", ownerId)
    .limit(1)
    .executeTakeFirst();
  return folder !== undefined;
}

/** For a query of `files`: those that lie in no folder that is deleted. */
export function isInSight(): RawBuilder<boolean> {
  return sql<boolean>`not exists (
    with recursive way(id, parent_id, is_gone) as (
      select id, parent_id, deleted_at_ms is not null from folders where id = files.folder_id
      union all
      select folders.id, folders.parent_id, folders.deleted_at_ms is not null
        from way inner join folders on folders.id = way.parent_id
    ) select 1 from way where is_gone = 1)`;
}
