import { type Dispatch, lazy, type SetStateAction, Suspense, useState } from "react";
import { useKeys } from "../ui/use-keys.ts";
import { type Entry, filesOf, type Place } from "./entry.ts";
import type { FileAction } from "./file-menu.tsx";
import { type EntryActions, useEntryActions } from "./use-entry-actions.ts";
import { usePreviewed } from "./use-previewed.ts";
import type { EntrySelection } from "./use-selection.ts";

const PreviewDialog = lazy(() => import("./preview-dialog.tsx").then((dialog) => ({ default: dialog.PreviewDialog })));
const RenamePopover = lazy(() => import("./rename-popover.tsx").then((it) => ({ default: it.RenamePopover })));
const MoveDialog = lazy(() => import("./move-dialog.tsx").then((dialog) => ({ default: dialog.MoveDialog })));

type Task =
  /** The name that was written last, where it could not be given. */
  | { readonly kind: "rename"; readonly entry: Entry; readonly name?: string }
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
  const previewed = usePreviewed(entries);
  // What is not selected whole is not done in part.
  const selected = selection.isGathering ? [] : selection.entries;
  const open = (entry: Entry): void => {
    if (entry.kind === "folder") onOpenFolder(entry);
    else previewed.open(entry.file);
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
    windows: <DeskWindows {...{ task, previewed, entries, actions }} onTask={setTask} onMove={move} />,
  };
}

export type EntryDesk = ReturnType<typeof useEntryDesk>;

interface DeskWindowsProps {
  readonly task: Task | undefined;
  readonly previewed: ReturnType<typeof usePreviewed>;
  readonly entries: readonly Entry[];
  readonly actions: EntryActions;
  readonly onTask: Dispatch<SetStateAction<Task | undefined>>;
  readonly onMove: (entries: readonly Entry[], place: Place) => void;
}

function DeskWindows({ task, previewed, entries, actions, onTask, onMove }: DeskWindowsProps) {
  const close = (): void => onTask(undefined);
  const rename = async (entry: Entry, name: string): Promise<void> => {
    if (await actions.rename(entry, name)) return;
    // What was written is not lost, and not taken for the room's keys.
    onTask((other) => other ?? { kind: "rename", entry, name });
  };
  return (
    <Suspense fallback={null}>
      {task?.kind === "rename" ? (
        <RenamePopover
          entry={task.entry}
          name={task.name ?? task.entry.name}
          onRename={(name) => void rename(task.entry, name)}
          onClose={close}
        />
      ) : null}
      {task?.kind === "move" ? (
        <MoveDialog entries={task.entries} onMove={(place) => onMove(task.entries, place)} onClose={close} />
      ) : null}
      {previewed.file === undefined ? null : (
        <PreviewDialog
          file={previewed.file}
          files={filesOf(entries)}
          onMove={previewed.move}
          onClose={previewed.close}
        />
      )}
    </Suspense>
  );
}
