import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { hasCode } from "@commonhold/core/app-error.ts";
import { lazy, Suspense, useCallback, useEffect, useRef, useState, type ReactNode } from "react";
import { Button } from "react-aria-components/Button";
import { firstSightIsThere, lazyAfterFirstSight } from "../app/first-sight.ts";
import { useServices } from "../app/services.tsx";
import { filesTexts } from "../texts/files-texts.ts";
import { uploadsTexts } from "../texts/uploads-texts.ts";
import { GIVEN_FILES_MAX, type GivenFiles } from "../uploads/dropped-files.ts";
import { Empty } from "../ui/empty.tsx";
import { Failure } from "../ui/failure.tsx";
import { Icon } from "../ui/icon.tsx";
import { useKeys } from "../ui/use-keys.ts";
import { useTitle } from "../ui/use-title.ts";
import { Breadcrumb, FolderLink } from "./breadcrumb.tsx";
import type { Entry } from "./entry.ts";
import { FileToolbar } from "./file-toolbar.tsx";
import { FirstRows, type LeftRows } from "./first-rows.tsx";
import { type FileSort, USUAL_SORT } from "./list-requests.ts";
import { SelectionBar } from "./selection-bar.tsx";
import { SortHeader } from "./sort-menu.tsx";
import { useEntries } from "./use-entries.ts";
import { type EntryDesk, useEntryDesk } from "./use-entry-desk.tsx";
import { useFileDrop } from "./use-file-drop.ts";
import { useFilePicker } from "./use-file-picker.tsx";
import { useFileView } from "./use-file-view.ts";
import { type Crumb, crumbsOfNames, noteFolder, pathIn, useFolderAt } from "./use-folder-at.ts";
import { type EntrySelection, useSelection } from "./use-selection.ts";

const DetailsPanel = lazy(() => import("./details-panel.tsx").then((panel) => ({ default: panel.DetailsPanel })));
const NewFolderDialog = lazy(() => import("./new-folder-dialog.tsx").then((it) => ({ default: it.NewFolderDialog })));
const MovableList = lazyAfterFirstSight(async () => (await import("./movable-list.tsx")).MovableList);

/** The files and folders at an address. */
export function FilesRoom(): ReactNode {
  const params: { readonly _splat?: string } = useParams({ strict: false });
  const path = (params._splat ?? "").replace(/\/+$/, "");
  // Whoever goes on by keys finds the focus in the next list.
  const isByKeys = useRef(false);
  return <FolderRoom key={path} path={path} isByKeys={isByKeys} />;
}

interface FolderRoomProps {
  readonly path: string;
  readonly isByKeys: { current: boolean };
}

function FolderRoom({ path, isByKeys }: FolderRoomProps) {
  const { crumbs, error, retry } = useFolderAt(path);
  const here = crumbs?.at(-1);
  useTitle(here?.name ?? filesTexts.title);
  const address = useFilesAddress();
  const list = useEntries({ sort: address.sort, folder: here === undefined ? undefined : (here.id ?? "root") });
  const look = useFileView();
  const selection = useSelection(list);
  const go = useFolderMoves(path, isByKeys);
  const desk = useEntryDesk({
    entries: list.entries,
    selection,
    onOpenFolder: (entry) => go.into(entry, crumbs ?? []),
    onOther: (action, entry) => {
      if (action !== "details") return;
      selection.set(new Set([entry.id]));
      look.setDetails(true);
    },
  });
  useFirstSight(list.isEmpty || list.error !== null || error !== null);
  const add = useGiving(here);
  const isOver = useFileDrop(add);
  const picker = useFilePicker(add);
  const [isNaming, setNaming] = useState(false);
  const newFolder = () => setNaming(here !== undefined);
  useKeys({
    Backspace: go.up,
    n: newFolder,
    u: () => picker.open("files"),
    i: () => look.setDetails(!look.areDetailsOpen),
  });
  return (
    <div className={look.areDetailsOpen ? "room files-room with-details" : "room files-room"}>
      <FilesHead
        {...{ selection, desk, look, address }}
        crumbs={crumbs ?? crumbsOfNames(path)}
        onUpload={picker.open}
        onNewFolder={newFolder}
      />
      <div className="files-body">
        <section className="files-main">
          {error === null ? null : <NoFolder error={error} onRetry={retry} />}
          {list.error === null ? null : <Failure error={list.error} onRetry={list.retry} />}
          {list.isEmpty ? <NoFiles isRoot={path === ""} onUpload={() => picker.open("files")} /> : null}
          {list.entries.length === 0 ? null : (
            <Entries {...{ list, look, address, selection, desk }} shouldFocus={isByKeys.current} />
          )}
        </section>
        <Suspense fallback={null}>
          {look.areDetailsOpen ? (
            <DetailsPanel entries={selection.entries} onClose={() => look.setDetails(false)} />
          ) : null}
        </Suspense>
      </div>
      {isOver ? <div className="drop-note">{filesTexts.dropInto(here?.name ?? "")}</div> : null}
      {picker.inputs}
      {desk.windows}
      <Suspense fallback={null}>
        {isNaming && here !== undefined ? (
          <NewFolderDialog
            onCreate={(name) => void desk.actions.createFolder(name, here)}
            onClose={() => setNaming(false)}
          />
        ) : null}
      </Suspense>
    </div>
  );
}

interface EntriesProps {
  readonly list: ReturnType<typeof useEntries>;
  readonly address: ReturnType<typeof useFilesAddress>;
  readonly look: ReturnType<typeof useFileView>;
  readonly selection: EntrySelection;
  readonly desk: EntryDesk;
  readonly shouldFocus: boolean;
}

