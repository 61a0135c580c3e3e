import { type ReactNode, useMemo } from "react";
import { Checkbox } from "react-aria-components/Checkbox";
import { GridList, GridListItem, GridListLoadMoreItem, type Selection } from "react-aria-components/GridList";
import { GridLayout, ListLayout, Size, Virtualizer } from "react-aria-components/Virtualizer";
import { appTexts } from "../texts/app-texts.ts";
import { Bytes } from "../ui/bytes.tsx";
import { Icon } from "../ui/icon.tsx";
import { Moment } from "../ui/moment.tsx";
import { useIsNarrow } from "../ui/use-is-narrow.ts";
import { iconOf, splitName } from "./file-kind.ts";
import type { FileView } from "./file-toolbar.tsx";
import type { ListedFile } from "./use-files.ts";

interface FileListProps {
  readonly label: string;
  readonly files: readonly ListedFile[];
  readonly view: FileView;
  readonly selected: Selection;
  readonly onSelect: (selection: Selection) => void;
  readonly onOpen: (file: ListedFile) => void;
  readonly actionsOf: (file: ListedFile) => ReactNode;
  /** In place of when it was added. */
  readonly whenOf?: (file: ListedFile) => ReactNode;
  readonly isLoadingMore: boolean;
  readonly onLoadMore: () => void;
}

const ROW = { rowSize: 44, padding: 4 };
/** Two lines, for fingers. */
const TALL_ROW = { rowSize: 60, padding: 4 };
const GRID = { minItemSize: new Size(140, 148), maxItemSize: new Size(240, 148), minSpace: new Size(12, 12) };

/** Files as a list or as tiles; only those in sight are in the document. Arrows, Space, Enter and letters move in it. */
export function FileList({ files, view, label, ...props }: FileListProps) {
  const byId = useMemo(() => new Map(files.map((file) => [file.file_id, file])), [files]);
  const { actionsOf, whenOf } = props;
  const isNarrow = useIsNarrow();
  const list = (
    <GridList
      aria-label={label}
      className={`file-list ${view}`}
      layout={view === "list" ? "stack" : "grid"}
      selectionMode="multiple"
      selectionBehavior="replace"
      selectedKeys={props.selected}
      onSelectionChange={props.onSelect}
      onAction={(id) => {
        const file = byId.get(String(id));
        if (file !== undefined) props.onOpen(file);
      }}
    >
      {files.map((file) => (
        <GridListItem key={file.file_id} id={file.file_id} textValue={file.filename} className="file">
          <Checkbox slot="selection" className="checkbox">
            <Icon name="check" size={14} />
          </Checkbox>
          <FileCells file={file} when={whenOf?.(file) ?? <Moment at={file.completed_at} />} />
          {actionsOf(file)}
        </GridListItem>
      ))}
      <GridListLoadMoreItem className="file-more" onLoadMore={props.onLoadMore} isLoading={props.isLoadingMore}>
        {appTexts.loading}
      </GridListLoadMoreItem>
    </GridList>
  );
  if (view === "grid")
    return (
      <Virtualizer layout={GridLayout} layoutOptions={GRID}>
        {list}
      </Virtualizer>
    );
  return (
    <Virtualizer layout={ListLayout} layoutOptions={isNarrow ? TALL_ROW : ROW}>
      {list}
    </Virtualizer>
  );
}

function FileCells({ file, when }: { readonly file: ListedFile; readonly when: ReactNode }) {
  const { folder, leaf } = splitName(file.filename);
  return (
    <>
      <span className="file-icon">
        <Icon name={iconOf(file)} />
      </span>
      <span className="file-name" title={file.filename}>
        {folder === "" ? null : <span className="file-folder">{folder}</span>}
        <span className="file-leaf">{leaf}</span>
      </span>
      <span className="file-size">
        <Bytes count={file.size_bytes} />
      </span>
      <span className="file-when">{when}</span>
    </>
  );
}
