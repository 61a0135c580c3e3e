import { useNavigate, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useCallback, useMemo, useRef, useState } from "react";
import { Button } from "react-aria-components/Button";
import { useServices } from "../app/services.tsx";
import { filesTexts } from "../texts/files-texts.ts";
import { chosenFiles } from "../uploads/dropped-files.ts";
import { Empty } from "../ui/empty.tsx";
import { Failure } from "../ui/failure.tsx";
import { Icon } from "../ui/icon.tsx";
import { useKeys } from "../ui/use-keys.ts";
import { useTitle } from "../ui/use-title.ts";
import { FileList } from "./file-list.tsx";
import { type FileAction, FileMenu } from "./file-menu.tsx";
import { FileToolbar } from "./file-toolbar.tsx";
import { SelectionBar } from "./selection-bar.tsx";
import { SortHeader } from "./sort-menu.tsx";
import { type FileActions, useFileActions } from "./use-file-actions.ts";
import { useFileDrop } from "./use-file-drop.ts";
import { useFileView } from "./use-file-view.ts";
import { type FileSort, type ListedFile, useFiles } from "./use-files.ts";
import { useSelection } from "./use-selection.ts";

const DetailsPanel = lazy(() => import("./details-panel.tsx").then((panel) => ({ default: panel.DetailsPanel })));
const PreviewDialog = lazy(() => import("./preview-dialog.tsx").then((dialog) => ({ default: dialog.PreviewDialog })));

/** A person's files. */
export function FilesRoom() {
  useTitle(filesTexts.title);
  const { uploads } = useServices();
  const address = useFilesAddress();
  const { query, files } = useFiles({ sort: address.sort, name: address.name, deleted: false });
  const look = useFileView();
  const selection = useSelection(files);
  const [opened, setOpened] = useState<ListedFile>();
  const actions = useFileActions();
  const add = useCallback((given: Parameters<typeof uploads.add>[0]) => uploads.add(given), [uploads]);
  const isOver = useFileDrop(add);
  const picker = useFilePicker();
  const act = (action: FileAction, file: ListedFile): void => {
    if (action === "open") setOpened(file);
    if (action === "download") void actions.download([file]);
    if (action === "remove") void actions.remove([file]);
    if (action === "details") {
      selection.set(new Set([file.file_id]));
      look.setDetails(true);
    }
  };
  return (
    <div className={look.areDetailsOpen ? "room files-room with-details" : "room files-room"}>
      <h1 className="hidden">{filesTexts.title}</h1>
      <FilesHead selection={selection} actions={actions} address={address} look={look} onUpload={picker.open} />
      <div className="files-body">
        <section className="files-main">
          {query.error === null ? null : <Failure error={query.error} onRetry={() => void query.refetch()} />}
          {look.view === "list" && files.length > 0 ? (
            <SortHeader sort={address.sort} onSort={address.setSort} />
          ) : null}
          {files.length === 0 && query.isSuccess ? (
            <NoFiles
              isFiltered={address.name !== ""}
              onClear={() => address.setName("")}
              onUpload={() => picker.open("files")}
            />
          ) : (
            <FileList
              label={filesTexts.label}
              files={files}
              view={look.view}
              selected={selection.keys}
              onSelect={selection.set}
              onOpen={setOpened}
              actionsOf={(file) => <FileMenu file={file} onAction={act} />}
              isLoadingMore={query.isFetchingNextPage}
              onLoadMore={() => query.hasNextPage && void query.fetchNextPage()}
            />
          )}
        </section>
        <Suspense fallback={null}>
          {look.areDetailsOpen ? <DetailsPanel files={selection.files} onClose={() => look.setDetails(false)} /> : null}
        </Suspense>
      </div>
      {isOver ? <div className="drop-note">{filesTexts.drop}</div> : null}
      {picker.inputs}
      <Suspense fallback={null}>
        {opened === undefined ? null : (
          <PreviewDialog file={opened} files={files} onMove={setOpened} onClose={() => setOpened(undefined)} />
        )}
      </Suspense>
    </div>
  );
}

interface FilesHeadProps {
  readonly selection: ReturnType<typeof useSelection>;
  readonly actions: FileActions;
  readonly address: ReturnType<typeof useFilesAddress>;
  readonly look: ReturnType<typeof useFileView>;
  readonly onUpload: (what: "files" | "folder") => void;
}

/** What can be done with what is selected, or else with all of it. */
function FilesHead({ selection, actions, address, look, onUpload }: FilesHeadProps) {
  const { files } = selection;
  const removeSelected = () => {
    selection.clear();
    void actions.remove(files);
  };
  useKeys({ Delete: () => files.length > 0 && removeSelected() });
  if (files.length > 1) {
    return (
      <SelectionBar
        count={files.length}
        onClear={selection.clear}
        actions={[
          { label: filesTexts.download, icon: "download", run: () => void actions.download(files) },
          { label: filesTexts.remove, icon: "trash", run: removeSelected },
        ]}
      />
    );
  }
  return (
    <FileToolbar
      name={address.name}
      onName={address.setName}
      view={look.view}
      onView={look.setView}
      sort={address.sort}
      onSort={address.setSort}
      onUpload={onUpload}
      areDetailsOpen={look.areDetailsOpen}
      onDetails={() => look.setDetails(!look.areDetailsOpen)}
    />
  );
}

/** What is looked for and in which order stands in the address, so that it can be kept and sent. */
function useFilesAddress() {
  const search = useSearch({ from: "/files" });
  const navigate = useNavigate({ from: "/files" });
  return {
    name: search.name ?? "",
    sort: search.sort ?? ("-created_at" as const),
    setName: (name: string) =>
      void navigate({ search: ({ sort }) => ({ ...(sort && { sort }), ...(name !== "" && { name }) }), replace: true }),
    setSort: (sort: FileSort) => void navigate({ search: (before) => ({ ...before, sort }), replace: true }),
  };
}

function useFilePicker() {
  const { uploads } = useServices();
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const inputs = useMemo(() => {
    const common = { type: "file", multiple: true, className: "hidden", tabIndex: -1, "aria-hidden": true } as const;
    const onChange = ({ currentTarget: input }: { currentTarget: HTMLInputElement }) => {
      uploads.add(chosenFiles(input.files));
      input.value = "";
    };
    return (
      <>
        <input {...common} ref={files} onChange={onChange} data-testid="file-input" />
        <input {...common} ref={folder} onChange={onChange} {...{ webkitdirectory: "" }} />
      </>
    );
  }, [uploads]);
  return { inputs, open: (what: "files" | "folder") => (what === "files" ? files : folder).current?.click() };
}

interface NoFilesProps {
  readonly isFiltered: boolean;
  readonly onClear: () => void;
  readonly onUpload: () => void;
}

function NoFiles({ isFiltered, onClear, onUpload }: NoFilesProps) {
  const { empty, noMatch } = filesTexts;
  if (isFiltered) {
    return (
      <Empty icon="search" title={noMatch.title} text={noMatch.text}>
        <Button className="button" onPress={onClear}>
          {noMatch.clear}
        </Button>
      </Empty>
    );
  }
  return (
    <Empty icon="files" title={empty.title} text={empty.text}>
      <Button className="button strong" onPress={onUpload}>
        <Icon name="upload" />
        {filesTexts.upload}
      </Button>
    </Empty>
  );
}
