import { lazy, Suspense, useState } from "react";
import { useKeys } from "../ui/use-keys.ts";
import { type Entry, filesOf, type ListedFile, type Place } from "./entry.ts";
import type { FileAction } from "./file-menu.tsx";
import { type EntryActions, useEntryActions } from "./use-entry-actions.ts";
import type { EntrySelection } from "./use-selection.ts";

const PreviewDialog = lazy(() => import("./preview-dialog.tsx").then((dialog) => ({ default: dialog.PreviewDialog })));
const RenamePopover = lazy(() => import("./rename-popover.tsx").then((it) => ({ default: it.RenamePopover })));
const MoveDialog = lazy(() => import("./move-dialog.tsx").then((dialog) => ({ default: dialog.MoveDialog })));

type Task =
  | { readonly kind: "preview"; readonly file: ListedFile }
  | { readonly kind: "rename"; readonly entry: Entry }
  | { readonly kind: "move"; readonly entries: readonly Entry[] };

export interface EntryDeskOptions {
  readonly entries: readonly Entry[];
  readonly selection: EntrySelection;
  readonly onOpenFolder: (entry: Entry & { readonly kind: "folder" }) => void;
  /** What only some rooms have. */
  readonly onOther?: (action: FileAction, entry: Entry) => void;
}

/** What is done with the entries of a list, by its menus, its keys and its bar, and the windows that it takes. */
export function useEntryDesk({ entries, selection, onOpenFolder, onOther }: EntryDeskOptions) {
  const actions = useEntryActions();
  const [task, setTask] = useState<Task>();
  // What is not selected whole is not done in part.
  const selected = selection.isGathering ? [] : selection.entries;
  const open = (entry: Entry): void => {
    if (entry.kind === "folder") onOpenFolder(entry);
    else setTask({ kind: "preview", file: entry.file });
  };
  const removeSelected = (): void => {
    selection.clear();
    void actions.remove(selected);
  };
  const moveSelected = (): void => {
    if (selected.length > 0) setTask({ kind: "move", entries: selected });
  };
  const act = (action: FileAction, entry: Entry): void => {
    if (action === "open") open(entry);
    else if (action === "download") void actions.download([entry]);
    else if (action === "remove") void actions.remove([entry]);
    else if (action === "move") setTask({ kind: "move", entries: [entry] });
    // Once the menu is gone, which gives the focus back to where it was.
    else if (action === "rename") requestAnimationFrame(() => setTask({ kind: "rename", entry }));
    else onOther?.(action, entry);
  };
  useKeys({
    Delete: () => selected.length > 0 && removeSelected(),
    F2: () => selected.length === 1 && setTask({ kind: "rename", entry: selected[0]! }),
    m: moveSelected,
  });
  const close = (): void => setTask(undefined);
  const move = (moving: readonly Entry[], place: Place): void => {
    close();
    selection.clear();
    void actions.move(moving, place);
  };
  return {
    actions,
    open,
    act,
    removeSelected,
    moveSelected,
    moveIds: (ids: readonly string[], place: Place) => {
      const wanted = new Set(ids);
      move(
        entries.filter(({ id }) => wanted.has(id)),
        place,
      );
    },
    windows: <DeskWindows task={task} entries={entries} actions={actions} onTask={setTask} onMove={move} />,
  };
}

export type EntryDesk = ReturnType<typeof useEntryDesk>;

interface DeskWindowsProps {
  readonly task: Task | undefined;
  readonly entries: readonly Entry[];
  readonly actions: EntryActions;
  readonly onTask: (task: Task | undefined) => void;
  readonly onMove: (entries: readonly Entry[], place: Place) => void;
}

function DeskWindows({ task, entries, actions, onTask, onMove }: DeskWindowsProps) {
  const close = (): void => onTask(undefined);
  return (
    <Suspense fallback={null}>
      {task?.kind === "rename" ? (
        <RenamePopover entry={task.entry} onRename={(name) => void actions.rename(task.entry, name)} onClose={close} />
      ) : null}
      {task?.kind === "move" ? (
        <MoveDialog entries={task.entries} onMove={(place) => onMove(task.entries, place)} onClose={close} />
      ) : null}
      {task?.kind === "preview" ? (
        <PreviewDialog
          file={task.file}
          files={filesOf(entries)}
          onMove={(file) => onTask({ kind: "preview", file })}
          onClose={close}
        />
      ) : null}
    </Suspense>
  );
}
