import { Button } from "react-aria-components/Button";
import { exactTime, formatWhen } from "../format/format-time.ts";
import { filesTexts } from "../texts/files-texts.ts";
import { Empty } from "../ui/empty.tsx";
import { Failure } from "../ui/failure.tsx";
import { Icon } from "../ui/icon.tsx";
import { useTitle } from "../ui/use-title.ts";
import { FileList } from "./file-list.tsx";
import { SelectionBar } from "./selection-bar.tsx";
import { useFileActions } from "./use-file-actions.ts";
import { type ListedFile, useFiles } from "./use-files.ts";
import { useSelection } from "./use-selection.ts";

const { trash } = filesTexts;

/** What was deleted, for as long as it can be restored. */
export function TrashRoom() {
  useTitle(trash.title);
  const { query, files } = useFiles({ sort: "-created_at", name: "", deleted: true });
  const selection = useSelection(files);
  const { restore } = useFileActions();
  const restoreSelected = () => {
    selection.clear();
    void restore(selection.files);
  };
  return (
    <div className="room files-room trash">
      {selection.files.length > 1 ? (
        <SelectionBar
          count={selection.files.length}
          onClear={selection.clear}
          actions={[{ label: filesTexts.restore, icon: "restore", run: restoreSelected }]}
        />
      ) : (
        <h1>{trash.title}</h1>
      )}
      {query.error === null ? null : <Failure error={query.error} onRetry={() => void query.refetch()} />}
      {files.length === 0 && query.isSuccess ? (
        <Empty icon="trash" title={trash.empty.title} text={trash.empty.text} />
      ) : (
        <FileList
          label={trash.label}
          files={files}
          view="list"
          selected={selection.keys}
          onSelect={selection.set}
          onOpen={(file) => selection.set(new Set([file.file_id]))}
          actionsOf={(file) => <Restore file={file} onPress={() => void restore([file])} />}
          whenOf={(file) => <GoneWhen file={file} />}
          isLoadingMore={query.isFetchingNextPage}
          onLoadMore={() => query.hasNextPage && void query.fetchNextPage()}
        />
      )}
    </div>
  );
}

function Restore({ file, onPress }: { readonly file: ListedFile; readonly onPress: () => void }) {
  return (
    <Button className="icon-button file-menu" aria-label={`${filesTexts.restore} ${file.filename}`} onPress={onPress}>
      <Icon name="restore" />
    </Button>
  );
}

function GoneWhen({ file }: { readonly file: ListedFile }) {
  if (file.gone_at === undefined) return null;
  return <span title={exactTime(file.gone_at)}>{trash.gone(formatWhen(file.gone_at, Date.now()))}</span>;
}
