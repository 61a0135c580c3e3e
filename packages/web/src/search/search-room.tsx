import { useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useRef, type ReactNode } from "react";
import { useServices } from "../app/services.tsx";
import { type Entry, entryOfFolder, type ListedFolder } from "../files/entry.ts";
import { EntryPlace, type Way } from "../files/entry-place.tsx";
import { FileList } from "../files/file-list.tsx";
import { type FileAction, FileMenu } from "../files/file-menu.tsx";
import { SelectionBar } from "../files/selection-bar.tsx";
import { useEntryDesk } from "../files/use-entry-desk.tsx";
import { loadNextPage } from "../files/next-page.ts";
import { noteFolder, pathOfAll } from "../files/use-folder-at.ts";
import { useGoToFolder } from "../files/use-go-to-folder.ts";
import { useSelection } from "../files/use-selection.ts";
import { filesTexts } from "../texts/files-texts.ts";
import { Empty } from "../ui/empty.tsx";
import { Failure } from "../ui/failure.tsx";
import { useTitle } from "../ui/use-title.ts";
import { useHits } from "./use-hits.ts";

const { search } = filesTexts;
const ACTIONS: readonly FileAction[] = ["open", "show", "download", "rename", "move", "remove"];

/** All files and folders that have a text in their name, wherever they lie. */
export function SearchRoom(): ReactNode {
  const { q = "" } = useSearch({ from: "/drive/search" });
  useTitle(search.title);
  const { query, entries, ways } = useHits(q);
  const more = { hasMore: query.hasNextPage, isLoadingMore: query.isFetchingNextPage };
  const list = { entries, error: query.error, loadMore: () => void loadNextPage(query), ...more };
  const selection = useSelection(list);
  const goTo = useGoTo();
  const wayOf = (entry: Entry): Way => ways.get(entry.id) ?? [];
  const desk = useEntryDesk({
    entries,
    selection,
    onOpenFolder: ({ folder }) => goTo([...wayOf(entryOfFolder(folder)), folder], folder),
    onOther: (action, entry) => action === "show" && goTo(wayOf(entry)),
  });
  const latest = useRef(desk);
  useEffect(() => {
    latest.current = desk;
  });
  const actionsOf = useCallback(
    (entry: Entry) => <FileMenu entry={entry} actions={ACTIONS} onAction={(...all) => latest.current.act(...all)} />,
    [],
  );
  const placeOf = useCallback((entry: Entry) => <EntryPlace way={ways.get(entry.id) ?? []} />, [ways]);
  const { length } = selection.entries;
  return (
    <div className="room files-room found">
      <h1 aria-live="polite">
        {q.trim() === ""
          ? search.title
          : query.isPending || query.isPlaceholderData
            ? search.looking
            : search.found(q.trim())}
      </h1>
      {length > 1 ? (
        <SelectionBar
          count={length}
          isGathering={selection.isGathering}
          onClear={selection.clear}
          actions={[
            { label: filesTexts.download, icon: "download", run: () => void desk.actions.download(selection.entries) },
            { label: filesTexts.move, icon: "move", run: desk.moveSelected },
            { label: filesTexts.remove, icon: "trash", run: desk.removeSelected },
          ]}
        />
      ) : null}
      {query.error === null ? null : <Failure error={query.error} onRetry={() => void query.refetch()} />}
      {q.trim() === "" ? <Empty icon="search" title={search.none.title} text={search.none.text} /> : null}
      {query.isSuccess && entries.length === 0 ? (
        <Empty icon="search" title={search.noMatch.title} text={search.noMatch.text} />
      ) : null}
      {entries.length === 0 ? null : (
        <FileList
          label={search.label}
          entries={entries}
          view="list"
          selected={selection.keys}
          onSelect={selection.set}
          onOpen={desk.open}
          actionsOf={actionsOf}
          placeOf={placeOf}
          isLoadingMore={list.isLoadingMore}
          onLoadMore={list.loadMore}
        />
      )}
      {desk.windows}
    </div>
  );
}

function useGoTo() {
  const { queries } = useServices();
  const goToFolder = useGoToFolder();
  return (way: Way, folder?: ListedFolder): void => {
    if (folder !== undefined) noteFolder(queries, folder, way.slice(0, -1));
    goToFolder(pathOfAll(way));
  };
}
