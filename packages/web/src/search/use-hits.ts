import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useServices } from "../app/services.tsx";
import { type Entry, entryOfFile, entryOfFolder } from "../files/entry.ts";
import type { Way } from "../files/entry-place.tsx";

const PAGE = 100;

/** What has a text in its name, page after page, and the folders in which each lies. */
export function useHits(text: string) {
  const { api } = useServices();
  const q = text.trim();
  const query = useInfiniteQuery({
    queryKey: ["search", q],
    queryFn: ({ pageParam, signal }) =>
      api("GET /api/v1/search", {
        query: { q, limit: PAGE, ...(pageParam === null ? {} : { cursor: pageParam }) },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    enabled: q !== "",
    placeholderData: (before) => (q === "" ? undefined : before),
  });
  return useMemo(() => {
    const ways = new Map<string, Way>();
    const entries: Entry[] = [];
    for (const { file, folder, path } of query.data?.pages.flatMap(({ items }) => items) ?? []) {
      const entry = file !== undefined ? entryOfFile(file) : folder !== undefined ? entryOfFolder(folder) : undefined;
      if (entry === undefined) continue;
      entries.push(entry);
      ways.set(entry.id, path);
    }
    return { query, entries, ways };
  }, [query]);
}
