import { useEffect } from "react";
import { firstSightIsThere } from "../app/first-sight.ts";
import { useIsNarrow } from "../ui/use-is-narrow.ts";
import type { Entry } from "./entry.ts";
import { FileCells } from "./file-cells.tsx";
import type { FileView } from "./file-toolbar.tsx";

/** More than a screen has room for. */
const ROWS_MAX = 60;

/** How the first rows were left. */
export interface LeftRows {
  scrollTop: number;
  /** Of the entry that had the focus. */
  focusedId: string | undefined;
}

interface FirstRowsProps {
  readonly entries: readonly Entry[];
  readonly view: FileView;
  readonly label: string;
  readonly onOpen: (entry: Entry) => void;
  /** Kept up to date. */
  readonly left: LeftRows;
}

/** A list of files as it looks, until the one is there that can do everything: here names can be opened. */
export function FirstRows({ entries, view, label, onOpen, left }: FirstRowsProps) {
  const isTall = useIsNarrow();
  useEffect(firstSightIsThere, []);
  return (
    <ul
      className={`file-list first-rows ${view} ${isTall ? "tall" : ""}`}
      aria-label={label}
      aria-busy="true"
      onScroll={({ currentTarget }) => {
        left.scrollTop = currentTarget.scrollTop;
      }}
      onBlur={() => {
        left.focusedId = undefined;
      }}
    >
      {entries.slice(0, ROWS_MAX).map((entry) => (
        <li key={entry.id} className={`file ${entry.kind}`}>
          <span className="checkbox" />
          <FileCells
            entry={entry}
            leaf={
              <button
                type="button"
                className="file-leaf"
                onClick={() => onOpen(entry)}
                onFocus={() => {
                  left.focusedId = entry.id;
                }}
              >
                {entry.name}
              </button>
            }
          />
          <span className="icon-button file-menu" />
        </li>
      ))}
    </ul>
  );
}
