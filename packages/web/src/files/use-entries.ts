import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useServices } from "../app/services.tsx";
import { type Entry, entryOfFile, entryOfFolder } from "./entry.ts";
import { loadNextPage } from "./next-page.ts";
import { type FileSort, filesQuery, foldersQuery } from "./list-requests.ts";

/** Which entries, and in which order. */
export interface EntriesQuery {
  readonly sort: FileSort;
  /** A folder's id, "root" or "trash"; undefined: it is not known yet. */
  readonly folder: string | undefined;
}

/** The folders by their names, then the files, page after page; only what was asked for is here. */
export function useEntries({ sort, folder }: EntriesQuery) {
  const folders = useFolderPages(folder);
  const files = useFilePages(folder, sort);
  const entries = useMemo<readonly Entry[]>(() => {
    const some = folders.data?.pages.flatMap((page) => page.items.map(entryOfFolder)) ?? [];
    // Files come after the last folder, so that what is seen never moves down.
    if (folders.hasNextPage || folders.data === undefined) return some;
    return [...some, ...(files.data?.pages.flatMap((page) => page.items.map(entryOfFile)) ?? [])];
  }, [folders.data, folders.hasNextPage, files.data]);
  const next = folders.hasNextPage ? folders : files;
  return {
    entries,
    isEmpty: entries.length === 0 && folders.isSuccess && files.isSuccess,
    error: folders.error ?? files.error,
    retry: () => void Promise.all([folders.refetch(), files.refetch()]),
    hasMore: folders.hasNextPage || files.hasNextPage,
    isLoadingMore: next.isFetchingNextPage,
    loadMore: () => void loadNextPage(next),
  };
}

function useFolderPages(folder: EntriesQuery["folder"]) {
  const { api } = useServices();
  return useInfiniteQuery({
    queryKey: ["folders", "list", { folder }],
    queryFn: ({ pageParam, signal }) => api("GET /api/v1/folders", { query: foldersQuery(folder, pageParam), signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    enabled: folder !== undefined,
  });
}

function useFilePages(folder: EntriesQuery["folder"], sort: FileSort) {
  const { api } = useServices();
  return useInfiniteQuery({
    queryKey: ["files", { folder, sort }],
    queryFn: ({ pageParam, signal }) =>
      api("GET /api/v1/files", { query: filesQuery(folder, sort, pageParam), signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    enabled: folder !== undefined,
    // Another order of the same folder is waited for with the old one in sight.
    placeholderData: (before, query) =>
      (query?.queryKey[1] as EntriesQuery | undefined)?.folder === folder ? before : undefined,
  });
}
