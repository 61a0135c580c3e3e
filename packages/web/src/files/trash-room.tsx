import { useCallback } from "react";
import { Button } from "react-aria-components/Button";
import { exactTime, formatWhen } from "../format/format-time.ts";
import { filesTexts } from "../texts/files-texts.ts";
import { Empty } from "../ui/empty.tsx";
import { Failure } from "../ui/failure.tsx";
import { Icon } from "../ui/icon.tsx";
import { useTitle } from "../ui/use-title.ts";
import type { Entry } from "./entry.ts";
import { EntryPlace } from "./entry-place.tsx";
import { FileList } from "./file-list.tsx";
import { SelectionBar } from "./selection-bar.tsx";
import { useEntries } from "./use-entries.ts";
import { useEntryActions } from "./use-entry-actions.ts";
import { useSelection } from "./use-selection.ts";

const { trash } = filesTexts;

/** What was deleted, for as long as it can be restored. */
export function TrashRoom() {
  useTitle(trash.title);
  const list = useEntries({ sort: "-created_at", folder: "trash" });
  const selection = useSelection(list);
  const { restore } = useEntryActions();
  const actionsOf = useCallback(
    (entry: Entry) => <Restore entry={entry} onPress={() => void restore([entry])} />,
    [restore],
  );
  const restoreSelected = () => {
    selection.clear();
    void restore(selection.entries);
  };
  return (
    <div className="room files-room trash">
      {selection.entries.length > 1 ? (
        <SelectionBar
          count={selection.entries.length}
          isGathering={selection.isGathering}
          onClear={selection.clear}
          actions={[{ label: filesTexts.restore, icon: "restore", run: restoreSelected }]}
        />
      ) : (
        <h1>{trash.title}</h1>
      )}
      {list.error === null ? null : <Failure error={list.error} onRetry={list.retry} />}
      {list.isEmpty ? (
        <Empty icon="trash" title={trash.empty.title} text={trash.empty.text} />
      ) : (
        <FileList
          label={trash.label}
          entries={list.entries}
          view="list"
          selected={selection.keys}
          onSelect={selection.set}
          onOpen={(entry) => selection.set(new Set([entry.id]))}
          actionsOf={actionsOf}
          placeOf={placeOf}
          whenOf={goneWhen}
          isLoadingMore={list.isLoadingMore}
          onLoadMore={list.loadMore}
        />
      )}
    </div>
  );
}

function Restore({ entry, onPress }: { readonly entry: Entry; readonly onPress: () => void }) {
  return (
    <Button className="icon-button file-menu" aria-label={`${filesTexts.restore} ${entry.name}`} onPress={onPress}>
      <Icon name="restore" />
    </Button>
  );
}

/** Where it lay, which is where it comes back. */
function placeOf(entry: Entry) {
  const { path } = entry.kind === "file" ? entry.file : entry.folder;
  if (path !== undefined) return <EntryPlace way={path} />;
  return (
    <span className="astray" title={trash.astrayHint}>
      {trash.astray}
    </span>
  );
}

function goneWhen(entry: Entry) {
  const at = entry.kind === "file" ? entry.file.gone_at : entry.folder.gone_at;
  if (at === undefined) return null;
  return <span title={exactTime(at)}>{trash.gone(formatWhen(at, Date.now()))}</span>;
}
