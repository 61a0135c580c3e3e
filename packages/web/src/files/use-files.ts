import { type InfiniteData, type QueryClient, useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Answer } from "../api/api.ts";
import { useServices } from "../app/services.tsx";

export type FilesPage = Answer<"GET /api/v1/files">;
export type ListedFile = FilesPage["items"][number];
export const SORTS = ["name", "-name", "created_at", "-created_at", "size_bytes", "-size_bytes"] as const;
export type FileSort = (typeof SORTS)[number];
export type SortColumn = "name" | "size_bytes" | "created_at";

const PAGE = 200;

export interface FilesQuery {
  readonly sort: FileSort;
  readonly name: string;
  readonly deleted: boolean;
}

/** The files, page after page; only what was asked for is here. */
export function useFiles({ sort, name, deleted }: FilesQuery) {
  const { api } = useServices();
  const query = useInfiniteQuery({
    queryKey: ["files", { sort, name, deleted }],
    queryFn: ({ pageParam, signal }) =>
      api("GET /api/v1/files", {
        query: {
          limit: PAGE,
          sort,
          ...(name === "" ? {} : { name }),
          ...(deleted ? { deleted } : {}),
          ...(pageParam === null ? {} : { cursor: pageParam }),
        },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: (before) => before,
  });
  const files = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  return { query, files };
}

/** Takes files off every list at once, before the coordinator has answered. */
export function dropFromLists(queries: QueryClient, ids: ReadonlySet<string>): void {
  queries.setQueriesData<InfiniteData<FilesPage>>({ queryKey: ["files"] }, (data) =>
    data === undefined
      ? data
      : {
          ...data,
          pages: data.pages.map((page) => ({ ...page, items: page.items.filter((file) => !ids.has(file.file_id)) })),
        },
  );
}
