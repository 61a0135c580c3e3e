import { type QueryClient, useQuery } from "@tanstack/react-query";
import type { Answer } from "../api/api.ts";
import { useServices } from "../app/services.tsx";
import { filesTexts } from "../texts/files-texts.ts";
import type { ListedFolder, Place } from "./entry.ts";

type FolderAt = Answer<"GET /api/v1/folders/at">;

/** A folder on the way from the root, with its address. */
export interface Crumb extends Place {
  readonly path: string;
}

const ROOT: Crumb = { id: null, name: filesTexts.title, path: "" };

const keyOf = (path: string) => ["folders", "at", path] as const;

/** The folder at an address, "Semester 1/Notes", and the way to it with the root first. */
export function useFolderAt(path: string) {
  const { api } = useServices();
  const { data, error, refetch } = useQuery({
    queryKey: keyOf(path),
    queryFn: ({ signal }) => api("GET /api/v1/folders/at", { query: { path: `/${path}` }, signal }),
    enabled: path !== "",
  });
  const crumbs = path === "" ? [ROOT] : data === undefined ? undefined : crumbsOf(data);
  return { crumbs, error, retry: () => void refetch() };
}

function crumbsOf({ path }: Pick<FolderAt, "path">): readonly Crumb[] {
  const crumbs = [ROOT];
  for (const { id, name } of path) crumbs.push({ id, name, path: pathIn(crumbs.at(-1)!.path, name) });
  return crumbs;
}

/** The way as the address alone tells it, until the coordinator has answered. */
export function crumbsOfNames(path: string): readonly Crumb[] {
  const crumbs = [ROOT];
  for (const name of path.split("/"))
    if (name !== "") crumbs.push({ id: "", name, path: pathIn(crumbs.at(-1)!.path, name) });
  return crumbs;
}

/** The address of what lies in a folder. */
export function pathIn(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}

/** The address of a folder on whose way these lie. */
export function pathOfAll(names: readonly { readonly name: string }[]): string {
  return names.map(({ name }) => name).join("/");
}

/** What the list has shown of a folder need not be asked for when it is opened. */
export function noteFolder(
  queries: QueryClient,
  folder: ListedFolder,
  way: readonly { id: string; name: string }[],
): void {
  const path = [...way, { id: folder.id, name: folder.name }];
  const { id, name, parent_id, created_at } = folder;
  queries.setQueryData<FolderAt>(keyOf(pathOfAll(path)), { id, name, parent_id, created_at, path });
}
