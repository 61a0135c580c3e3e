import { useRef } from "react";
import { Button } from "react-aria-components/Button";
import { Input } from "react-aria-components/Input";
import { SearchField } from "react-aria-components/SearchField";
import { ToggleButton } from "react-aria-components/ToggleButton";
import { ToggleButtonGroup } from "react-aria-components/ToggleButtonGroup";
import { filesTexts } from "../texts/files-texts.ts";
import { Icon } from "../ui/icon.tsx";
import { useKeys } from "../ui/use-keys.ts";
import { SortMenu } from "./sort-menu.tsx";
import type { FileSort } from "./use-files.ts";

export type FileView = "list" | "grid";

interface FileToolbarProps {
  readonly name: string;
  readonly onName: (name: string) => void;
  readonly view: FileView;
  readonly onView: (view: FileView) => void;
  readonly sort: FileSort;
  readonly onSort: (sort: FileSort) => void;
  readonly onUpload: (what: "files" | "folder") => void;
  readonly areDetailsOpen: boolean;
  readonly onDetails: () => void;
}

export function FileToolbar(props: FileToolbarProps) {
  const search = useRef<HTMLInputElement>(null);
  const { onUpload, onDetails } = props;
  useKeys({ "/": () => search.current?.focus(), u: () => onUpload("files"), i: onDetails });
  return (
    <div className="toolbar">
      <SearchField className="search" aria-label={filesTexts.find} value={props.name} onChange={props.onName}>
        <Icon name="search" />
        <Input ref={search} className="input" placeholder={filesTexts.find} maxLength={255} />
        <Button className="icon-button clear">
          <Icon name="close" size={16} />
        </Button>
      </SearchField>
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
      <span className="gap" />
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
