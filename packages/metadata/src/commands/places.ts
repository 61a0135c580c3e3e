import { AppError } from "@commonhold/core/app-error.ts";
import { FOLDER_DEPTH_MAX } from "@commonhold/core/folder-depth.ts";
import { type Kysely, sql, type Transaction } from "kysely";
import { prepareQuery } from "../prepared-query.ts";
import type { Tables } from "../tables.ts";

/** Where something of an owner lies; `folderId` null: in the root. */
export interface Place {
  readonly ownerId: string;
  readonly folderId: string | null;
}

const folderNamed = prepareQuery(
  (read, values: { readonly ownerId: string; readonly place: string; readonly name: string }) =>
    read
      .selectFrom("folders")
      .select("id")
      .where("owner_id", "=", values.ownerId)
      .where(sql`coalesce(parent_id, '')`, "=", values.place)
      .where("name", "=", values.name)
      .where("deleted_at_ms", "is", null),
);

const fileNamed = prepareQuery(
  (read, values: { readonly ownerId: string; readonly place: string; readonly name: string }) =>
    read
      .selectFrom("files")
      .select(["id", "entry_id", "version", "priority", "pinned"])
      .where("owner_id", "=", values.ownerId)
      .where(sql`coalesce(folder_id, '')`, "=", values.place)
      .where("name", "=", values.name)
      .where("is_current", "=", sql.lit(1))
      .where("state", "=", sql.lit("complete")),
);

export async function findFolder(read: Kysely<Tables>, { ownerId, folderId }: Place, name: string) {
  const [folder] = await folderNamed(read, { ownerId, place: folderId ?? "", name });
  return folder;
}

/** The current version of the file of that name. */
export async function findFile(tx: Transaction<Tables>, { ownerId, folderId }: Place, name: string) {
  const [file] = await fileNamed(tx, { ownerId, place: folderId ?? "", name });
  return file;
}

/** The folders from one up to the root, while they are there: it is in the root that the way ends. */
const wayUp = prepareQuery((read, values: { readonly folderId: string; readonly ownerId: string }) =>
  read
    .withRecursive("way(id, parent_id)", (cte) =>
      cte
        .selectFrom("folders")
        .select(["id", "parent_id"])
        .where("id", "=", values.folderId)
        .where("owner_id", "=", values.ownerId)
        .where("deleted_at_ms", "is", null)
        .unionAll(
          cte
            .selectFrom("way")
            .innerJoin("folders", "folders.id", "way.parent_id")
            .select(["folders.id", "folders.parent_id"])
            .where("folders.deleted_at_ms", "is", null),
        ),
    )
    .selectFrom("way")
    .select(["id", "parent_id"]),
);

/** @returns from the folder up to the root; undefined where it, or a folder above it, is not there */
export async function findWay(tx: Transaction<Tables>, { ownerId, folderId }: Place): Promise<string[] | undefined> {
  if (folderId === null) return [];
  const way = await wayUp(tx, { folderId, ownerId });
  return way.at(-1)?.parent_id === null ? way.map(({ id }) => id) : undefined;
}

/** @returns as `findWay` @throws AppError FOLDER_NOT_FOUND */
export async function requireFolder(tx: Transaction<Tables>, place: Place): Promise<readonly string[]> {
  const way = await findWay(tx, place);
  if (way === undefined) throw folderNotFound(place.folderId);
  return way;
}

export function folderNotFound(folderId: string | null): AppError {
  return new AppError("FOLDER_NOT_FOUND", `you have no folder ${folderId}`);
}

/** @throws AppError INVALID_REQUEST */
export function requireDepth(depth: number): void {
  if (depth <= FOLDER_DEPTH_MAX) return;
  throw new AppError(
    "INVALID_REQUEST",
    `folders would lie ${depth} deep and ${FOLDER_DEPTH_MAX} is the most: put them further up`,
    { details: { depth, max: FOLDER_DEPTH_MAX } },
  );
}

/** @throws AppError NAME_TAKEN */
export async function refuseTakenByFile(tx: Transaction<Tables>, place: Place, name: string): Promise<void> {
  const file = await findFile(tx, place, name);
  if (file !== undefined) throw nameTaken(name, { kind: "file", id: file.id });
}

/** @throws AppError NAME_TAKEN */
export async function refuseTakenByFolder(tx: Transaction<Tables>, place: Place, name: string): Promise<void> {
  const folder = await findFolder(tx, place, name);
  if (folder !== undefined) throw nameTaken(name, { kind: "folder", id: folder.id });
}

function nameTaken(name: string, by: { readonly kind: "file" | "folder"; readonly id: string }): AppError {
  return new AppError(
    "NAME_TAKEN",
    `there is a ${by.kind} ${JSON.stringify(name)} in this place already: give another name`,
    { details: { name, taken_by: by.kind, [`${by.kind}_id`]: by.id } },
  );
}

const TRIES_MAX = 100;
const NAME_BYTES_MAX = 255;

/** `name`, or, where it is taken, `name (2)`, `name (3)` …, before its ending; `id` makes it free where all are taken. */
export async function freeName(tx: Transaction<Tables>, place: Place, wanted: { name: string; id: string }) {
  const isFree = async (name: string): Promise<boolean> =>
    (await findFile(tx, place, name)) === undefined && (await findFolder(tx, place, name)) === undefined;
  if (await isFree(wanted.name)) return wanted.name;
  for (let number = 2; number <= TRIES_MAX; number++) {
    const name = numbered(wanted.name, String(number));
    if (await isFree(name)) return name;
  }
  return numbered(wanted.name, wanted.id);
}

function numbered(name: string, mark: string): string {
  const dot = name.lastIndexOf(".");
  const [stem, ending] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
  const suffix = ` (${mark})${ending}`;
  let kept = [...stem];
  while (kept.length > 1 && Buffer.byteLength(kept.join("") + suffix) > NAME_BYTES_MAX) kept = kept.slice(0, -1);
  return `${kept.join("")}${suffix}`;
}
