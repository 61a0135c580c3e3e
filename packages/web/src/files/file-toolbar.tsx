import { Button } from "react-aria-components/Button";
import { ToggleButton } from "react-aria-components/ToggleButton";
import { ToggleButtonGroup } from "react-aria-components/ToggleButtonGroup";
import { filesTexts } from "../texts/files-texts.ts";
import { Icon } from "../ui/icon.tsx";
import { SortMenu } from "./sort-menu.tsx";
import type { FileSort } from "./list-requests.ts";

export type FileView = "list" | "grid";

interface FileToolbarProps {
  readonly view: FileView;
  readonly onView: (view: FileView) => void;
  readonly sort: FileSort;
  readonly onSort: (sort: FileSort) => void;
  readonly onUpload: (what: "files" | "folder") => void;
  readonly onNewFolder: () => void;
  readonly areDetailsOpen: boolean;
  readonly onDetails: () => void;
}

export function FileToolbar(props: FileToolbarProps) {
  const { onUpload, onNewFolder, onDetails } = props;
  return (
    <div className="toolbar">
      <SortMenu sort={props.sort} onSort={props.onSort} />
      <ToggleButtonGroup
        className="toggles"
        aria-label={filesTexts.view}
        disallowEmptySelection
        selectedKeys={[props.view]}
        onSelectionChange={(keys) => props.onView([...keys][0] === "grid" ? "grid" : "list")}
      >
        <ToggleButton id="list" className="icon-button" aria-label={filesTexts.list}>
          <Icon name="list" />
        </ToggleButton>
        <ToggleButton id="grid" className="icon-button" aria-label={filesTexts.grid}>
          <Icon name="grid" />
        </ToggleButton>
      </ToggleButtonGroup>
      <ToggleButton
        className="icon-button details-toggle"
        aria-label={filesTexts.details}
        isSelected={props.areDetailsOpen}
        onChange={onDetails}
      >
        <Icon name="info" />
      </ToggleButton>
      <Button className="icon-button" aria-label={filesTexts.newFolder} onPress={onNewFolder}>
        <Icon name="newFolder" />
      </Button>
      <Button className="button folder-button" onPress={() => onUpload("folder")}>
        {filesTexts.uploadFolder}
      </Button>
      <Button className="button strong upload-button" onPress={() => onUpload("files")}>
        <Icon name="upload" />
        {filesTexts.upload}
      </Button>
    </div>
  );
}
