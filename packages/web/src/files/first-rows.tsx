import { useEffect } from "react";
import { firstSightIsThere } from "../app/first-sight.ts";
import { useIsNarrow } from "../ui/use-is-narrow.ts";
import type { Entry } from "./entry.ts";
import { FileCells } from "./file-cells.tsx";
import type { FileView } from "./file-toolbar.tsx";

/** More than a screen has room for. */
const ROWS_MAX = 60;

interface FirstRowsProps {
  readonly entries: readonly Entry[];
  readonly view: FileView;
  readonly label: string;
  readonly onOpen: (entry: Entry) => void;
  readonly onFocusChange: (hasFocus: boolean) => void;
}

/** A list of files as it looks, until the one is there that can do everything: here names can be opened. */
export function FirstRows({ entries, view, label, onOpen, onFocusChange }: FirstRowsProps) {
  const isTall = useIsNarrow();
  useEffect(firstSightIsThere, []);
  return (
    <ul
      className={`file-list first-rows ${view} ${isTall ? "tall" : ""}`}
      aria-label={label}
      aria-busy="true"
      onFocus={() => onFocusChange(true)}
      onBlur={() => onFocusChange(false)}
    >
      {entries.slice(0, ROWS_MAX).map((entry) => (
        <li key={entry.id} className={`file ${entry.kind}`}>
          <span className="checkbox" />
          <FileCells
            entry={entry}
            leaf={
              <button type="button" className="file-leaf" onClick={() => onOpen(entry)}>
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
