import { useEffect, useMemo, useState } from "react";
import type { Selection } from "react-aria-components/GridList";
import { type Entry, isToBe } from "./entry.ts";

/** More than these are not gathered when all is selected. */
const ALL_MAX = 10_000;

/** A list whose entries come page after page. */
export interface PagedEntries {
  readonly entries: readonly Entry[];
  readonly hasMore: boolean;
  readonly isLoadingMore: boolean;
  readonly error: Error | null;
  readonly loadMore: () => void;
}

/**
 * Which of the entries are selected; those that went away are no longer among them. "All" are all of the list, not only
 * the pages that somebody has scrolled to: the others are asked for. It is those that were there then: what comes later
 * is not selected by itself.
 */
export function useSelection(list: PagedEntries) {
  const { entries } = list;
  const [keys, set] = useState<Selection>(new Set());
  const isGathering = keys === "all" && list.hasMore && entries.length < ALL_MAX;
  useEffect(() => {
    if (keys !== "all") return;
    if (!isGathering) set(new Set(entries.filter((entry) => !isToBe(entry)).map(({ id }) => id)));
    else if (!list.isLoadingMore && list.error === null) list.loadMore();
  });
  const selected = useMemo(
    () => (keys === "all" ? entries : keys.size === 0 ? [] : entries.filter((entry) => keys.has(entry.id))),
    [keys, entries],
  );
  return { keys, set, entries: selected, isGathering, clear: () => set(new Set()) };
}

export type EntrySelection = ReturnType<typeof useSelection>;
