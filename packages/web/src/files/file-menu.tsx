import { Button } from "react-aria-components/Button";
import { Menu, MenuItem, MenuTrigger } from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";
import { filesTexts } from "../texts/files-texts.ts";
import { Icon } from "../ui/icon.tsx";
import { splitName } from "./file-kind.ts";
import type { ListedFile } from "./use-files.ts";

export type FileAction = "open" | "download" | "details" | "remove";

const ACTIONS: readonly (readonly [FileAction, string, "play" | "download" | "info" | "trash"])[] = [
  ["open", filesTexts.open, "play"],
  ["download", filesTexts.download, "download"],
  ["details", filesTexts.details, "info"],
  ["remove", filesTexts.remove, "trash"],
];

interface FileMenuProps {
  readonly file: ListedFile;
  readonly onAction: (action: FileAction, file: ListedFile) => void;
}

export function FileMenu({ file, onAction }: FileMenuProps) {
  return (
    <MenuTrigger>
      <Button className="icon-button file-menu" aria-label={filesTexts.actions(splitName(file.filename).leaf)}>
        <Icon name="more" />
      </Button>
      <Popover className="popover" placement="bottom end">
        <Menu className="menu" onAction={(action) => onAction(action as FileAction, file)}>
          {ACTIONS.map(([id, label, icon]) => (
            <MenuItem key={id} id={id} className="menu-item">
              <Icon name={icon} />
              {label}
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
