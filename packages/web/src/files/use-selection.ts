import { useMemo, useState } from "react";
import type { Selection } from "react-aria-components/GridList";
import type { Entry } from "./entry.ts";

/** Which of the entries are selected; those that went away are no longer among them. */
export function useSelection(entries: readonly Entry[]) {
  const [keys, set] = useState<Selection>(new Set());
  const selected = useMemo(
    () => (keys === "all" ? entries : keys.size === 0 ? [] : entries.filter((entry) => keys.has(entry.id))),
    [keys, entries],
  );
  return { keys, set, entries: selected, clear: () => set(new Set()) };
}

export type EntrySelection = ReturnType<typeof useSelection>;
