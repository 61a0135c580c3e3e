import { Button } from "react-aria-components/Button";
import { Menu, MenuItem, MenuTrigger } from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";
import { ShareMenuItem } from "../shares/share-menu-item.tsx";
import { filesTexts } from "../texts/files-texts.ts";
import { Icon, type IconName } from "../ui/icon.tsx";
import type { Entry } from "./entry.ts";

export type FileAction = "open" | "show" | "download" | "rename" | "move" | "details" | "remove";

const ACTIONS: Readonly<Record<FileAction, readonly [string, IconName]>> = {
  open: [filesTexts.open, "play"],
  show: [filesTexts.show, "files"],
  download: [filesTexts.download, "download"],
  rename: [filesTexts.rename, "rename"],
  move: [filesTexts.move, "move"],
  details: [filesTexts.details, "info"],
  remove: [filesTexts.remove, "trash"],
};

interface FileMenuProps {
  readonly entry: Entry;
  readonly actions: readonly FileAction[];
  readonly onAction: (action: FileAction, entry: Entry) => void;
}

export function FileMenu({ entry, actions, onAction }: FileMenuProps) {
  return (
    <MenuTrigger>
      <Button className="icon-button file-menu" aria-label={filesTexts.actions(entry.name)}>
        <Icon name="more" />
      </Button>
      <Popover className="popover" placement="bottom end">
        <Menu className="menu" onAction={(action) => onAction(action as FileAction, entry)}>
          {actions.filter((id) => id !== "remove").map(actionItem)}
          {entry.kind === "file" && actions.includes("details") ? (
            <ShareMenuItem target={{ fileId: entry.file.file_id, name: entry.name }} />
          ) : null}
          {actions.includes("remove") ? actionItem("remove") : null}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

function actionItem(id: FileAction) {
  const [label, icon] = ACTIONS[id];
  return (
    <MenuItem key={id} id={id} className="menu-item">
      <Icon name={icon} />
      {label}
    </MenuItem>
  );
}
