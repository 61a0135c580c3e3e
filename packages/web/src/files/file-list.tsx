import { type ReactNode, useMemo } from "react";
import { Button } from "react-aria-components/Button";
import { Checkbox } from "react-aria-components/Checkbox";
import {
  Collection,
  GridList,
  GridListItem,
  GridListLoadMoreItem,
  type GridListProps,
  type Selection,
} from "react-aria-components/GridList";
import { GridLayout, ListLayout, Size, Virtualizer } from "react-aria-components/Virtualizer";
import { appTexts } from "../texts/app-texts.ts";
import { filesTexts } from "../texts/files-texts.ts";
import { Icon } from "../ui/icon.tsx";
import { useIsNarrow } from "../ui/use-is-narrow.ts";
import { type Entry, isToBe } from "./entry.ts";
import { FileCells } from "./file-cells.tsx";
import type { FileView } from "./file-toolbar.tsx";

export interface FileListProps {
  readonly label: string;
  readonly entries: readonly Entry[];
  readonly view: FileView;
  readonly selected: Selection;
  readonly onSelect: (selection: Selection) => void;
  readonly onOpen: (entry: Entry) => void;
  readonly actionsOf: (entry: Entry) => ReactNode;
  /** In place of when it was added. */
  readonly whenOf?: (entry: Entry) => ReactNode;
  /** Beneath the name. */
  readonly placeOf?: (entry: Entry) => ReactNode;
  readonly isLoadingMore: boolean;
  readonly onLoadMore: () => void;
  /** Whether the first entry takes the focus as soon as it is there. */
  readonly shouldFocus?: boolean;
  readonly dragAndDropHooks?: GridListProps<Entry>["dragAndDropHooks"];
}

const ROW = { rowSize: 44, padding: 4 };
/** Two lines, for fingers and for names with their place. */
const TALL_ROW = { rowSize: 60, padding: 4 };
const GRID = { minItemSize: new Size(140, 148), maxItemSize: new Size(240, 148), minSpace: new Size(12, 12) };

/** Folders and files as a list or as tiles; only those in sight are in the document. Arrows, Space and Enter move in it. */
export function FileList({ entries, view, label, ...props }: FileListProps) {
  const byId = useMemo(() => new Map(entries.map((entry) => [entry.id, entry])), [entries]);
  const notYet = useMemo(() => entries.filter(isToBe).map(({ id }) => id), [entries]);
  const { actionsOf, whenOf, placeOf, dragAndDropHooks } = props;
  const isTall = useIsNarrow() || placeOf !== undefined;
  const list = (
    <GridList
      aria-label={label}
      className={`file-list ${view} ${isTall ? "tall" : ""}`}
      layout={view === "list" ? "stack" : "grid"}
      selectionMode="multiple"
      selectionBehavior="replace"
      // Letters are keys of the room; names are searched.
      disallowTypeAhead
      selectedKeys={props.selected}
      onSelectionChange={props.onSelect}
      disabledKeys={notYet}
      {...(props.shouldFocus === true ? { autoFocus: "first" } : {})}
      {...(dragAndDropHooks === undefined ? {} : { dragAndDropHooks })}
      onAction={(id) => {
        const entry = byId.get(String(id));
        if (entry !== undefined) props.onOpen(entry);
      }}
    >
      <Collection items={entries} dependencies={[actionsOf, whenOf, placeOf, dragAndDropHooks === undefined]}>
        {(entry) => (
          <GridListItem id={entry.id} textValue={entry.name} className={`file ${entry.kind}`}>
            {dragAndDropHooks === undefined || isToBe(entry) ? null : <DragHandle entry={entry} />}
            <Checkbox slot="selection" className="checkbox">
              <Icon name="check" size={14} />
            </Checkbox>
            <FileCells entry={entry} when={whenOf?.(entry)} place={placeOf?.(entry)} />
            {isToBe(entry) ? null : actionsOf(entry)}
          </GridListItem>
        )}
      </Collection>
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
    <Virtualizer layout={ListLayout} layoutOptions={isTall ? TALL_ROW : ROW}>
      {list}
    </Virtualizer>
  );
}

/** Where the keyboard takes hold of a row; the pointer takes the row itself. */
function DragHandle({ entry }: { readonly entry: Entry }) {
  return (
    <Button slot="drag" className="drag-handle" aria-label={filesTexts.drag(entry.name)}>
      <Icon name="move" size={14} />
    </Button>
  );
}
