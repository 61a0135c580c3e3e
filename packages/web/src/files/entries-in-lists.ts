import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import type { Answer } from "../api/api.ts";
import { type Entry, type FilesPage, type FoldersPage, folderToBe } from "./entry.ts";

type HitsPage = Answer<"GET /api/v1/search">;

/** What the lists show, changed at once, before the coordinator has answered. */
export interface EntriesInLists {
  /** What is being asked for now would bring back what is about to be changed. */
  hold(): Promise<void>;
  drop(ids: ReadonlySet<string>): void;
  rename(id: string, name: string): void;
  /** Shows a folder that is being made. */
  add(name: string, parentId: string | null): void;
  /** Asks for all of it anew. */
  refresh(): Promise<void>;
}

const KEYS = [["files"], ["folders"], ["search"]] as const;
const FOLDER_LISTS = ["folders", "list"];

export function entriesInLists(queries: QueryClient): EntriesInLists {
  const changeFiles = (change: (items: FilesPage["items"]) => FilesPage["items"]): void => {
    queries.setQueriesData<InfiniteData<FilesPage>>({ queryKey: ["files"] }, (data) => changed(data, change));
  };
  const changeFolders = (change: (items: FoldersPage["items"]) => FoldersPage["items"]): void => {
    queries.setQueriesData<InfiniteData<FoldersPage>>({ queryKey: FOLDER_LISTS }, (data) => changed(data, change));
  };
  const changeHits = (change: (items: HitsPage["items"]) => HitsPage["items"]): void => {
    queries.setQueriesData<InfiniteData<HitsPage>>({ queryKey: ["search"] }, (data) => changed(data, change));
  };
  return {
    hold: async () => {
      await Promise.all(KEYS.map((queryKey) => queries.cancelQueries({ queryKey })));
    },
    drop: (ids) => {
      changeFiles((items) => items.filter((file) => !ids.has(file.entry_id)));
      changeFolders((items) => items.filter((folder) => !ids.has(folder.id)));
      changeHits((items) => items.filter(({ file, folder }) => !ids.has(file?.entry_id ?? folder?.id ?? "")));
    },
    rename: (id, name) => {
      changeFiles((items) => items.map((file) => (file.entry_id === id ? { ...file, filename: name } : file)));
      changeFolders((items) => items.map((folder) => (folder.id === id ? { ...folder, name } : folder)));
      changeHits((items) => items.map((hit) => renamedHit(hit, id, name)));
    },
    add: (name, parentId) => {
      const folder = folderToBe(name, parentId);
      const queryKey = [...FOLDER_LISTS, { folder: parentId ?? "root" }];
      queries.setQueriesData<InfiniteData<FoldersPage>>({ queryKey }, (data) => {
        const [first, ...others] = data?.pages ?? [];
        if (data === undefined || first === undefined) return data;
        return { ...data, pages: [{ ...first, items: [folder, ...first.items] }, ...others] };
      });
    },
    refresh: async () => {
      await Promise.all(KEYS.map((queryKey) => queries.invalidateQueries({ queryKey })));
    },
  };
}

function renamedHit(hit: HitsPage["items"][number], id: string, name: string): HitsPage["items"][number] {
  if (hit.file?.entry_id === id) return { ...hit, file: { ...hit.file, filename: name } };
  if (hit.folder?.id === id) return { ...hit, folder: { ...hit.folder, name } };
  return hit;
}

function changed<Page extends { readonly items: readonly unknown[] }>(
  data: InfiniteData<Page> | undefined,
  change: (items: Page["items"]) => Page["items"],
): InfiniteData<Page> | undefined {
  if (data === undefined) return undefined;
  return { ...data, pages: data.pages.map((page) => ({ ...page, items: change(page.items) })) };
}

export function idsOf(entries: readonly Entry[]): ReadonlySet<string> {
  return new Set(entries.map(({ id }) => id));
}
