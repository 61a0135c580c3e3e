import { useCallback, useEffect, useMemo, useRef } from "react";
import { useDragAndDrop } from "react-aria-components/useDragAndDrop";
import { filesTexts } from "../texts/files-texts.ts";
import { droppedIds, ENTRY_TYPE } from "./dragged-entries.ts";
import type { Entry, Place } from "./entry.ts";
import { FileList, type FileListProps } from "./file-list.tsx";
import { type FileAction, FileMenu } from "./file-menu.tsx";

export interface MovableListProps extends Omit<FileListProps, "actionsOf"> {
  readonly onAct: (action: FileAction, entry: Entry) => void;
  readonly onMove: (ids: readonly string[], place: Place) => void;
}

const ACTIONS: readonly FileAction[] = ["open", "download", "rename", "move", "details", "remove"];

/** A list whose rows have a menu and are dragged onto its folders, by the pointer and by the keyboard. */
export function MovableList({ onAct, onMove, ...list }: MovableListProps) {
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
  return <FileList {...list} actionsOf={actionsOf} dragAndDropHooks={dragAndDropHooks} />;
}
