import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useDragAndDrop } from "react-aria-components/useDragAndDrop";
import { filesTexts } from "../texts/files-texts.ts";
import { droppedIds, ENTRY_TYPE } from "./dragged-entries.ts";
import type { Entry, Place } from "./entry.ts";
import { FileList, type FileListProps } from "./file-list.tsx";
import type { LeftRows } from "./first-rows.tsx";
import { type FileAction, FileMenu } from "./file-menu.tsx";

export interface MovableListProps extends Omit<FileListProps, "actionsOf"> {
  readonly onAct: (action: FileAction, entry: Entry) => void;
  readonly onMove: (ids: readonly string[], place: Place) => void;
  readonly left: LeftRows;
}

const ACTIONS: readonly FileAction[] = ["open", "download", "rename", "move", "details", "remove"];

/** A list whose rows have a menu and are dragged onto its folders, by the pointer and by the keyboard. */
export function MovableList({ onAct, onMove, left, shouldFocus = false, ...list }: MovableListProps) {
  const [mayFocus] = useState(isFocusFree);
  useLeftRows(left);
  const { entries } = list;
  const latest = useRef(onAct);
  useEffect(() => {
    latest.current = onAct;
  });
  const actionsOf = useCallback(
    (entry: Entry) => <FileMenu entry={entry} actions={ACTIONS} onAction={(...all) => latest.current(...all)} />,
    [],
  );
  const folders = useMemo(
    () => new Map(entries.flatMap((entry) => (entry.kind === "folder" ? [[entry.id, entry] as const] : []))),
    [entries],
  );
  const { dragAndDropHooks } = useDragAndDrop<Entry>({
    getItems: (_keys, dragged) => dragged.map(({ id, name }) => ({ [ENTRY_TYPE]: id, "text/plain": name })),
    getAllowedDropOperations: () => ["move"],
    acceptedDragTypes: [ENTRY_TYPE],
    shouldAcceptItemDrop: ({ key }) => folders.has(String(key)),
    onItemDrop: ({ items, target }) => {
      const folder = folders.get(String(target.key));
      if (folder !== undefined) void droppedIds(items).then((ids) => onMove(ids, folder));
    },
    renderDragPreview: (items) => (
      <div className="drag-preview">
        {items.length === 1 ? items[0]?.["text/plain"] : filesTexts.selected(items.length)}
      </div>
    ),
  });
  return (
    <FileList
      {...list}
      shouldFocus={shouldFocus && mayFocus}
      actionsOf={actionsOf}
      dragAndDropHooks={dragAndDropHooks}
    />
  );
}

/** Whoever writes elsewhere meanwhile goes on there. */
function isFocusFree(): boolean {
  const { activeElement } = document;
  return activeElement === null || activeElement === document.body || activeElement.closest(".file-list") !== null;
}

/** Goes on where the first rows were left. */
function useLeftRows(left: LeftRows): void {
  useEffect(() => {
    const { scrollTop, focusedId } = left;
    left.scrollTop = 0;
    left.focusedId = undefined;
    const list = document.querySelector(".file-list:not(.first-rows)");
    if (list === null) return;
    // Its rows are laid out one frame later.
    requestAnimationFrame(() => {
      if (scrollTop > 0) list.scrollTop = scrollTop;
      requestAnimationFrame(() => {
        if (focusedId === undefined || !isFocusFree()) return;
        list.querySelector<HTMLElement>(`[data-key="${CSS.escape(focusedId)}"]`)?.focus();
      });
    });
  }, [left]);
}