function Entries({ list, look, address, selection, desk, shouldFocus }: EntriesProps) {
  const [left] = useState<LeftRows>(() => ({ scrollTop: 0, focusedId: undefined }));
  const props = { label: filesTexts.label, entries: list.entries, view: look.view, onOpen: desk.open };
  return (
    <>
      {look.view === "list" ? <SortHeader sort={address.sort} onSort={address.setSort} /> : null}
      <Suspense fallback={<FirstRows {...props} left={left} />}>
        <MovableList
          {...props}
          selected={selection.keys}
          onSelect={selection.set}
          onAct={desk.act}
          onMove={desk.moveIds}
          isLoadingMore={list.isLoadingMore}
          onLoadMore={list.loadMore}
          shouldFocus={shouldFocus}
          left={left}
        />
      </Suspense>
    </>
  );
}

interface FilesHeadProps {
  readonly crumbs: readonly Crumb[];
  readonly selection: EntrySelection;
  readonly desk: EntryDesk;
  readonly address: ReturnType<typeof useFilesAddress>;
  readonly look: ReturnType<typeof useFileView>;
  readonly onUpload: (what: "files" | "folder") => void;
  readonly onNewFolder: () => void;
}

/** What can be done with what is selected, or else with all of it. */
function FilesHead({ crumbs, selection, desk, address, look, onUpload, onNewFolder }: FilesHeadProps) {
  const { entries } = selection;
  return (
    <div className="files-head">
      <Breadcrumb crumbs={crumbs} onMove={desk.moveIds} />
      {entries.length > 1 ? (
        <SelectionBar
          count={entries.length}
          isGathering={selection.isGathering}
          onClear={selection.clear}
          actions={[
            { label: filesTexts.download, icon: "download", run: () => void desk.actions.download(entries) },
            { label: filesTexts.move, icon: "move", run: desk.moveSelected },
            { label: filesTexts.remove, icon: "trash", run: desk.removeSelected },
          ]}
        />
      ) : (
        <FileToolbar
          view={look.view}
          onView={look.setView}
          sort={address.sort}
          onSort={address.setSort}
          onUpload={onUpload}
          onNewFolder={onNewFolder}
          areDetailsOpen={look.areDetailsOpen}
          onDetails={() => look.setDetails(!look.areDetailsOpen)}
        />
      )}
    </div>
  );
}

/** The order stands in the address, so that it can be kept and sent. */
function useFilesAddress() {
  const { sort = USUAL_SORT } = useSearch({ from: "/drive/files" });
  const navigate = useNavigate();
  return { sort, setSort: (next: FileSort) => void navigate({ to: ".", search: { sort: next }, replace: true }) };
}

function useFolderMoves(path: string, isByKeys: FolderRoomProps["isByKeys"]) {
  const { queries } = useServices();
  const navigate = useNavigate();
  const to = (target: string): void => {
    if (target === "") void navigate({ to: "/files" });
    else void navigate({ to: "/files/$", params: { _splat: target } });
  };
  return {
    into: ({ folder, name }: Entry & { readonly kind: "folder" }, crumbs: readonly Crumb[]) => {
      const way = crumbs.flatMap((crumb) => (crumb.id === null ? [] : [{ id: crumb.id, name: crumb.name }]));
      noteFolder(queries, folder, way);
      // A row that the pointer has opened has the focus too, but does not show it: the next list would select its first.
      isByKeys.current =
        isInList(document.activeElement) && document.activeElement?.matches("[data-focus-visible]") === true;
      to(pathIn(path, name));
    },
    up: () => {
      if (path === "") return;
      isByKeys.current = isInList(document.activeElement);
      to(path.slice(0, Math.max(0, path.lastIndexOf("/"))));
    },
  };
}

/** Takes what was dropped or chosen into the folder in which one stands, as soon as it is known which one that is. */
function useGiving(here: Crumb | undefined) {
  const { uploads, toasts } = useServices();
  const [early, setEarly] = useState<readonly GivenFiles[]>([]);
  const id = here?.id;
  const give = useCallback(
    (given: GivenFiles) => {
      if (id === undefined) return setEarly((before) => [...before, given]);
      uploads.add(given, id);
      if (given.isCut) toasts.show(uploadsTexts.cut(GIVEN_FILES_MAX));
      if (given.unreadable > 0) toasts.show(uploadsTexts.unreadable(given.unreadable));
    },
    [uploads, toasts, id],
  );
  useEffect(() => {
    if (id === undefined || early.length === 0) return;
    setEarly([]);
    for (const given of early) give(given);
  }, [id, early, give]);
  return give;
}

/** Where there is no list, what is said instead is the first sight. */
function useFirstSight(isThere: boolean): void {
  useEffect(() => {
    if (isThere) firstSightIsThere();
  }, [isThere]);
}

/** Whether it is a row of a list of files, or something in one. */
function isInList(element: Element | null): boolean {
  return element !== null && element.closest(".file-list") !== null;
}

function NoFolder({ error, onRetry }: { readonly error: Error; readonly onRetry: () => void }) {
  if (!hasCode(error, "FOLDER_NOT_FOUND", "INVALID_REQUEST")) return <Failure error={error} onRetry={onRetry} />;
  return (
    <Empty icon="files" title={filesTexts.noFolder.title} text={filesTexts.noFolder.text}>
      <FolderLink path="">{filesTexts.noFolder.back}</FolderLink>
    </Empty>
  );
}

function NoFiles({ isRoot, onUpload }: { readonly isRoot: boolean; readonly onUpload: () => void }) {
  const { empty, emptyFolder } = filesTexts;
  const { title, text } = isRoot ? empty : emptyFolder;
  return (
    <Empty icon="files" title={title} text={text}>
      <Button className="button strong" onPress={onUpload}>
        <Icon name="upload" />
        {filesTexts.upload}
      </Button>
    </Empty>
  );
}
