export const SORTS = ["name", "-name", "created_at", "-created_at", "size_bytes", "-size_bytes"] as const;
export type FileSort = (typeof SORTS)[number];
export type SortColumn = "name" | "size_bytes" | "created_at";

/** What people look for first. */
export const USUAL_SORT: FileSort = "-created_at";

const PAGE = 200;

/** A folder's id, "root" or "trash". */
type ListedPlace = string | undefined;

export function foldersQuery(folder: ListedPlace, cursor: string | null) {
  return {
    limit: PAGE,
    ...(folder === "trash" ? { deleted: true } : { parent: folder ?? "root" }),
    ...(cursor === null ? {} : { cursor }),
  };
}

export function filesQuery(folder: ListedPlace, sort: FileSort, cursor: string | null) {
  return {
    limit: PAGE,
    sort,
    ...(folder === "trash" ? { deleted: true } : { folder: folder ?? "root" }),
    ...(cursor === null ? {} : { cursor }),
  };
}

export function knownSort(text: unknown): FileSort | undefined {
  return SORTS.find((each) => each === text);
}
