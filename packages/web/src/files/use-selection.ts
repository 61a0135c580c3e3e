import { useMemo, useState } from "react";
import type { Selection } from "react-aria-components/GridList";
import type { ListedFile } from "./use-files.ts";

/** Which of the files are selected; those that went away are no longer among them. */
export function useSelection(files: readonly ListedFile[]) {
  const [keys, set] = useState<Selection>(new Set());
  const selected = useMemo(
    () => (keys === "all" ? files : files.filter((file) => keys.has(file.file_id))),
    [keys, files],
  );
  return { keys, set, files: selected, clear: () => set(new Set()) };
}
